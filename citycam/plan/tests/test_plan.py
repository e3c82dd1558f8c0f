from ipaddress import IPv4Address
from pathlib import Path

import pytest

from citycam.inventory.roster import load_inventory
from citycam.model.environment import load_environment
from citycam.model.errors import ConfigError
from citycam.model.workspace import PROJECT
from citycam.plan.plan import load_plan, make_plan

CAMERAS = load_inventory(PROJECT / "inventories" / "smoke.csv")
LOCAL = load_environment(PROJECT / "environments" / "local.yaml")


def test_a_plan_survives_its_file(tmp_path: Path) -> None:
    plan = make_plan(CAMERAS, LOCAL)
    path = tmp_path / "plan.json"
    path.write_text(plan.model_dump_json())
    assert load_plan(path) == plan
    assert set(plan.gateway_of()) == {camera.id for camera in CAMERAS} == set(plan.by_id())


def test_the_plan_does_not_depend_on_the_order_of_the_inventory() -> None:
    assert make_plan(CAMERAS[::-1], LOCAL) == make_plan(CAMERAS, LOCAL)


def test_a_plan_that_follows_another_moves_only_whom_new_gateways_take() -> None:
    before = make_plan(CAMERAS, LOCAL)
    more = LOCAL.gateways.model_copy(update={"count": LOCAL.gateways.count + 1})
    after = make_plan(CAMERAS, LOCAL.model_copy(update={"gateways": more}), before)
    moved = {camera for camera, gateway in before.gateway_of().items() if after.gateway_of()[camera] != gateway}
    assert moved == set(after.gateways[f"gateway-{more.count}"])
    assert make_plan(CAMERAS, LOCAL, before) == before


def test_an_address_outside_the_camera_range_is_refused() -> None:
    stray = CAMERAS[0].model_copy(update={"address": IPv4Address("192.0.2.1")})
    with pytest.raises(ConfigError, match="outside the camera range"):
        make_plan([stray], LOCAL)


@pytest.mark.parametrize("text", ["", "{}", '{"schema_version": 2}'])
def test_a_wrong_plan_file_is_a_config_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "plan.json"
    path.write_text(text)
    with pytest.raises(ConfigError):
        load_plan(path)
