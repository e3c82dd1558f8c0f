from __future__ import annotations

from typing import Any

import pytest

from citycam.model.errors import EnvironmentFailure
from infra.endpoints import BRIDGE, address_of, database_dsn
from infra.outputs import SECRETS, Outputs
from infra.provider.tests.engine import Client
from infra.tests.mocked import local

SANDBOX = "0123456789abcdef"


def running(client: Client, monkeypatch: pytest.MonkeyPatch, *ends: dict[str, str]) -> None:
    """A running database, and the ends of the bridge between the node and its tasks."""
    labels = {"citycam.part": "database", "citycam.environment": "local"}
    client.api.keep("containers", {"Labels": labels})
    client.api.keep("networks", {"Name": BRIDGE, "Containers": dict(enumerate(ends))})
    inspected: dict[str, Any] = {"NetworkSettings": {"SandboxID": SANDBOX}}
    monkeypatch.setattr(client.api, "inspect_container", lambda _: inspected, raising=False)


def end(name: str, address: str) -> dict[str, str]:
    return {"Name": name, "IPv4Address": address}


def test_a_part_is_reached_at_its_end_of_the_nodes_bridge(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    running(
        client,
        monkeypatch,
        end("gateway_ingress-sbox", "172.18.0.2/16"),
        end("gateway_", "172.18.0.4/16"),
        end("gateway_fedcba987654", "172.18.0.5/16"),
        end("gateway_0123456789ab", "172.18.0.3/16"),
    )
    assert address_of(local(), "database") == "172.18.0.3"


def test_a_part_on_internal_networks_alone_has_no_address(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    running(client, monkeypatch, end("gateway_fedcba987654", "172.18.0.5/16"))
    with pytest.raises(EnvironmentFailure, match="citycam-local-database has no address on docker_gwbridge"):
        address_of(local(), "database")


@pytest.mark.parametrize("part", ["edge", "databas"])
def test_a_part_that_does_not_run_here_is_named(client: Client, monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    running(client, monkeypatch, end("gateway_0123456789ab", "172.18.0.3/16"))
    with pytest.raises(EnvironmentFailure, match=f"no task of citycam-local-{part} runs on this node"):
        address_of(local(), part)


def test_another_environments_part_is_not_ours(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    running(client, monkeypatch, end("gateway_0123456789ab", "172.18.0.3/16"))
    other = local().model_copy(update={"name": "other"})
    with pytest.raises(EnvironmentFailure, match="no task of citycam-other-database"):
        address_of(other, "database")


def test_the_database_is_reached_with_its_own_password(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    running(client, monkeypatch, end("gateway_0123456789ab", "172.18.0.3/16"))
    outputs = Outputs("", "", {name: f"secret-{name}" for name in SECRETS})
    words = dict(word.split("=") for word in database_dsn(local(), outputs).split())
    assert words == {
        "host": "172.18.0.3",
        "port": "5432",
        "dbname": "citycam",
        "user": "citycam",
        "password": "secret-database-password",
        "connect_timeout": "10",
    }
