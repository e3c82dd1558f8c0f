from collections import defaultdict
from pathlib import Path

import pytest

from citycam.inventory.roster import dump_csv, load_inventory
from citycam.model.environment import load_environment
from citycam.model.errors import ConfigError
from citycam.model.workspace import PROJECT
from citycam.plan.plan import make_plan
from citycam.plan.rehearsal import rehearse
from citycam.plan.tests.cities import WARDS, camera, city, planned

LOCAL = load_environment(PROJECT / "environments" / "local.yaml")
RECORDS = city(300, wards=6)
PLAN = planned(RECORDS)


def test_stand_ins_keep_who_and_where_they_are_and_their_gateway() -> None:
    found = rehearse(PLAN, RECORDS, LOCAL, 40)
    assert len(found.cameras) == 40
    assert list(found.gateways) == LOCAL.gateway_names
    assert [len(group) for group in found.gateways.values()] == [20, 20]
    known = {record.id: record for record in RECORDS}
    city_homes = PLAN.homes()
    cities = [{city_homes[one] for one in group} for group in found.gateways.values()]
    assert not cities[0] & cities[1]
    for one in found.cameras:
        assert (one.agency, one.site, one.ward_code) == (
            known[one.id].agency,
            known[one.id].site,
            known[one.id].ward_code,
        )
        assert one.address in LOCAL.networks.camera_range


def test_sites_stay_together() -> None:
    found = rehearse(PLAN, RECORDS, LOCAL, 40)
    homes = found.gateway_of()
    gateways: dict[str, set[str]] = defaultdict(set)
    for one in found.cameras:
        gateways[one.site].add(homes[one.id])
    assert all(len(names) == 1 for names in gateways.values())


def test_the_seed_decides_and_the_order_of_records_does_not() -> None:
    assert rehearse(PLAN, RECORDS[::-1], LOCAL, 40) == rehearse(PLAN, RECORDS, LOCAL, 40)
    assert rehearse(PLAN, RECORDS, LOCAL, 40, seed=8) != rehearse(PLAN, RECORDS, LOCAL, 40)


def test_a_campaign_can_read_its_cameras(tmp_path: Path) -> None:
    found = rehearse(PLAN, RECORDS, LOCAL, 40)
    path = tmp_path / "rehearsal.csv"
    path.write_text(dump_csv(found.cameras), encoding="utf-8")
    assert make_plan(load_inventory(path), LOCAL).inventory_digest == found.inventory_digest


def test_channels_of_a_recorder_and_doubled_serials_become_devices_of_their_own(tmp_path: Path) -> None:
    records = [camera(number, serial="SAME", recorder={"serial": "N1", "channel": number}) for number in range(1, 5)]
    found = rehearse(planned(records), records, LOCAL, 4)
    path = tmp_path / "rehearsal.csv"
    path.write_text(dump_csv(found.cameras), encoding="utf-8")
    assert len(load_inventory(path)) == 4


def test_more_cameras_than_there_are_is_refused() -> None:
    with pytest.raises(ConfigError, match="301 cameras is not possible"):
        rehearse(PLAN, RECORDS, LOCAL, 301)


def test_small_gateways_of_the_city_share_one_of_the_rehearsal() -> None:
    records = [camera(number, ward_code=code, site=None) for number, code in enumerate(WARDS[:60], 1)]
    found = rehearse(planned(records), records, LOCAL, 41)
    assert sorted(len(group) for group in found.gateways.values()) == [20, 21]
