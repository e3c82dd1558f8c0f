from __future__ import annotations

import re

import pytest

from citycam.inventory.roster import load_inventory
from citycam.model.camera import Camera
from citycam.model.errors import EnvironmentFailure
from citycam.model.workspace import PROJECT
from infra.publish import _INSERT, MIGRATION, _row, publish_inventory

CAMERAS = load_inventory(PROJECT / "inventories/smoke.csv")
COLUMNS = re.findall(r"^    ([a-z_]+) +[a-z]", MIGRATION.read_text(encoding="utf-8"), re.MULTILINE)


def test_values_are_written_in_the_order_of_the_columns() -> None:
    values = re.findall(r"%\(([a-z_]+)\)s", _INSERT)
    location = values.index("longitude")
    assert values[location : location + 2] == ["longitude", "latitude"], "PostGIS takes x before y"
    values[location : location + 2] = ["location"]
    assert values == COLUMNS
    assert len(COLUMNS) == 20


@pytest.mark.parametrize("camera", CAMERAS[:3], ids=lambda camera: camera.id)
def test_a_row_holds_every_value_that_is_written_as_plain_data(camera: Camera) -> None:
    row = _row(camera)
    assert set(re.findall(r"%\(([a-z_]+)\)s", _INSERT)) <= row.keys()
    assert {type(value) for value in row.values()} <= {str, int, float}


def test_the_migration_does_no_harm_when_it_was_there_before() -> None:
    statements = re.findall(r"^CREATE .*", MIGRATION.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(statements) == 3
    assert all("IF NOT EXISTS" in statement for statement in statements)


def test_a_database_that_cannot_be_reached_is_told_without_its_password() -> None:
    with pytest.raises(EnvironmentFailure, match="the inventory was not published") as failure:
        publish_inventory("host=127.0.0.1 port=1 user=citycam password=canary connect_timeout=2", CAMERAS)
    assert "onnection refused" in failure.value.why
    assert "canary" not in str(failure.value)
