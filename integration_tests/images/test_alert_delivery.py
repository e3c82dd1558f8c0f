"""The real Alertmanager with what the stack gives it: who is named is told, and what it knows us by stays secret."""

from __future__ import annotations

import json
import os
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import docker
import docker.errors
import pytest

from citycam.model.environment import Monitoring as Named
from citycam.model.environment import Receiver
from infra.accounts import MONITORING_UID
from infra.images.build import build
from infra.receiver import AlertReceiver, read_receiver
from infra.tests.mocked import Platform, local, stand
from integration_tests.database.certificates import certify
from integration_tests.images.conftest import Net, Run
from integration_tests.waiting import wait_for

pytestmark = pytest.mark.docker

TOKEN = "hush-0123456789"
HOST = "alerts.example"


@dataclass
class Webhook:
    """A receiver that is busy when it is first told of something."""

    port: int
    told: list[dict[str, Any]] = field(default_factory=list)
    known_by: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def webhook(engine: docker.DockerClient, nets: list[Net], folder: Path) -> Iterator[Webhook]:
    certify(folder, {"webhook": [HOST]})

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            seen.known_by.append(self.headers.get("Authorization", ""))
            self.send_response(200 if len(seen.known_by) > 1 else 503)
            self.end_headers()
            if len(seen.known_by) > 1:
                seen.told.append({"path": self.path, **json.loads(body)})

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer((gateway(engine, nets[0]), 0), Handler) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "webhook-cert", folder / "webhook-key")
        server.socket = context.wrap_socket(server.socket, server_side=True)
        seen = Webhook(int(server.server_address[1]))
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield seen
        server.shutdown()
        thread.join()


def gateway(engine: docker.DockerClient, net: Net) -> str:
    """The address that this machine has on a network."""
    return str(engine.networks.get(net.name).attrs["IPAM"]["Config"][0]["Gateway"])


def declared(folder: Path, receiver: AlertReceiver | None) -> Platform:
    return stand(folder / "stack", receiver=receiver)


def placed(platform: Platform, folder: Path) -> dict[str, dict[str, str]]:
    """The files that Alertmanager's service has, as mounts."""
    service, mounts = platform.one("Service", "alertmanager"), {}
    for kind, place in (("Config", ""), ("Secret", "/run/secrets/")):
        for file in service[f"{kind.lower()}s"]:
            name = file["name"].removeprefix("object-of-")
            path = folder / f"{kind}-{name}"
            path.unlink(missing_ok=True)
            path.write_text(platform.one(kind, name)["content"], encoding="utf-8")
            path.chmod(int(file["mode"]))
            os.chown(path, int(file["uid"]), int(file["uid"]))
            mounts[str(path)] = {"bind": place + file["path"], "mode": "ro"}
    return mounts


def checked(engine: docker.DockerClient, mounts: dict[str, dict[str, str]]) -> str:
    command = ["amtool", "check-config", "/etc/prometheus/alertmanager.yml"]
    image = build(("monitoring",))["monitoring"]
    output = engine.containers.run(
        image, command, volumes=mounts, network_mode="none", read_only=True, remove=True, stdout=True, stderr=True
    )
    return str(output.decode())


@pytest.mark.parametrize(
    "receiver",
    [None, AlertReceiver("http://192.0.2.1/"), AlertReceiver("https://alerts.example/citycam", TOKEN, "authority")],
    ids=["nobody", "an address", "token and authority"],
)
def test_alertmanager_understands_what_it_is_given(
    engine: docker.DockerClient, folder: Path, receiver: AlertReceiver | None
) -> None:
    said = checked(engine, placed(declared(folder, receiver), folder))
    assert "SUCCESS" in said
    assert "1 receivers" in said


def test_alertmanager_refuses_an_address_that_is_none(engine: docker.DockerClient, folder: Path) -> None:
    mounts = placed(declared(folder, AlertReceiver("alerts.example")), folder)
    with pytest.raises(docker.errors.ContainerError, match="failed to validate"):
        checked(engine, mounts)


def test_who_is_named_is_told_and_the_token_stands_nowhere(
    engine: docker.DockerClient, nets: list[Net], run: Run, folder: Path, webhook: Webhook
) -> None:
    (folder / "token").write_text(f"{TOKEN}\n")
    (folder / "token").chmod(0o600)
    url = f"https://{HOST}:{webhook.port}/citycam"
    named = Named(receiver=Receiver(url=url, token=Path("token"), authority=Path("ca")))
    platform = declared(folder, read_receiver(local().model_copy(update={"monitoring": named}), folder))
    alertmanager = run(
        "monitoring",
        command=platform.one("Service", "alertmanager")["command"],
        user=f"{MONITORING_UID}:{MONITORING_UID}",
        volumes=placed(platform, folder),
        network=nets[0].name,
        extra_hosts={HOST: gateway(engine, nets[0])},
        tmpfs={"/alertmanager": "", "/tmp": ""},
    )
    api = "--alertmanager.url=http://127.0.0.1:9093/alertmanager"
    labels = ["alertname=GatewayDown", "gateway=gateway-1", "severity=critical"]
    summary = "--annotation=summary=gateway-1 does not answer"
    wait_for(
        lambda: alertmanager.exec_run(["amtool", api, "alert", "add", *labels, summary]),
        lambda ended: int(ended.exit_code or 0) == 0,
        "Alertmanager that takes an alert",
    )
    wait_for(lambda: list(webhook.told), bool, f"alert at the webhook; it was asked by {webhook.known_by}")
    [told] = webhook.told
    assert (told["path"], told["status"], told["receiver"]) == ("/citycam", "firing", "city")
    assert told["commonLabels"] == dict(label.split("=") for label in labels)
    assert told["commonAnnotations"] == {"summary": "gateway-1 does not answer"}
    assert set(webhook.known_by) == {f"Bearer {TOKEN}"}
    said = alertmanager.logs().decode()
    assert "Notify attempt failed" in said
    assert TOKEN not in said
    asked = alertmanager.exec_run(["amtool", api, "config", "show"])
    assert url.encode() in asked.output
    assert TOKEN.encode() not in asked.output
