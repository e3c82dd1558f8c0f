"""The page: verdict first, everything in it, nothing fetched, nothing executed."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from citycam.gates.evaluate import evaluate
from citycam.gates.tests.runs import FAILOVER, GATES, Draft, plausible
from citycam.model.errors import ConfigError, EvidenceMissing
from citycam.model.verdict import Verdict
from citycam.report.html import render

HOSTILE = '<script>alert("x")</script>\'"&'


class Page(HTMLParser):
    """Tags with attributes in order, and the text a reader sees."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self._hidden = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._hidden += tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag == "style"

    def handle_data(self, data: str) -> None:
        if data.strip() and not self._hidden:
            self.text.append(" ".join(data.split()))

    @property
    def words(self) -> str:
        return " ".join(self.text)


def rendered(draft: Draft, folder: Path, language: str = "en") -> str:
    run = draft.write(folder / "smoke" / "2026-11-23T23-40-00Z")
    evaluate(run, GATES).save(run)
    return render(run, language).read_text(encoding="utf-8")


@pytest.fixture
def failing() -> Draft:
    draft = plausible(6, 20, pictures=6)
    draft.lose("cam-000004", 10)
    return draft


def test_the_verdict_comes_first_in_words_of_two_languages(failing: Draft, tmp_path: Path) -> None:
    page = Page(rendered(failing, tmp_path))
    assert page.text[0].startswith("Fail – Forty cameras")
    assert page.words.index("Không đạt") < page.words.index("Criteria")
    assert "2 of 8 criteria fail" in page.words


def test_criteria_show_limit_measured_and_margin_failures_first(failing: Draft, tmp_path: Path) -> None:
    text = rendered(failing, tmp_path)
    rows = re.findall(r'<tr class="is-([a-z-]+)" id="([a-z-]+)">', text)
    assert [verdict for verdict, _ in rows] == ["fail"] * 2 + ["pass"] * 6 + ["not-applicable"] * 3
    assert {name for _, name in rows} == set(GATES | FAILOVER)
    words = Page(text).words
    assert "Frames that were sent are missing from the archive" in words
    assert "≥ 99.99 % 98.3333 % −1.656667 pp" in words or "≥ 99.99 % 98.3333 % −1.6567 pp" in words


def test_worst_cameras_come_first_with_ward_and_losses(failing: Draft, tmp_path: Path) -> None:
    words = Page(rendered(failing, tmp_path)).words
    table = words[words.index("Cameras, worst first") :]
    camera = failing.plan.by_id()["cam-000004"]
    gateway = failing.plan.gateway_of()[camera.id]
    assert f"cam-000004 {camera.ward} {gateway} 200 180 20 90 % 100 ms" in table
    assert table.index("cam-000004") < table.index("cam-000001")


def test_the_page_stands_alone(failing: Draft, tmp_path: Path) -> None:
    text = rendered(failing, tmp_path)
    page = Page(text)
    tags = {tag for tag, _ in page.tags}
    assert not tags & {"script", "link", "iframe", "object", "embed", "base", "form"}
    for tag, attributes in page.tags:
        for name in ("src", "srcset", "href", "xlink:href", "action", "data"):
            value = attributes.get(name) or ""
            assert not re.match(r"(?i)\s*(https?:)?//", value), (tag, value)
            if name == "src" and value:
                assert value.startswith("data:image/jpeg;base64,")
        assert not [name for name in attributes if name.startswith("on")]
    assert "@import" not in text
    assert not re.search(r"url\((?!#)", text)
    assert len([1 for tag, _ in page.tags if tag == "img"]) == 6


def test_the_page_has_language_title_and_no_id_twice(failing: Draft, tmp_path: Path) -> None:
    for language in ("en", "vi"):
        page = Page(rendered(failing, tmp_path / language, language))
        assert ("html", {"lang": language}) in page.tags
        assert any(tag == "title" for tag, _ in page.tags)
        ids = [attributes["id"] for _, attributes in page.tags if attributes.get("id")]
        assert len(ids) == len(set(ids))


def test_hostile_names_stay_text(failing: Draft, tmp_path: Path) -> None:
    plan = failing.documents["plan.json"]
    plan["cameras"][3]["ward"] = HOSTILE
    failing.documents["campaign.json"] |= {"title": HOSTILE, HOSTILE: HOSTILE}
    failing.documents["environment.json"] |= {"machine": {HOSTILE: HOSTILE}}
    for table in ("cameras", "gaps", "findings", "playback", "requests"):
        for row in failing.tables[table]:
            if row["camera"] == "cam-000004":
                row["camera"] = HOSTILE
    failing.tables["findings"][0]["kind"] = HOSTILE
    failing.tables["playback"][0].update(ok=False, why=HOSTILE)
    text = rendered(failing, tmp_path)
    assert not {tag for tag, _ in Page(text).tags} & {"script"}
    assert "<script" not in text
    assert "&lt;script&gt;" in text


def test_times_are_local_and_utc(failing: Draft, tmp_path: Path) -> None:
    words = Page(rendered(failing, tmp_path)).words
    assert "24 Nov 2026, 06:40:00 – 24 Nov 2026, 06:40:20" in words
    assert "2026-11-23 23:40:00Z – 2026-11-23 23:40:20Z" in words
    assert "smoke-2026-11-23T23-40-00Z" in words
    assert "citycam campaign judge runs/smoke/2026-11-23T23-40-00Z" in words


def test_a_page_in_vietnamese_has_english_beside_it(failing: Draft, tmp_path: Path) -> None:
    words = Page(rendered(failing, tmp_path, "vi")).words
    assert "Không đạt" in words
    assert "Kho lưu trữ thiếu khung hình đã gửi Frames that were sent are missing from the archive" in words
    assert "98,3333 %" in words


def test_without_any_evidence_the_page_says_so(tmp_path: Path) -> None:
    evaluate(tmp_path, GATES).save(tmp_path)
    words = Page(render(tmp_path).read_text(encoding="utf-8")).words
    assert words.startswith("Unknown –")
    assert "8 of 8 criteria could not be judged" in words
    assert "Frames per second were not measured." in words
    assert "The archive was not audited." in words


@pytest.mark.parametrize("table", ["cameras", "seconds", "requests", "findings"])
def test_a_page_is_rendered_whatever_table_is_missing(failing: Draft, tmp_path: Path, table: str) -> None:
    del failing.tables[table]
    assert Page(rendered(failing, tmp_path)).words.startswith(("Fail –", "Unknown –"))


def test_an_interrupted_run_whose_criteria_all_held_is_explained(tmp_path: Path) -> None:
    run = plausible(4, 10).write(tmp_path)
    evaluate(run, GATES).model_copy(update={"verdict": Verdict.UNKNOWN}).save(run)
    assert "The run ended before its time." in Page(render(run).read_text(encoding="utf-8")).words


def test_a_file_that_is_no_picture_is_left_out(failing: Draft, tmp_path: Path) -> None:
    failing.pictures["evidence/thumbnails/cam-000001.jpg"] = b"not a picture"
    assert rendered(failing, tmp_path).count("<img ") == 5


def test_an_empty_window_of_frames_is_drawn_without_lines(tmp_path: Path) -> None:
    draft = plausible(4, 10)
    for row in draft.tables["seconds"]:
        row.update(sent=0, recorded=0)
    assert "Frames sent and recorded" in Page(rendered(draft, tmp_path)).words


def test_a_run_without_verdict_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvidenceMissing, match="no readable verdict"):
        render(tmp_path)


def test_a_language_that_is_not_spoken_is_refused(tmp_path: Path) -> None:
    evaluate(tmp_path, GATES).save(tmp_path)
    with pytest.raises(ConfigError, match="'xx'"):
        render(tmp_path, "xx")


def test_conditions_tell_settings_in_units_and_no_folders_of_the_machine(failing: Draft, tmp_path: Path) -> None:
    failing.documents["campaign.json"]["inventory"] = "/home/somebody/citycam/inventories/smoke.csv"
    words = Page(rendered(failing, tmp_path)).words
    assert "/home/somebody" not in words
    assert "inventory inventories/smoke.csv" in words
    assert "memory_bytes 25.8 GB" in words
    assert json.dumps(GATES["time-error"]) not in words
