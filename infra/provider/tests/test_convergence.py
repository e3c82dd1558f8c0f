from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from docker.errors import APIError

from citycam.model.errors import DeadlineExceeded, EnvironmentFailure
from infra.provider.convergence import PATIENCE, SETTLED_S, is_ready, look, wait_gone, wait_running
from infra.provider.service_args import HealthCheck, ServiceArgs
from infra.provider.service_spec import request
from infra.provider.tests.engine import Client, spec, task

NOW = datetime(2026, 11, 24, 3, 0, 0, tzinfo=UTC)
BEGAN = NOW - timedelta(seconds=60)


def service(**rest: Any) -> dict[str, Any]:
    return spec(request(ServiceArgs("citycam-local-edge", "local", "edge", "image", **rest).properties(), "sha256:1"))


SPEC = service()
TEMPLATE = SPEC["TaskTemplate"]


def at(seconds: float) -> str:
    """A time so many seconds before now, as the engine writes it: with nanoseconds."""
    return (NOW - timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.%f") + "789Z"


def ran(state: str, ago: float, made: float = 30, **status: Any) -> dict[str, Any]:
    """A task that came into a state some seconds ago and was made earlier."""
    return task(TEMPLATE, state, **{**status, "Timestamp": at(ago)}) | {"CreatedAt": at(made)}


def running(*tasks: dict[str, Any]) -> int:
    return look(SPEC, tasks, BEGAN, NOW).running


def test_a_task_counts_once_it_has_run_for_a_while() -> None:
    assert running(ran("running", SETTLED_S + 0.1)) == 1
    assert running(ran("running", SETTLED_S - 0.1)) == 0


def test_a_task_whose_health_is_checked_counts_at_once() -> None:
    checked = service(healthcheck=HealthCheck(("true",)))
    healthy = task(checked["TaskTemplate"], Timestamp=at(0))
    assert look(checked, [healthy], BEGAN, NOW).running == 1


@pytest.mark.parametrize("state", ["new", "preparing", "starting", "failed", "shutdown", "complete"])
def test_a_task_that_does_not_run_does_not_count(state: str) -> None:
    assert running(ran(state, 20)) == 0


def test_a_task_that_is_to_end_or_runs_something_older_does_not_count() -> None:
    ending = ran("running", 20) | {"DesiredState": "shutdown"}
    older = ran("running", 20) | {"Spec": service(env={"A": "b"})["TaskTemplate"]}
    elsewhere = ran("running", 20) | {"Spec": {**TEMPLATE, "Networks": [{"Target": "other"}]}}
    assert running(ending, older, elsewhere) == 0


@pytest.mark.parametrize("state", ["failed", "rejected", "complete", "orphaned"])
def test_tasks_that_ended_are_counted_from_the_beginning_of_the_operation(state: str) -> None:
    tasks = [ran(state, 5, made=10), ran(state, 50, made=59), ran(state, 65, made=70)]
    assert look(SPEC, tasks, BEGAN, NOW).ended == 2


def test_the_newest_trouble_is_the_one_that_is_told() -> None:
    tasks = [
        ran("failed", 1, made=20, Err="first", ContainerStatus={"ExitCode": 1}),
        ran("failed", 1, made=5, Err="task: non-zero exit (137)", ContainerStatus={"ExitCode": 137}),
        ran("running", 1, made=1),
    ]
    assert look(SPEC, tasks, BEGAN, NOW).trouble == "failed: task: non-zero exit (137): exit code 137"
    assert look(SPEC, tasks[2:], BEGAN, NOW).trouble == "no task has said why"


@pytest.mark.parametrize(
    "written", ["2026-11-24T02:59:00Z", "2026-11-24T02:59:00.1Z", "2026-11-24T02:59:00.123456789Z"]
)
def test_times_of_the_engine_are_read_however_many_digits_they_have(written: str) -> None:
    assert running(task(TEMPLATE, Timestamp=written)) == 1


@pytest.fixture
def standing(client: Client) -> str:
    """A service whose task runs."""
    body = request(ServiceArgs("citycam-local-edge", "local", "edge", "image").properties(), "sha256:1")
    return str(client.api.create_service(**body)["ID"])


def wait(client: Client, id_: str) -> None:
    """Wait; the time is up after the first look."""
    wait_running(client.as_docker, id_, BEGAN, (), -1.0)


def test_a_service_whose_tasks_run_is_waited_for_no_longer(client: Client, standing: str) -> None:
    wait(client, standing)
    assert client.api.done == [f"create {standing}"]


def test_a_service_that_is_still_being_updated_is_not_there_yet(client: Client, standing: str) -> None:
    client.api.inspect_service(standing)["UpdateStatus"] = {"State": "updating"}
    with pytest.raises(DeadlineExceeded, match="1 of 1 tasks run"):
        wait(client, standing)
    client.api.inspect_service(standing)["UpdateStatus"] = {"State": "completed"}
    wait(client, standing)


@pytest.mark.parametrize(("state", "patient"), [("preparing", True), ("starting", False)])
def test_the_time_in_which_nodes_get_the_image_does_not_count(
    client: Client, standing: str, monkeypatch: pytest.MonkeyPatch, state: str, patient: bool
) -> None:
    template = client.api.inspect_service(standing)["Spec"]["TaskTemplate"]
    looks = iter([state] * 4)
    monkeypatch.setattr(client.api, "tasks", lambda _: [task(template, next(looks, "running"))])
    with nullcontext() if patient else pytest.raises(DeadlineExceeded):
        wait_running(client.as_docker, standing, BEGAN, (), 0.3)


def test_a_deadline_says_how_far_it_came_and_what_hinders(client: Client, standing: str) -> None:
    pending = {"State": "pending", "Err": "no suitable node", "Timestamp": at(1)}
    client.api.task = {"Status": pending}
    with pytest.raises(DeadlineExceeded, match="citycam-local-edge: 0 of 1 tasks run") as failure:
        wait(client, standing)
    assert failure.value.why == "pending: no suitable node"
    assert failure.value.next == "docker service ps --no-trunc citycam-local-edge"


def test_tasks_that_end_again_and_again_are_given_up_at_once(
    client: Client, standing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = [ran("failed", 1, made=made, Err="no such file") for made in range(PATIENCE)]
    monkeypatch.setattr(client.api, "tasks", lambda _: failed)
    with pytest.raises(EnvironmentFailure, match="the tasks of citycam-local-edge do not stay up") as failure:
        wait(client, standing)
    assert failure.value.why == "failed: no such file"
    assert failure.value.next == "docker service logs citycam-local-edge"
    monkeypatch.setattr(client.api, "tasks", lambda _: failed[1:])
    with pytest.raises(DeadlineExceeded):
        wait(client, standing)


def test_readiness_is_asked_of_every_container_of_the_service(client: Client) -> None:
    for owner in ("mine", "mine", "another"):
        client.api.keep("containers", {"Labels": {"com.docker.swarm.service.id": owner}})
    client.api.done.clear()
    assert is_ready(client.as_docker, "mine", ["true"])
    assert client.api.done == ["exec", "exec"]
    client.api.exit_code = 1
    assert not is_ready(client.as_docker, "mine", ["false"])
    assert is_ready(client.as_docker, "mine", [])


def test_a_container_that_ends_while_it_is_asked_is_not_ready(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def ended(*_: object) -> None:
        raise APIError("409 Conflict: container is not running")

    client.api.keep("containers", {"Labels": {"com.docker.swarm.service.id": "mine"}})
    monkeypatch.setattr(client.api, "exec_start", ended)
    assert not is_ready(client.as_docker, "mine", ["true"])


def test_containers_that_stay_are_named(client: Client) -> None:
    labels = {"com.docker.swarm.service.id": "mine"}
    client.api.keep("containers", {"Labels": labels, "Names": ["/edge.1"]})
    with pytest.raises(DeadlineExceeded) as failure:
        wait_gone(client.as_docker, "mine", seconds=-1)
    assert failure.value.why == "/edge.1"
    wait_gone(client.as_docker, "another", seconds=-1)
