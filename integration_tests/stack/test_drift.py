"""What was changed behind Pulumi's back is seen by refresh and repaired by up; what was not changed is left alone."""

from __future__ import annotations

import docker
import pytest

from citycam.model.errors import ExitCode

from .platform import Platform, versions

pytestmark = [pytest.mark.docker, pytest.mark.timeout(600)]


def test_a_stack_that_stands_is_said_to_run(platform: Platform) -> None:
    ended = platform.citycam("status")
    assert ended.code == ExitCode.OK, ended.said
    assert {part["part"] for part in ended.data} >= {
        "gateway-1",
        "gateway-2",
        "database",
        "edge",
        "prometheus",
        "fleet",
    }
    assert all(part["running"] == part["desired"] == 1 for part in ended.data)


def test_nothing_is_changed_by_a_second_up(platform: Platform) -> None:
    before = versions(platform)
    ended = platform.citycam("up", "--expect-no-changes")
    assert ended.code == ExitCode.OK, ended.said
    assert platform.citycam("up").code == ExitCode.OK
    assert versions(platform) == before


def test_a_change_that_was_not_expected_is_named_and_not_made(platform: Platform) -> None:
    before = versions(platform)
    platform.rewrite("https_port: 18443", "https_port: 18543")
    try:
        ended = platform.citycam("up", "--expect-no-changes")
    finally:
        platform.rewrite("https_port: 18543", "https_port: 18443")
    assert ended.code == ExitCode.CHANGES, ended.said
    assert "edge" in ended.said
    assert versions(platform) == before


def test_a_service_that_was_removed_is_missed_and_made_again(platform: Platform) -> None:
    untouched = versions(platform)
    del untouched[platform.environment.service_name("gateway-2")]
    platform.service("gateway-2").remove()

    seen = platform.citycam("refresh")
    assert seen.code == ExitCode.OK, seen.said
    assert seen.data["delete"] == ["service gateway-2"]
    assert seen.data["update"] == seen.data["create"] == []

    repaired = platform.citycam("up")
    assert repaired.code == ExitCode.OK, repaired.said
    after = versions(platform)
    assert after.pop(platform.environment.service_name("gateway-2"))
    assert after == untouched
    assert platform.citycam("status").code == ExitCode.OK


def test_a_service_that_was_changed_is_seen_and_changed_back(platform: Platform) -> None:
    prometheus = platform.service("prometheus")
    wanted = prometheus.attrs["Spec"]["TaskTemplate"]["ContainerSpec"].get("Env")
    engine = docker.APIClient()
    spec = prometheus.attrs["Spec"]
    spec["TaskTemplate"]["ContainerSpec"]["Env"] = [*(wanted or ()), "INTRUDER=1"]
    engine._post_json(  # the library's own update would fill in what the service has not
        engine._url("/services/{0}/update", prometheus.id),
        data=spec,
        params={"version": prometheus.attrs["Version"]["Index"]},
    ).raise_for_status()

    seen = platform.citycam("preview")
    assert [*seen.data["update"], *seen.data["replace"]] == ["service prometheus"], seen.said

    assert platform.citycam("up").code == ExitCode.OK
    assert platform.service("prometheus").attrs["Spec"]["TaskTemplate"]["ContainerSpec"].get("Env") == wanted
    assert platform.citycam("up", "--expect-no-changes").code == ExitCode.OK
