from __future__ import annotations

from typing import Any

import pytest

from citycam.model.errors import DeadlineExceeded, EnvironmentFailure
from infra.provider import convergence
from infra.provider.engine import ENVIRONMENT, IMAGE, PART
from infra.provider.service import ServiceProvider, image_id
from infra.provider.service_args import ServiceArgs
from infra.provider.tests.engine import Client


@pytest.fixture(autouse=True)
def _images(client: Client) -> None:
    client.image_ids |= {"citycam/edge:1": "sha256:one", "citycam/edge:2": "sha256:two"}


def props(image: str = "citycam/edge:1", **rest: Any) -> dict[str, Any]:
    return ServiceArgs("citycam-local-edge", "local", "edge", image, **rest).properties()


def test_a_service_runs_its_image_by_id_and_is_labelled(client: Client) -> None:
    made = ServiceProvider().create(props())
    spec = client.api.inspect_service(made.id)["Spec"]
    assert spec["TaskTemplate"]["ContainerSpec"]["Image"] == "sha256:one"
    assert spec["Labels"] == {ENVIRONMENT: "local", PART: "edge", IMAGE: "citycam/edge:1"}
    assert spec["TaskTemplate"]["ContainerSpec"]["Labels"] == {ENVIRONMENT: "local", PART: "edge"}


def test_what_stands_as_declared_is_no_change(client: Client) -> None:
    wanted = props(ready=("true",))
    made = ServiceProvider().create(wanted)
    seen = ServiceProvider().read(made.id, made.outs or {})
    assert seen.outs == wanted
    assert not ServiceProvider().diff(made.id, seen.outs or {}, wanted).changes


def test_an_image_that_was_built_anew_under_its_name_is_an_update(client: Client) -> None:
    made = ServiceProvider().create(props())
    client.image_ids["citycam/edge:1"] = "sha256:rebuilt"
    seen = ServiceProvider().read(made.id, props()).outs or {}
    assert seen["image"] == "sha256:one"
    found = ServiceProvider().diff(made.id, seen, props())
    assert found.changes
    assert found.replaces == []


def test_an_image_that_is_there_no_more_is_an_update_too(client: Client) -> None:
    made = ServiceProvider().create(props())
    del client.image_ids["citycam/edge:1"]
    assert (ServiceProvider().read(made.id, props()).outs or {})["image"] == "sha256:one"


def test_an_update_changes_the_service_in_its_place(client: Client) -> None:
    made = ServiceProvider().create(props())
    wanted = props("citycam/edge:2", replicas=0, env={"A": "b"})
    assert ServiceProvider().update(made.id, props(), wanted).outs == wanted
    assert ServiceProvider().read(made.id, wanted).outs == wanted
    assert client.api.done == [f"create {made.id}", f"update {made.id}"]


@pytest.mark.parametrize(
    ("change", "replaced"),
    [
        ({"name": "other"}, True),
        ({"environment": "other"}, True),
        ({"networks": [{"network": "n", "aliases": []}]}, True),
        ({"env": ["A=b"]}, False),
        ({"secrets": [{"id": "new"}]}, False),
        ({"replicas": 2}, False),
    ],
)
def test_only_a_service_on_other_networks_is_another_service(change: dict[str, Any], replaced: bool) -> None:
    found = ServiceProvider().diff("id", props(), props() | change)
    assert found.changes
    assert bool(found.replaces) == replaced
    assert found.delete_before_replace


def test_what_an_interrupted_run_left_is_taken_over_and_brought_up_to_date(client: Client) -> None:
    first = ServiceProvider().create(props())
    again = ServiceProvider().create(props("citycam/edge:2"))
    assert first.id == again.id
    assert client.api.done == [f"create {first.id}", f"update {first.id}"]
    assert (ServiceProvider().read(again.id, again.outs or {}).outs or {})["image"] == "citycam/edge:2"


def test_a_service_of_somebody_elses_is_not_touched(client: Client) -> None:
    ServiceProvider().create(props() | {"environment": "another"})
    with pytest.raises(EnvironmentFailure, match="a service named citycam-local-edge exists and is not ours"):
        ServiceProvider().create(props())
    assert len(client.api.done) == 1


def test_an_image_that_was_never_built_is_named_and_nothing_is_made(client: Client) -> None:
    with pytest.raises(EnvironmentFailure, match="there is no image citycam/edge:3"):
        ServiceProvider().create(props("citycam/edge:3"))
    assert client.api.done == []


def test_an_image_by_digest_is_used_as_it_is(client: Client) -> None:
    name = "registry/nginx@sha256:0123"
    made = ServiceProvider().create(props(name))
    assert image_id(client.as_docker, name) == name
    assert (ServiceProvider().read(made.id, props(name)).outs or {})["image"] == name


@pytest.mark.parametrize("existing", [False, True])
def test_a_refusal_tells_the_reason(client: Client, existing: bool) -> None:
    if existing:
        ServiceProvider().create(props())
    client.api.refusal = "port '8443' is already in use"
    with pytest.raises(EnvironmentFailure, match="the service citycam-local-edge was refused") as failure:
        ServiceProvider().create(props())
    assert failure.value.why == "port '8443' is already in use"


def test_a_service_is_made_once_its_command_succeeds_in_it(client: Client) -> None:
    client.api.keep("containers", {"Labels": {"com.docker.swarm.service.id": "service-2"}})
    made = ServiceProvider().create(props(ready=("true",)))
    assert made.id == "service-2"
    assert client.api.done[-1] == "exec"


def test_a_service_that_never_gets_ready_is_not_made(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    defaults = (*(convergence.wait_running.__defaults__ or ())[:-1], -1.0)
    monkeypatch.setattr(convergence.wait_running, "__defaults__", defaults)
    client.api.keep("containers", {"Labels": {"com.docker.swarm.service.id": "service-2"}})
    client.api.exit_code = 1
    with pytest.raises(DeadlineExceeded, match="citycam-local-edge: 1 of 1 tasks run"):
        ServiceProvider().create(props(ready=("false",)))


def test_one_that_is_gone_is_noticed_and_need_not_be_deleted(client: Client) -> None:
    made = ServiceProvider().create(props())
    ServiceProvider().delete(made.id, props())
    ServiceProvider().delete(made.id, props())
    assert ServiceProvider().read(made.id, props()).id is None
    assert client.api.done == [f"create {made.id}", f"delete {made.id}"]
