from pathlib import Path

import pytest

from citycam.model.workspace import Workspace, cache_folder


def test_an_environment_keeps_everything_under_its_own_folder() -> None:
    workspace = Workspace.of("local", Path("/checkout"))
    assert workspace.root == Path("/checkout/.citycam/local")
    places = [workspace.pulumi, workspace.pki, workspace.fleet, workspace.outputs]
    places += [workspace.gateway_config("gateway-1"), workspace.recordings("gateway-1")]
    assert all(place.is_relative_to(workspace.root) for place in places)
    assert len(set(places)) == len(places)


def test_the_cache_can_be_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITYCAM_CACHE", "/elsewhere")
    assert cache_folder() == Path("/elsewhere")
    monkeypatch.delenv("CITYCAM_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg")
    assert cache_folder() == Path("/xdg/citycam")
