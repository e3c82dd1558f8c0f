"""Both reports on the city: all in one page, nothing fetched, one script of known digest, three languages."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest
from openpyxl import load_workbook

from citycam.inventory.record import CameraRecord
from citycam.model.errors import ConfigError
from citycam.plan.tests.cities import camera, city, planned
from citycam.policy.conformity import assess
from citycam.policy.standard import Outcome, load_standards, rules_at
from citycam.report.city_page import Page, render, save
from citycam.report.inventory_report import Material, inventory_page, read_material
from citycam.report.plan_report import plan_page

HOSTILE = '<script>alert("x")</script>\'"&'
DAY = date(2026, 11, 24)
ROW = {"file": "a.xlsx", "sheet": "Camera", "row": 7}
HERE = {"submitter": "A", **ROW}
THERE = {"submitter": "B", "file": "b.csv", "sheet": "", "row": 9}
COUNTS = {"rows": 90, "accepted": 80, "noted": 7, "rejected": 3, "cameras": 87}
WARDS = [{"code": 4, "ward": "Phường Ba Đình"}]
MATERIAL = Material(
    submissions=[{"submitter": HOSTILE, "file": "a.xlsx", "version": 2, **COUNTS}],
    merges=[{"camera": "cam-000001", "reason": "same serial number", "one": HERE, "other": THERE}],
    questions=[{"cameras": ["cam-000002"], "what": "ward", "why": "was divided", "answers": WARDS, "one": HERE}],
    findings=[
        {"level": "error", **ROW, "cell": "I7", "column": "IP", "found": HOSTILE, "wrong": "not an IPv4 address"},
        {"level": "error", "file": "bomb.xlsx", "wrong": "it unpacks to more than 400 MB", "right": "split it"},
        {"level": "note", **ROW, "wrong": "contradicts 3 of b.csv, row 9"},
        {"level": "info", **ROW, "wrong": "a sum, not a camera"},
    ],
)


class Reader(HTMLParser):
    """Tags with their attributes, and the words that a reader of one language sees."""

    def __init__(self, text: str, language: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._open: list[bool] = []
        self._language = language
        self.seen: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.tags.append((tag, attributes))
        if tag not in {"meta", "br", "link"}:
            foreign = tag == "span" and attributes.get("lang") not in {None, self._language}
            self._open.append(foreign or tag in {"style", "script", "title"})

    def handle_endtag(self, tag: str) -> None:
        if self._open:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if data.strip() and not any(self._open):
            self.seen.append(" ".join(data.split()))

    @property
    def words(self) -> str:
        return " ".join(self.seen)


def inventory(records: Sequence[CameraRecord], material: Material = MATERIAL, language: str = "en") -> Page:
    standards = load_standards()
    assessments = assess(records, rules_at(standards, DAY), DAY)
    return inventory_page(
        assessments, standards, material, None, day=DAY, digest="sha256:" + "a" * 64, language=language
    )


@pytest.fixture(params=["inventory", "plan"])
def page(request: pytest.FixtureRequest) -> Page:
    records = [*city(200, wards=6), camera(900, agency=HOSTILE, site=HOSTILE, uplink={"bandwidth": 1_000_000})]
    if request.param == "inventory":
        return inventory(records)
    return plan_page(planned(records, verdicts={"cam-000001": Outcome.CONFORMS}), language="en")


def test_the_page_stands_alone(page: Page) -> None:
    text = render(page)
    tags = Reader(text, "en").tags
    assert not {tag for tag, _ in tags} & {"link", "iframe", "object", "embed", "base", "form", "img"}
    for tag, attributes in tags:
        for name in ("src", "srcset", "href", "xlink:href", "action"):
            assert not re.match(r"(?i)\s*(https?:)?//", attributes.get(name) or ""), tag
        assert not [name for name in attributes if name.startswith("on")]
    assert not re.search(r"@import|url\((?!#)", text)


def test_the_one_script_is_the_one_that_the_policy_allows(page: Page) -> None:
    text = render(page)
    scripts = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    assert len(scripts) == 1
    digest = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in text
    assert "default-src 'none'" in text
    assert "</" not in scripts[0]


def test_hostile_names_stay_text(page: Page) -> None:
    text = render(page)
    assert text.count("<script") == 1
    assert "&lt;script&gt;" in text


def test_every_language_reads_as_a_whole(page: Page) -> None:
    text = render(page)
    ids = [attributes["id"] for _, attributes in Reader(text, "en").tags if attributes.get("id")]
    assert len(ids) == len(set(ids))
    titles = {
        "inventory": ("Báo cáo kiểm kê", "inventory report", "Rapport d’inventaire"),
        "plan": ("Kế hoạch", "integration plan", "Plan d’intégration"),
    }
    for language, title in zip(("vi", "en", "fr"), titles[page.kind], strict=True):
        words = Reader(text, language).words
        assert title in words
        other = Reader(text, "fr" if language == "vi" else "vi").words
        assert words != other


def test_the_workbook_has_every_row_of_every_table(page: Page, tmp_path: Path) -> None:
    html, beside = save(page, tmp_path / "reports" / "page.html")
    book = load_workbook(beside)
    assert len(book.sheetnames) == len(page.tables)
    for name, table in zip(book.sheetnames, page.tables, strict=True):
        assert book[name].max_row == len(table.rows) + 1
    assert 'href="page.xlsx"' in html.read_text(encoding="utf-8")


def test_the_inventory_report_tells_what_was_sent_back_and_why() -> None:
    words = Reader(render(inventory([camera(1), camera(2, ward_code=None, ward=None)])), "en").words
    assert "3 rows returned of 90 rows" in words
    assert "1 duplicates merged 1 wait for a decision" in words
    assert "Camera, I7" in words
    assert "bomb.xlsx it unpacks to more than 400 MB split it" in words
    assert "contradicts 3 of b.csv, row 9" in words
    assert "a sum, not a camera" not in words
    assert "1 cameras of unknown ward are not on the map" in words


def test_without_an_import_or_cameras_the_report_says_so() -> None:
    words = Reader(render(inventory([], Material())), "en").words
    assert words.count("Nothing to show.") >= 5
    assert "0 cameras from 0 submissions" in words


def test_a_long_table_says_what_it_leaves_to_the_workbook() -> None:
    records = [camera(number, agency=f"Agency {number:03d}") for number in range(1, 101)]
    assert "60 of 100 rows are shown" in Reader(render(inventory(records)), "en").words


def test_the_plan_report_tells_lines_machines_and_sources() -> None:
    records = [camera(1, uplink={"bandwidth": 4_000_000}), camera(2, ward_code=8, address=None), camera(3, ward_code=8)]
    words = Reader(render(plan_page(planned(records), language="en")), "en").words
    assert "2 cameras come in of 3 in the inventory" in words
    assert "1 sites with too small a line of 2 sites" in words
    assert "4.2 Mb/s 4 Mb/s 3.2 Mb/s 1 Mb/s" in words
    assert "not yet address unknown 1" in words
    assert "gateway.cores_per_gbps 1.7 measured MediaMTX v1.20.1" in words
    assert "gateway-4-1 node-" in words


def test_an_empty_plan_has_a_report() -> None:
    assert "0 cameras come in" in Reader(render(plan_page(planned([]), language="en")), "en").words


@pytest.mark.parametrize(("name", "language"), [("page.pdf", "en"), ("page.html", "de")])
def test_another_suffix_or_language_is_refused(tmp_path: Path, name: str, language: str) -> None:
    with pytest.raises(ConfigError):
        save(replace(plan_page(planned([])), language=language), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_the_material_of_a_folder_is_read_and_damage_is_told(tmp_path: Path) -> None:
    assert read_material(tmp_path) == Material([], [], [], [])
    (tmp_path / "findings.jsonl").write_text(json.dumps(MATERIAL.findings[0]) + "\n", encoding="utf-8")
    assert read_material(tmp_path).rejected == [MATERIAL.findings[0]]
    (tmp_path / "merges.jsonl").write_text("{", encoding="utf-8")
    with pytest.raises(ConfigError, match="damaged"):
        read_material(tmp_path)
