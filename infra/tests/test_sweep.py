from __future__ import annotations

from typing import Any

import pytest

from citycam.model.workspace import PROJECT
from infra import clean
from infra.provider.service_args import ServiceArgs
from infra.provider.service_spec import request
from infra.provider.tests.engine import Client, task
from infra.sweep import Found, PartStatus, find_all, force_clean, parts, say

OURS = {"citycam.environment": "local"}
OTHERS = {"citycam.environment": "local-2"}


def service(client: Client, part: str, environment: str = "local", replicas: int = 1) -> str:
    args = ServiceArgs(f"citycam-{environment}-{part}", environment, part, "image", replicas=replicas)
    return str(client.api.create_service(**request(args.properties(), "sha256:1"))["ID"])


def everything(client: Client, labels: dict[str, str]) -> None:
    """One object of each kind, and a network made from another's configuration, which carries no label."""
    environment = labels["citycam.environment"]
    service(client, "edge", environment)
    for kind in ("containers", "volumes"):
        client.api.keep(kind, {"Name": f"{environment}-{kind}", "Labels": labels}, f"{environment}-{kind}")
    for kind in ("secrets", "configs"):
        client.api.keep(kind, {"Spec": {"Name": f"{environment}-{kind}", "Labels": labels}})
    client.api.keep("networks", {"Name": f"{environment}-addresses", "Labels": labels})
    client.api.keep("networks", {"Name": f"{environment}-lan", "ConfigFrom": {"Network": f"{environment}-addresses"}})


def left(client: Client) -> set[str]:
    return {id_ for kind in client.api.objects.values() for id_ in kind}


def test_all_that_is_ours_is_found_in_the_order_in_which_it_can_go(client: Client) -> None:
    everything(client, OTHERS)
    everything(client, OURS)
    assert [(found.kind, found.name) for found in find_all("local")] == [
        ("service", "citycam-local-edge"),
        ("container", "local-containers"),
        ("secret", "local-secrets"),
        ("config", "local-configs"),
        ("network", "local-lan"),
        ("network", "local-addresses"),
        ("volume", "local-volumes"),
    ]


def test_a_part_tells_the_nodes_that_run_it_by_name(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    service(client, "edge", replicas=2)
    template = client.api.objects["services"][service(client, "edge-2")]["Spec"]["TaskTemplate"]
    tasks = [task(template) | {"NodeID": "2"}, task(template) | {"NodeID": "1"}]
    monkeypatch.setattr(client.api, "tasks", lambda _: [*tasks, task(template, "pending") | {"NodeID": "3"}])
    known = [{"ID": number, "Description": {"Hostname": f"node-{number}"}} for number in ("1", "2", "3")]
    monkeypatch.setattr(client.api, "nodes", lambda: known, raising=False)
    assert parts("local")[0].nodes == ("node-1", "node-2")


def test_what_is_to_be_kept_is_no_leftover_and_survives_force(client: Client) -> None:
    everything(client, OURS)
    assert "local-addresses" not in [found.name for found in find_all("local", keep=("local-addresses",))]
    force_clean("local", keep=("local-addresses",))
    assert [network["Name"] for network in client.api.networks()] == ["local-addresses"]


def test_an_environment_may_be_named_by_its_file(client: Client) -> None:
    everything(client, OURS)
    everything(client, OTHERS)
    assert clean.main([str(PROJECT / "environments" / "local.yaml")]) == 0
    assert find_all("local") == []
    assert find_all("local-2")


def test_data_is_no_leftover_where_it_is_to_stay(client: Client) -> None:
    everything(client, OURS)
    without = [found for found in find_all("local") if found.kind != "volume"]
    assert find_all("local", volumes=False) == without


def test_force_removes_what_is_ours_and_nothing_else_and_tells_it(client: Client) -> None:
    everything(client, OTHERS)
    others = left(client)
    everything(client, OURS)
    wanted, told = find_all("local"), list[Found]()
    assert force_clean("local", told.append) == wanted == told
    assert left(client) == others
    assert force_clean("local") == []


def test_clean_names_what_it_removes(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    client.api.keep("volumes", {"Name": "citycam-local-data", "Labels": OURS}, "citycam-local-data")
    assert clean.main(["local"]) == 0
    assert capsys.readouterr().out == "volume citycam-local-data\n"
    assert left(client) == set()


def test_clean_needs_to_be_told_what(capsys: pytest.CaptureFixture[str]) -> None:
    assert clean.main([]) == 2
    assert capsys.readouterr().err.startswith("usage: ")


def test_clean_says_what_is_wrong_with_the_engine(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    client.api.keep("networks", {"Name": "n", "Labels": OURS}, "n")
    client.api.busy["n"] = "in use"
    seconds: Any = (-1.0,)
    monkeypatch.setattr("infra.sweep.remove.__defaults__", seconds)
    assert clean.main(["local"]) == 4


def test_a_part_that_runs_is_well(client: Client) -> None:
    service(client, "edge")
    service(client, "fleet", environment="another")
    assert parts("local") == [PartStatus("edge", desired=1, running=1, state="running")]
    assert parts("local")[0].ok


def test_parts_come_by_name_whatever_the_order_of_the_engine(client: Client) -> None:
    for part in ("prometheus", "edge", "gateway-1"):
        service(client, part)
    assert [status.part for status in parts("local")] == ["edge", "gateway-1", "prometheus"]


def tasks(client: Client, monkeypatch: pytest.MonkeyPatch, *found: dict[str, Any]) -> PartStatus:
    """The status of a service of two replicas that has these tasks, oldest first."""
    service(client, "edge", replicas=2)
    made = [each | {"CreatedAt": f"2026-01-01T00:00:{number:02}Z"} for number, each in enumerate(found)]
    monkeypatch.setattr(client.api, "tasks", lambda _: made[::-1])
    return parts("local")[0]


def test_a_part_of_which_too_few_run_is_not_well_and_its_newest_task_says_why(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    status = tasks(
        client,
        monkeypatch,
        task({}),
        task({}, "failed", Err="old") | {"DesiredState": "shutdown"},
        task({}, "pending", Err="no suitable node"),
    )
    assert status == PartStatus("edge", desired=2, running=1, state="pending: no suitable node")
    assert not status.ok


def test_the_trouble_of_a_task_that_is_past_does_not_hide_that_the_part_runs(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = task({}, "failed", Err="non-zero exit") | {"DesiredState": "shutdown"}
    status = tasks(client, monkeypatch, task({}), task({}), failed)
    assert status == PartStatus("edge", desired=2, running=2, state="running")


def test_a_part_without_a_task_says_so(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert tasks(client, monkeypatch) == PartStatus("edge", desired=2, running=0, state="no task")


def test_leftovers_are_one_line() -> None:
    assert say([Found("service", "a", "1"), Found("network", "b", "2")]) == "service a, network b"
    assert say([]) == ""
