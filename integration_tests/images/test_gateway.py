from __future__ import annotations

import base64
import json
import socket
import urllib.error
import urllib.request
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path

import argon2
import pytest
from docker.models.containers import Container

from citycam.inventory.roster import load_inventory
from citycam.model.camera import Camera
from citycam.model.environment import Environment, load_environment
from citycam.model.workspace import PROJECT, Workspace
from citycam.plan.plan import make_plan
from infra.playbook import run_playbook, site_variables
from integration_tests.waiting import wait_for

from .conftest import Net, Run

pytestmark = pytest.mark.docker

PASSWORDS = {"viewer": "view-1", "prometheus": "scrape-2", "operator": "operate-3"}
RIGHTS = {"viewer": ("read", "playback"), "prometheus": ("metrics",), "operator": ("api",)}
CAMERAS = r"~^cam-[0-9]{6}$"


def users_file() -> str:
    """The secret `gateway-users`: lines that the entry point sources."""
    lines = []
    for number, (user, password) in enumerate(PASSWORDS.items()):
        prefix = f"MTX_AUTHINTERNALUSERS_{number}"
        lines += [f"{prefix}_USER='{user}'", f"{prefix}_PASS='argon2:{argon2.PasswordHasher().hash(password)}'"]
        for index, action in enumerate(RIGHTS[user]):
            lines.append(f"{prefix}_PERMISSIONS_{index}_ACTION='{action}'")
            if user == "viewer":
                lines.append(f"{prefix}_PERMISSIONS_{index}_PATH='{CAMERAS}'")
    return "\n".join(lines) + "\n"


@dataclass
class Gateway:
    """A running gateway, its addresses on both networks, and the folders it was made from."""

    container: Container
    management: str
    service: str
    environment: Environment
    cameras: list[Camera]
    project: Path

    def configure(self, cameras: list[Camera]) -> None:
        plan = make_plan(cameras, self.environment)
        variables = site_variables(self.environment, plan, b"k" * 32, self.project)
        run_playbook("site.yml", variables, tags=["gateway_config"])

    def get(self, url: str, user: str = "", password: str | None = None) -> tuple[int, bytes]:
        request = urllib.request.Request(url)
        if user:
            pair = f"{user}:{PASSWORDS[user] if password is None else password}"
            request.add_header("Authorization", "Basic " + base64.b64encode(pair.encode()).decode())
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def describe(self, path: str, user: str = "", password: str = "") -> int:
        """Status of an RTSP DESCRIBE."""
        basic = base64.b64encode(f"{user}:{password}".encode()).decode()
        headers = f"Authorization: Basic {basic}\r\n" if user else ""
        with socket.create_connection((self.service, 8554), timeout=10) as connection:
            connection.sendall(
                f"DESCRIBE rtsp://{self.service}:8554/{path} RTSP/1.0\r\nCSeq: 1\r\n{headers}\r\n".encode()
            )
            return int(connection.recv(4096).split()[1])

    def paths(self) -> set[str]:
        status, body = self.get(f"http://{self.management}:9997/v3/config/paths/list", "operator")
        assert status == 200, body
        return {item["name"] for item in json.loads(body)["items"]}


def listens(address: str, port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((address, port)) == 0


def address_in(container: Container, subnet: IPv4Network, name: str) -> str:
    container.reload()
    found = str(container.attrs["NetworkSettings"]["Networks"][name]["IPAddress"])
    assert found, f"{container.name} is not on {subnet}: {container.logs().decode()}"
    return found


@pytest.fixture(scope="module")
def gateway(run: Run, nets: list[Net], folder: Path) -> Gateway:
    environment = load_environment(PROJECT / "environments/local.yaml")
    environment = environment.model_copy(update={"gateways": environment.gateways.model_copy(update={"count": 1})})
    cameras = load_inventory(PROJECT / "inventories/smoke.csv")[:3]
    users = folder / "gateway-users"
    users.write_text(users_file(), encoding="utf-8")
    workspace = Workspace.of(environment.name, folder)
    made = Gateway(None, "", "", environment, cameras, folder)  # type: ignore[arg-type]
    made.configure(cameras[:2])
    management, service = nets
    made.container = run(
        "gateway",
        service,
        network=management.name,
        environment={"MANAGEMENT_SUBNET": str(management.subnet), "SERVICE_SUBNET": str(service.subnet)},
        volumes={
            str(workspace.gateway_config("gateway-1")): {"bind": "/config", "mode": "ro"},
            str(workspace.recordings("gateway-1")): {"bind": "/recordings", "mode": "rw"},
            str(users): {"bind": "/run/secrets/gateway-users", "mode": "ro"},
        },
    )
    made.management = address_in(made.container, management.subnet, management.name)
    made.service = address_in(made.container, service.subnet, service.name)
    wait_for(lambda: listens(made.service, 8554), bool, "gateway that listens")
    return made


def test_control_and_metrics_listen_on_the_management_network_only(gateway: Gateway) -> None:
    wait_for(lambda: listens(gateway.management, 9997), bool, "control API")
    wait_for(lambda: listens(gateway.management, 9998), bool, "metrics")
    open_on_service = [port for port in (9997, 9998, 1935, 8888, 8889, 8890, 9999) if listens(gateway.service, port)]
    open_on_management = [
        port for port in (8554, 9996, 1935, 8888, 8889, 8890, 9999) if listens(gateway.management, port)
    ]
    assert (open_on_service, open_on_management) == ([], [])


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("management", ":9997/v3/paths/list"),
        ("management", ":9998/metrics"),
        ("service", ":9996/list?path=cam-000001"),
        ("service", ":9996/get?path=cam-000001&start=2026-01-01T00:00:00Z&duration=1"),
    ],
)
def test_anonymous_is_refused_and_nothing_dies(gateway: Gateway, host: str, url: str) -> None:
    assert gateway.get(f"http://{getattr(gateway, host)}{url}")[0] == 401
    assert gateway.get(f"http://{getattr(gateway, host)}{url}", "viewer", "wrong")[0] == 401
    gateway.container.reload()
    assert gateway.container.status == "running"
    assert gateway.container.attrs["RestartCount"] == 0


def test_every_user_may_do_what_its_rights_say_and_no_more(gateway: Gateway) -> None:
    allowed = {
        (user, what): gateway.get(url, user)[0] != 401
        for user in PASSWORDS
        for what, url in {
            "api": f"http://{gateway.management}:9997/v3/paths/list",
            "metrics": f"http://{gateway.management}:9998/metrics",
            "playback": f"http://{gateway.service}:9996/list?path={gateway.cameras[0].id}",
        }.items()
    }
    assert {pair for pair, yes in allowed.items() if yes} == {
        ("viewer", "playback"), ("prometheus", "metrics"), ("operator", "api")
    }  # fmt: skip


def test_rtsp_asks_for_a_user_and_knows_no_other_path(gateway: Gateway) -> None:
    camera = gateway.cameras[0].id
    assert gateway.describe(camera) == 401
    assert gateway.describe(camera, "viewer", "wrong") == 401
    assert gateway.describe("anything", "viewer", PASSWORDS["viewer"]) == 400
    # Nobody answers at the camera's address here: the path is known, and has no stream.
    assert gateway.describe(camera, "viewer", PASSWORDS["viewer"]) == 404


def test_a_renamed_file_is_reloaded_and_users_and_addresses_stay(gateway: Gateway) -> None:
    before, added = {camera.id for camera in gateway.cameras[:2]}, gateway.cameras[2].id
    assert before <= gateway.paths()
    gateway.configure(gateway.cameras)
    wait_for(gateway.paths, lambda paths: added in paths, "path of the added camera")
    assert gateway.describe(added) == 401
    assert gateway.describe(added, "viewer", PASSWORDS["viewer"]) == 404
    assert not listens(gateway.service, 9997)
    gateway.configure(gateway.cameras[:2])
    wait_for(gateway.paths, lambda paths: added not in paths, "gateway without the removed camera")


def test_without_users_nobody_may_do_anything(run: Run, nets: list[Net], gateway: Gateway, folder: Path) -> None:
    empty = folder / "no-users"
    empty.write_text("", encoding="utf-8")
    management, service = nets
    config = Workspace.of(gateway.environment.name, folder).gateway_config("gateway-1")
    container = run(
        "gateway",
        service,
        network=management.name,
        environment={"MANAGEMENT_SUBNET": str(management.subnet), "SERVICE_SUBNET": str(service.subnet)},
        volumes={
            str(config): {"bind": "/config", "mode": "ro"},
            str(empty): {"bind": "/run/secrets/gateway-users", "mode": "ro"},
        },
    )
    address = address_in(container, management.subnet, management.name)
    wait_for(lambda: listens(address, 9997), bool, "control API")
    assert gateway.get(f"http://{address}:9997/v3/paths/list")[0] == 401


def test_a_container_outside_its_networks_says_so(run: Run, nets: list[Net], folder: Path) -> None:
    container = run(
        "gateway",
        network=nets[0].name,
        environment={"MANAGEMENT_SUBNET": str(nets[0].subnet), "SERVICE_SUBNET": "10.99.99.0/24"},
        volumes={str(folder / "gateway-users"): {"bind": "/run/secrets/gateway-users", "mode": "ro"}},
    )
    assert container.wait(timeout=60)["StatusCode"] == 1
    assert "no address in 10.99.99.0/24" in container.logs().decode()
