from __future__ import annotations

import json
from pathlib import Path

import pytest

from citycam.model.errors import ConfigError, EnvironmentFailure
from citycam.model.workspace import Workspace
from infra.images.contexts import tags
from infra.images.push import ON_HOSTS, STANDING, push, pushed, reference
from infra.tests.mocked import lab, local

DIGEST = "sha256:" + "0" * 64


def test_nodes_name_an_image_by_registry_and_digest_and_never_by_tag() -> None:
    nodes = lab().nodes
    assert nodes is not None
    assert reference(nodes, "citycam/edge:0123", {"citycam/edge:0123": DIGEST}) == f"node-5:5000/citycam/edge@{DIGEST}"
    pinned = f"elsewhere/edge@{DIGEST}"
    assert reference(nodes, pinned, {}) == pinned


def test_what_was_pushed_is_what_services_run(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    digests = {tag: DIGEST for name, tag in tags().items() if name in STANDING}
    workspace.images.write_text(json.dumps({"schema_version": 1, "digests": digests}), encoding="utf-8")
    found = pushed(lab(), workspace)
    assert sorted(found) == sorted(STANDING)
    assert set(found.values()) == {f"node-5:5000/citycam/{name}@{DIGEST}" for name in STANDING}


@pytest.mark.parametrize("kept", [None, "no json", '{"digests": {"citycam/edge:older": "sha256:1"}}'])
def test_an_image_that_was_not_pushed_as_it_is_now_is_missed(tmp_path: Path, kept: str | None) -> None:
    workspace = Workspace(tmp_path)
    if kept is not None:
        workspace.images.write_text(kept, encoding="utf-8")
    with pytest.raises(EnvironmentFailure, match="was not pushed to node-5:5000"):
        pushed(lab(), workspace)


def test_one_machine_runs_what_it_built_and_has_no_registry(tmp_path: Path) -> None:
    assert pushed(local(), Workspace(tmp_path)) == tags()
    with pytest.raises(ConfigError, match="has no registry"):
        push(local())


def test_parents_and_the_labs_own_image_stay_where_they_are() -> None:
    assert not {"base", "python", "lab-host"} & set(ON_HOSTS)
    assert set(ON_HOSTS) - set(STANDING) == {"loadgen"}
