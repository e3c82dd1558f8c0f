from __future__ import annotations

import pytest

from citycam.inventory.survey.makers import makers
from citycam.inventory.survey.services import DEFAULT, ServiceKind, load_services


@pytest.mark.parametrize(
    ("said", "maker"),
    [
        (["", "Hikvision"], "Hikvision"),
        (["DS-7616NI"], "Hikvision"),
        (["AXIS_ACCC8E012345"], "Axis"),
        (["Y-cam"], "Y-cam"),
        (["IP Camera"], None),
        (["Login to 9D2E77"], None),
        ([], None),
        (["Sony", "Panasonic"], None),
    ],
)
def test_only_a_text_that_names_one_maker_counts(said: list[str], maker: str | None) -> None:
    assert makers().of(said) == maker


def test_a_makers_own_paths_come_first() -> None:
    assert makers().paths("Verint")[0] == "/video{channel}"
    assert makers().paths(None) == makers().usual


def test_the_short_list_is_short_and_the_inventory_adds_to_it() -> None:
    services = load_services(DEFAULT)
    assert {80, 443, 554, 322, 8000, 8554, 23, 3702} <= {one.port for one in services.services}
    assert len(services.services) < 12
    more = services.beside([554, 5554, 5554])
    assert [one.port for one in more.of(ServiceKind.RTSP)] == [5554, 554, 8554]
    assert services.beside([554]) is services
