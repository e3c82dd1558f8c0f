"""The edge is the only door: TLS from our own authority, nobody anonymous, no way to the management network."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from citycam.inventory.roster import load_inventory
from citycam.model.errors import EnvironmentFailure
from citycam.model.workspace import PROJECT
from infra.endpoints import database_dsn
from infra.publish import publish_inventory
from integration_tests.waiting import wait_for

from .platform import Platform

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]


def _context(platform: Platform) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(platform.workspace.pki / "ca.crt"))


def _get(platform: Platform, path: str, login: str = "") -> tuple[int, bytes]:
    connection = http.client.HTTPSConnection(
        "localhost", platform.environment.edge.https_port, context=_context(platform), timeout=20
    )
    headers = {"Authorization": "Basic " + b64encode(login.encode()).decode()} if login else {}
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_its_certificate_comes_from_the_authority_of_the_playbooks(platform: Platform) -> None:
    assert _get(platform, "/health") == (200, b"ok\n")
    with pytest.raises(ssl.SSLCertVerificationError):
        _handshake(platform, ssl.create_default_context())


def test_old_versions_of_tls_are_refused(platform: Platform) -> None:
    context = _context(platform)
    assert _handshake(platform, context) in ("TLSv1.2", "TLSv1.3")
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(ssl.SSLError):
        _handshake(platform, context)


def test_http_without_tls_is_refused(platform: Platform) -> None:
    connection = http.client.HTTPConnection("localhost", platform.environment.edge.https_port, timeout=20)
    connection.request("GET", "/health")
    assert connection.getresponse().status == 400
    connection.close()


def test_rtsps_is_tls_too_and_goes_to_the_gateway_that_is_named(platform: Platform) -> None:
    environment = platform.environment
    with _tls(environment.edge.rtsps_port, _context(platform), f"gateway-2.{environment.edge.name}") as tls:
        tls.sendall(b"OPTIONS rtsp://gateway-2/ RTSP/1.0\r\nCSeq: 1\r\n\r\n")
        assert tls.recv(100).startswith(b"RTSP/1.0 200")
    with _tls(environment.edge.rtsps_port, _context(platform), environment.edge.name) as tls:
        assert tls.recv(100) == b""


def test_nobody_sees_a_recording_or_a_figure_without_credentials(platform: Platform) -> None:
    viewer, operator = (platform.outputs().secrets[name] for name in ("viewer", "operator"))
    recordings = "/gateway-1/list?path=cam-000001"
    assert _get(platform, recordings)[0] == 401
    assert _get(platform, recordings, "viewer:wrong")[0] == 401
    assert _get(platform, recordings, f"viewer:{viewer}")[0] == 400  # let in, and told that there is no such camera yet
    assert _get(platform, "/prometheus/-/ready")[0] == 401
    assert _get(platform, "/prometheus/-/ready", f"operator:{operator}")[0] == 200
    assert _get(platform, "/prometheus/-/ready", f"viewer:{viewer}")[0] == 401


@pytest.mark.parametrize("path", ["/", "/gateway-1/v3/paths/list", "/gateway-9/list?path=x", "/v3/config/global/get"])
def test_there_is_no_way_to_a_control_interface(platform: Platform, path: str) -> None:
    operator = platform.outputs().secrets["gateway-operator"]
    assert _get(platform, path, f"operator:{operator}")[0] == 404


def test_control_and_metrics_listen_on_the_management_network_alone(platform: Platform) -> None:
    """Asked from the fleet's place on the camera LAN, and from the node's bridge."""
    script = (
        "import socket, sys\n"
        "for port in (9997, 9998, 9996, 8554):\n"
        "    try: socket.create_connection((sys.argv[1], port), 2).close(); print(port, 'open')\n"
        "    except OSError as error: print(port, 'closed')\n"
    )
    networks = platform.container("gateway-1").attrs["NetworkSettings"]["Networks"]
    lan = networks[platform.environment.service_name("camera-lan")]["IPAddress"]
    code, said = platform.container("fleet").exec_run(["python3", "-c", script, lan])
    assert code == 0, said
    assert said.decode().splitlines() == ["9997 closed", "9998 closed", "9996 closed", "8554 closed"]
    for part in ("gateway-1", "gateway-2"):
        for port in (9997, 9998):
            with pytest.raises((ConnectionRefusedError, TimeoutError)):
                socket.create_connection((platform.address(part), port), 2)


def test_prometheus_sees_every_part(platform: Platform) -> None:
    operator = platform.outputs().secrets["operator"]

    def down() -> tuple[int, list[str]]:
        status, body = _get(platform, "/prometheus/api/v1/targets?state=active", f"operator:{operator}")
        targets = json.loads(body)["data"]["activeTargets"] if status == 200 else []
        return len(targets), [f"{t['labels']['job']}: {t['lastError']}" for t in targets if t["health"] != "up"]

    count, _ = wait_for(down, lambda seen: seen[0] > 0 and not seen[1], "target that is up", timeout=90)
    assert count >= 8


def test_the_database_holds_the_inventory_and_opens_to_its_password_alone(platform: Platform) -> None:
    cameras = load_inventory(PROJECT / "inventories" / "smoke.csv")
    dsn = database_dsn(platform.environment, platform.outputs())
    assert publish_inventory(dsn, cameras) == publish_inventory(dsn, cameras) == 40
    with psycopg.connect(dsn) as connection:
        row = connection.execute("SELECT count(*), count(DISTINCT ward_code) FROM camera").fetchone()
    assert row is not None
    assert row[0] == 40
    assert row[1] == len({camera.ward_code for camera in cameras})
    with pytest.raises(EnvironmentFailure, match="not published"):
        publish_inventory(dsn.replace("password=", "password=x"), cameras)


def _handshake(platform: Platform, context: ssl.SSLContext) -> str | None:
    with _tls(platform.environment.edge.https_port, context, "localhost") as tls:
        return tls.version()


@contextmanager
def _tls(port: int, context: ssl.SSLContext, name: str) -> Iterator[ssl.SSLSocket]:
    with (
        socket.create_connection(("127.0.0.1", port), timeout=20) as sock,
        context.wrap_socket(sock, server_hostname=name) as tls,
    ):
        yield tls
