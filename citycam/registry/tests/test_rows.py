from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from citycam.inventory.record import CameraRecord
from citycam.plan.tests.cities import camera, city, planned
from citycam.policy.conformity import assess
from citycam.policy.standard import load_standards, rules_at
from citycam.registry.registry import MIGRATIONS
from citycam.registry.rows import Publication

DAY = date(2026, 11, 24)
MIGRATION = Path(MIGRATIONS / "versions" / "0001_registry.py").read_text(encoding="utf-8")


def publication(records: Sequence[CameraRecord], **more: object) -> Publication:
    """A publication of records with their plan."""
    assessments = assess(records, rules_at(load_standards(), DAY), DAY)
    made = {"plan": planned(list(records)), "plan_digest": "sha256:" + "b" * 64, **more}
    return Publication(assessments, DAY, "sha256:" + "a" * 64, **made)  # type: ignore[arg-type]


def test_every_column_is_one_of_its_table_and_every_row_is_as_wide() -> None:
    for table, columns, rows in publication(city(30)).tables():
        found = re.search(rf"CREATE TABLE registry\.{table} \((.*?)\n\);", MIGRATION, re.DOTALL)
        assert found, table
        declared = set(re.findall(r"^    ([a-z_]+) +[a-z]", found[1], re.MULTILINE))
        assert set(columns) | {"version"} == declared, table
        assert {len(row) for row in rows} <= {len(columns)}


def test_longitude_comes_before_latitude_and_an_unknown_place_is_null() -> None:
    records = [camera(1, latitude=21.03, longitude=105.85), camera(2, latitude=None)]
    _, columns, rows = next(iter(publication(records).tables()))
    places = [row[list(columns).index("location")] for row in rows]
    assert places == ["SRID=4326;POINT(105.85 21.03)", None]


def test_what_postgresql_cannot_hold_is_taken_out() -> None:
    _, columns, rows = next(iter(publication([camera(1, site="a\0b", remarks="\0")]).tables()))
    row = dict(zip(columns, next(iter(rows)), strict=True))
    assert row["site"] == "ab"
    assert json.loads(row["facts"])["remarks"] == ""


def test_without_a_plan_there_are_no_rows_of_one() -> None:
    names = [table for table, _, _ in publication([camera(1)], plan=None).tables()]
    assert names == ["camera", "verdict", "decision"]


def test_only_rules_that_are_not_plainly_met_are_published() -> None:
    rows = {table: list(rows) for table, _, rows in publication([camera(1)]).tables()}
    (verdict,) = rows["verdict"]
    assert "conforms" not in json.loads(verdict[3]).values()
    assert json.loads(verdict[3])
