from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from docker.errors import APIError, NotFound

from citycam.model.errors import EnvironmentFailure
from infra.provider.engine import connect, explain, find, owned, remove, require_manager, require_owned
from infra.provider.tests.engine import Client


@pytest.fixture
def unconnected() -> Iterator[None]:
    connect.cache_clear()
    yield
    connect.cache_clear()


def test_an_engine_that_does_not_answer_is_named(unconnected: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    with pytest.raises(EnvironmentFailure, match="the Docker engine does not answer") as failure:
        connect()
    assert "No such file or directory" in failure.value.why


def test_one_client_serves_everybody(client: Client) -> None:
    assert connect() is connect() is client.as_docker


@pytest.mark.parametrize(
    ("swarm", "said"),
    [
        ({}, "is in no Swarm .its state is inactive"),
        ({"LocalNodeState": "locked"}, "is in no Swarm .its state is locked"),
        ({"LocalNodeState": "active", "ControlAvailable": False, "NodeID": "n1"}, "a Swarm that it does not manage"),
    ],
)
def test_an_engine_must_manage_its_swarm(client: Client, swarm: dict[str, Any], said: str) -> None:
    require_manager(client.as_docker)
    client.swarm = swarm
    with pytest.raises(EnvironmentFailure, match=said):
        require_manager(client.as_docker)


@pytest.mark.parametrize("labels", [None, {}, {"citycam.environment": "other"}])
def test_what_lacks_the_label_of_the_environment_is_not_ours(labels: dict[str, str] | None) -> None:
    with pytest.raises(EnvironmentFailure, match="a network named n exists and is not ours"):
        require_owned("network", "n", labels, "local")
    require_owned("network", "n", {"citycam.environment": "local"}, "local")
    assert owned("local") == {"label": "citycam.environment=local"}


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (APIError("400 for POST {canary}", explanation="port in use"), "port in use"),
        (APIError("400", explanation=b"port in \xff use"), "port in \ufffd use"),  # type: ignore[arg-type]
        (APIError("no answer"), "no answer"),
    ],
)
def test_an_error_is_told_in_the_engines_own_words(error: APIError, said: str) -> None:
    assert explain(error) == said


def test_find_knows_absence_from_failure() -> None:
    def fail(error: Exception) -> None:
        raise error

    assert find(lambda: fail(NotFound("no such network"))) is None
    assert find(lambda: 7) == 7
    with pytest.raises(APIError, match="500"):
        find(lambda: fail(APIError("500")))


def test_an_object_in_use_is_deleted_once_it_is_free(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    id_ = client.api.keep("networks", {})
    client.api.busy[id_] = "network has active endpoints"
    waits: list[float] = []

    def free(seconds: float) -> None:
        waits.append(seconds)
        client.api.busy.clear()

    monkeypatch.setattr(time, "sleep", free)
    remove(client.as_docker, f"/networks/{id_}")
    assert len(waits) == 1
    assert client.api.networks() == []
    remove(client.as_docker, f"/networks/{id_}")
    assert len(waits) == 1


def test_an_object_that_stays_in_use_is_named_with_what_uses_it(client: Client) -> None:
    id_ = client.api.keep("volumes", {})
    client.api.busy[id_] = "volume is in use - [0123]"
    with pytest.raises(EnvironmentFailure, match=f"cannot delete /volumes/{id_}") as failure:
        remove(client.as_docker, f"/volumes/{id_}", seconds=-1)
    assert failure.value.why == "volume is in use - [0123]"
