"""Cameras get new passwords while they are recorded, and no frame is lost."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from citycam.model.camera import Camera
from citycam.model.credentials import camera_password
from infra.playbook import run_playbook, site_variables
from infra.rotation import BESIDE, alone, beside, over
from simulators.faults.new_password import NewPassword

from .gateway import plan_of
from .stand import Findings, Stand, standing

pytestmark = pytest.mark.docker


@dataclass(frozen=True)
class Change:
    """Cameras 1 and 2 get new passwords, camera 3 keeps its own."""

    stand: Stand
    found: Findings

    @property
    def changed(self) -> list[Camera]:
        return self.stand.cameras[:2]

    @property
    def kept(self) -> Camera:
        return self.stand.cameras[2]


@pytest.fixture(scope="module")
def change(folder: Path) -> Iterator[Change]:
    with standing(folder, cameras=3, recorded=slice(0, 3)) as stand:
        stand.begin(stand.cameras)
        changed = stand.cameras[:2]
        fault = NewPassword(cameras=frozenset(camera.id for camera in changed), seed=7)
        renewed = {camera.id: fault.password(camera_password(stand.site.key, camera.serial)) for camera in changed}
        stand.fleet.start_fault(fault.kind, sorted(fault.cameras), seed=fault.seed)
        for step in (beside, over, alone):
            began = time.time_ns()
            deliver(stand, step, renewed)
            doubles = [camera.model_copy(update={"id": camera.id + BESIDE}) for camera in changed]
            stand.site.on_disk_since(began, [*stand.cameras, *([] if step is alone else doubles)])
        for camera in changed:
            for path in (stand.site.recordings / (camera.id + BESIDE)).iterdir():
                path.rename(stand.site.recordings / camera.id / path.name)
        stand.pass_time(2)
        yield Change(stand, stand.judge(stand.cameras))


def deliver(stand: Stand, step: Any, renewed: dict[str, str]) -> None:
    variables = site_variables(stand.site.environment, plan_of(stand.cameras), stand.site.key, stand.site.folder)
    variables["gateway_config_gateways"] = step(variables["gateway_config_gateways"], renewed)
    run_playbook("site.yml", variables, ["gateway_config"])


def test_no_frame_of_a_camera_with_a_new_password_is_missing(change: Change) -> None:
    for camera in change.changed:
        row = change.found.camera(camera)
        assert row["frames_sent"] > 80, row
        assert (row["missing"], row["damaged"], row["gaps"]) == (0, 0, 0), row


def test_the_camera_that_kept_its_password_was_not_touched(change: Change) -> None:
    row = change.found.camera(change.kept)
    assert row["frames_sent"] == row["recorded_once"] > 80, row
    assert [line["kind"] for line in change.found.sessions(change.kept)] == ["play"]
