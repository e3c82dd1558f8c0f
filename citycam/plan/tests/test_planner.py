import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citycam.inventory.record import CameraRecord
from citycam.model.errors import ConfigError
from citycam.plan.city import dump_city_plan, load_city_plan
from citycam.plan.integration import Route
from citycam.plan.tests.cities import camera, city, planned
from citycam.policy.standard import Outcome

cities = st.builds(city, st.integers(1, 300), seed=st.integers(0, 1000), wards=st.integers(1, 9))


@settings(max_examples=15, deadline=None)
@given(cities, st.randoms())
def test_the_order_of_the_inventory_does_not_matter(records: list[CameraRecord], chance: random.Random) -> None:
    shuffled = list(records)
    chance.shuffle(shuffled)
    assert dump_city_plan(planned(shuffled)) == dump_city_plan(planned(records))


@settings(max_examples=15, deadline=None)
@given(cities)
def test_counts_and_rates_add_up(records: list[CameraRecord]) -> None:
    plan = planned(records)
    assert len(plan.cameras) == len(records)
    assert sum(one.cameras for one in plan.gateways) == sum(phase.cameras for phase in plan.phases) == len(plan.homes())
    assert sum(one.bitrate for one in plan.gateways) == sum(node.bitrate for node in plan.nodes) == plan.sizing.bitrate
    assert {name for node in plan.nodes for name in node.gateways} == {one.name for one in plan.gateways}
    assert all(one.standby != one.node for one in plan.gateways)
    assert all(node.lost <= 1.0001 for node in plan.nodes)


def test_a_plan_survives_its_file(tmp_path: Path) -> None:
    plan = planned([*city(50), camera(900, state="removed")], verdicts={"cam-000001": Outcome.REPLACE})
    path = tmp_path / "plan.json"
    path.write_text(dump_city_plan(plan), encoding="utf-8")
    assert load_city_plan(path) == plan


def test_a_plan_made_again_from_itself_is_the_same() -> None:
    records = city(400, wards=9)
    plan = planned(records)
    assert planned(records, before=plan) == plan


def test_a_phase_needs_only_the_gateways_of_its_wards() -> None:
    records = city(600, wards=9)
    verdicts = {one.id: Outcome.CONFORMS for one in records if one.ward_code == records[0].ward_code}
    plan = planned(records, verdicts=verdicts)
    assert records[0].ward_code in plan.phases[0].wards
    assert plan.phases[0].gateways < plan.phases[-1].gateways == len(plan.gateways)
    assert plan.phases[-1].nodes == len(plan.nodes)


def test_what_is_excluded_goes_nowhere_and_what_is_to_be_replaced_has_its_place() -> None:
    plan = planned([camera(1), camera(2, address=None), camera(3)], verdicts={"cam-000003": Outcome.REPLACE})
    first, second, third = plan.cameras
    assert (first.gateway, first.phase) == ("gateway-4-1", first.phase)
    assert (second.route, second.gateway, second.site, second.phase) == (Route.EXCLUDED, None, None, None)
    assert (third.route, third.gateway) == (Route.REPLACE, "gateway-4-1")
    assert plan.sizing.cameras == 2


def test_a_line_too_small_is_seen_in_its_phase() -> None:
    plan = planned([camera(1, uplink={"bandwidth": 1_000_000})], verdicts={"cam-000001": Outcome.CONFORMS})
    assert sum(phase.lines_over for phase in plan.phases) == 1
    assert sum(phase.ready for phase in plan.phases) == 0


def test_an_empty_inventory_is_an_empty_plan() -> None:
    plan = planned([])
    assert (plan.cameras, plan.gateways, plan.nodes, plan.phases) == ((), (), (), ())


def test_a_camera_that_no_machine_takes_is_an_error() -> None:
    with pytest.raises(ConfigError, match="cannot be made"):
        planned([camera(1, bitrate=5_000_000_000)])


@pytest.mark.parametrize("text", ["", "{}", '{"schema": "citycam.city-plan", "schema_version": 2}', "\x00"])
def test_a_wrong_plan_file_is_a_config_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "plan.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match="not the plan of a city"):
        load_city_plan(path)
    with pytest.raises(ConfigError, match="cannot read the plan"):
        load_city_plan(tmp_path / "absent.json")
