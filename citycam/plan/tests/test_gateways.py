import random
from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citycam.inventory.record import CameraRecord
from citycam.plan.coefficients import coefficients
from citycam.plan.gateways import assign_gateways, gateway_weight
from citycam.plan.integration import integrate
from citycam.plan.sites import sites_of
from citycam.plan.tests.cities import camera, city

FIGURES = coefficients()


def homes(records: list[CameraRecord], before: dict[str, str] | None = None) -> dict[str, str]:
    integrations = integrate(records, {}, FIGURES)
    rates = {one.camera: one.bitrate for one in integrations}
    return assign_gateways(sites_of(records, integrations, FIGURES), rates, FIGURES, before)


def moved(before: dict[str, str], after: dict[str, str]) -> float:
    return sum(after[one] != home for one, home in before.items()) / len(before)


cities = st.builds(city, st.integers(100, 900), seed=st.integers(0, 10_000), wards=st.integers(1, 9))


@settings(max_examples=25, deadline=None)
@given(cities, st.randoms())
def test_a_site_is_kept_together_whatever_the_order(records: list[CameraRecord], chance: random.Random) -> None:
    found = homes(records)
    assert found.keys() == {record.id for record in records}
    together: dict[str, set[str]] = defaultdict(set)
    for record in records:
        together[record.site or ""].add(found[record.id])
    assert all(len(gateways) == 1 for gateways in together.values())
    shuffled = list(records)
    chance.shuffle(shuffled)
    assert homes(shuffled) == found


@settings(max_examples=25, deadline=None)
@given(cities)
def test_no_gateway_is_filled_beyond_what_is_planned(records: list[CameraRecord]) -> None:
    load: dict[str, float] = defaultdict(float)
    rates = {one.camera: one.bitrate for one in integrate(records, {}, FIGURES)}
    for one, home in homes(records).items():
        load[home] += gateway_weight(rates[one], FIGURES)
    assert max(load.values()) <= FIGURES.gateway.fill.value + 1e-9


@settings(max_examples=25, deadline=None)
@given(cities, st.integers(0, 10_000))
def test_growth_by_one_percent_moves_less_than_two(records: list[CameraRecord], seed: int) -> None:
    grown = [*records, *city(len(records) // 100 or 1, seed=seed + 20_000, wards=9, first=10_001)]
    before = homes(records)
    assert moved(before, homes(grown, before)) < 0.02


@settings(max_examples=15, deadline=None)
@given(cities)
def test_growth_of_the_sites_themselves_moves_less_than_two(records: list[CameraRecord]) -> None:
    """Every hundredth camera gets a twin at its own site."""
    twins = [one.model_copy(update={"id": f"cam-9{one.id[5:]}", "recorder": None}) for one in records[::100]]
    before = homes(records)
    assert moved(before, homes([*records, *twins], before)) < 0.02


def test_even_without_the_plan_in_force_a_city_hardly_moves() -> None:
    records = city(4000, seed=3, wards=40)
    grown = [*records, *city(40, seed=4, wards=40, first=5001)]
    assert moved(homes(records), homes(grown)) < 0.02


def test_wards_do_not_share_gateways() -> None:
    records = city(500, wards=6)
    found = homes(records)
    assert all(found[one.id].startswith(f"gateway-{one.ward_code}-") for one in records)


def test_a_site_too_large_for_a_gateway_is_divided() -> None:
    found = homes([camera(number) for number in range(1, 401)])
    assert len(set(found.values())) == 3, "400 × 4 Mb/s are 1.6 Gb/s, and 0.61 Gb/s go to a gateway"


def test_a_site_called_otherwise_stays() -> None:
    records = city(200)
    renamed = [one.model_copy(update={"site": f"new {one.site}"}) for one in records]
    before = homes(records)
    assert homes(renamed, before) == before


def test_a_camera_larger_than_a_gateway_is_refused() -> None:
    with pytest.raises(ValueError, match="cam-000001 alone is"):
        homes([camera(1, bitrate=2_000_000_000)])
