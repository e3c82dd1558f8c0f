from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from citycam.model.environment import Environment
from citycam.model.errors import EnvironmentFailure
from infra.nodes import Node
from infra.provider.engine import connect
from infra.reach import forwarded, reach, run_on
from infra.tests.mocked import addresses, lab, local
from infra.tests.tunnels import engine, listening, put_ssh

MANAGER = {"Name": "node-2", "Swarm": {"LocalNodeState": "active", "ControlAvailable": True}}
WORKER = {"Name": "node-1", "Swarm": {"LocalNodeState": "active", "ControlAvailable": False}}
FIRST, SECOND = "192.0.2.1", "192.0.2.2"


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with `ssh` in its `bin`, short enough for the path of a socket."""
    with tempfile.TemporaryDirectory(prefix="reach-") as made:
        put_ssh(Path(made))
        monkeypatch.setenv("PATH", f"{made}/bin:{os.environ['PATH']}")
        monkeypatch.delenv("DOCKER_HOST", raising=False)
        yield Path(made)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """The environment of the lab, with an inventory that has two managers."""
    environment, folder = lab(), tmp_path_factory.mktemp("city")
    assert environment.nodes is not None
    hosts = "".join(f"{name} ansible_host={address}\n" for name, address in addresses(environment).items())
    inventory = folder / "hosts.ini"
    inventory.write_text(f"{hosts}[managers]\nnode-1\nnode-2\n", encoding="utf-8")
    nodes = environment.nodes.model_copy(update={"hosts": inventory})
    return environment.model_copy(update={"nodes": nodes})


def test_one_machine_is_its_own_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "as it was")
    with reach(local()):
        assert os.environ["DOCKER_HOST"] == "as it was"


def test_within_it_everybody_talks_to_a_manager_and_afterwards_to_whom_they_talked_before(
    folder: Path, city: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///before")
    with engine(folder / FIRST / "var/run/docker.sock", MANAGER), reach(city):
        address = os.environ["DOCKER_HOST"]
        assert connect().info()["Name"] == "node-2"
        with reach(city):
            assert os.environ["DOCKER_HOST"] == address
        assert os.environ["DOCKER_HOST"] == address
    assert os.environ["DOCKER_HOST"] == "unix:///before"
    assert not Path(address.removeprefix("unix://")).parent.exists()
    assert (folder / "called").read_text().split() == [FIRST]


@pytest.mark.parametrize("first", ["dead", "silent", "worker"])
def test_where_the_first_manager_cannot_be_used_the_next_is(folder: Path, city: Environment, first: str) -> None:
    if first == "dead":
        put_ssh(folder, dead=(FIRST,))
    with ExitStack() as engines:
        engines.enter_context(engine(folder / SECOND / "var/run/docker.sock", MANAGER))
        if first == "worker":
            engines.enter_context(engine(folder / FIRST / "var/run/docker.sock", WORKER))
        with reach(city):
            assert connect().info()["Name"] == "node-2"
    assert (folder / "called").read_text().split() == [FIRST, SECOND]


def test_when_no_manager_answers_each_is_named_with_its_reason(folder: Path, city: Environment) -> None:
    put_ssh(folder, dead=(FIRST,))
    worker = engine(folder / SECOND / "var/run/docker.sock", WORKER)
    with worker, pytest.raises(EnvironmentFailure) as failure, reach(city):
        pytest.fail("it was reached")
    assert "node-1 (192.0.2.1): ssh: connect to host 192.0.2.1 port 22: No route to host" in failure.value.why
    assert "node-2 (192.0.2.2): it manages no Swarm" in failure.value.why
    assert "DOCKER_HOST" not in os.environ


def test_a_socket_of_a_node_is_here_for_a_while(folder: Path) -> None:
    near = folder / "near.sock"
    site = Node("site-1", SECOND)
    with listening(folder / SECOND / "fleet/control.sock"), forwarded(site, "/fleet/control.sock", str(near)):
        assert near.is_socket()
    put_ssh(folder, dead=(SECOND,))
    again = forwarded(site, "/fleet/control.sock", str(folder / "again.sock"))
    with pytest.raises(EnvironmentFailure, match=r"/fleet/control\.sock on site-1 does not answer"), again:
        pytest.fail("it was reached")


def test_a_command_runs_on_a_node_and_its_failure_is_ours(folder: Path) -> None:
    node = Node("site-1", SECOND)
    assert run_on(node, "tr a-z A-Z", b"words") == b"WORDS"
    with pytest.raises(EnvironmentFailure, match="no such thing"):
        run_on(node, "echo no such thing >&2; exit 3")
