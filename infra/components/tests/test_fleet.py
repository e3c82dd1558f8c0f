from __future__ import annotations

import json
from pathlib import Path

from citycam.model.environment import Fleet
from citycam.model.workspace import PROJECT
from infra.components.fleet import COMMAND
from infra.components.tests.seen import files, mounts, volume
from infra.tests.mocked import Platform, local, stand


def test_it_may_route_and_give_root_up_and_nothing_more(platform: Platform) -> None:
    service = platform.one("Service", "fleet")
    assert service["cap_add"] == ["NET_ADMIN", "SETGID", "SETUID"]
    assert service["cap_drop"] == ["ALL"]


def test_it_is_told_the_range_of_its_cameras(platform: Platform) -> None:
    env = platform.one("Service", "fleet")["env"]
    assert env == [f"CAMERA_RANGE={local().networks.camera_range}", "TZ=UTC"]
    assert "CAMERA_RANGE=198.18.64.0/18" in env


def test_its_folder_is_shared_with_the_node_and_its_key_is_a_file(platform: Platform) -> None:
    assert mounts(platform, "fleet")["/fleet"]["source"] == volume(platform, "fleet-volume")
    assert files(platform, "fleet") == {"camera-key": ("camera-key", 10001)}


def test_users_networks_are_out_of_its_reach(platform: Platform) -> None:
    assert "service" not in platform.networks_of("fleet")


def test_it_is_one_process_unless_the_environment_says_otherwise(platform: Platform, tmp_path: Path) -> None:
    assert platform.one("Service", "fleet")["args"] == []
    several = local().model_copy(update={"fleet": Fleet(processes=3)})
    assert stand(tmp_path, several).one("Service", "fleet")["args"] == [*COMMAND, "--processes=3"]
    assert f"CMD {json.dumps(list(COMMAND))}" in (PROJECT / "infra/images/fleet/Dockerfile").read_text()
