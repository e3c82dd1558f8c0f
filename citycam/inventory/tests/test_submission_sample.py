"""The import against the truth of made-up submissions: what was put in on purpose is found, and nothing else."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from citycam.inventory.defects import DEFECTS, PASSWORD
from citycam.inventory.folder import Import, prepare, write
from citycam.inventory.hostile import hostile_files
from citycam.inventory.languages import translated
from citycam.inventory.remark import Level
from citycam.inventory.submission_sample import Truth, plan_submissions, write_submissions

CAMERAS, SEED = 900, 11


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Truth, Import, Path]:
    folder = tmp_path_factory.mktemp("sample")
    truth = write_submissions(CAMERAS, SEED, folder / "in")
    files = [path for path in (folder / "in").iterdir() if path.name != "truth.json"]
    made = prepare(files, folder / "out", datetime(2026, 9, 1, tzinfo=UTC), workers=1)
    write(made, folder / "out")
    return truth, made, folder


def test_every_seeded_defect_is_found_where_it_is(imported: tuple[Truth, Import, Path]) -> None:
    truth, made, _ = imported
    said = {(one.file, one.row, one.level, one.field) for version in made.new for one in version.remarks}
    assert [one for one in truth.defects if (one.file, one.row, one.level, one.field) not in said] == []
    asked = {(version.file, one.row) for version in made.new for one in version.questions}
    assert [one for one in truth.defects if one.asks and (one.file, one.row) not in asked] == []


def test_whatever_is_said_is_said_in_vietnamese_too(imported: tuple[Truth, Import, Path]) -> None:
    _, made, _ = imported
    remarks = [*made.refused, *made.review.remarks, *(one for version in made.new for one in version.remarks)]
    said = {text for one in remarks for text in (one.wrong, one.right) if text}
    said |= {row["reason"] for row in made.review.merges} | {row["why"] for row in made.review.queue}
    assert [text for text in sorted(said) if translated(text, "vi") == text and not text.isdecimal()] == []


def test_no_clean_row_is_rejected(imported: tuple[Truth, Import, Path]) -> None:
    truth, made, _ = imported
    meant = {(one.file, one.row) for one in truth.defects if one.level == Level.ERROR}
    rejected = {(v.file, one.row) for v in made.new for one in v.remarks if one.level is Level.ERROR}
    assert rejected == meant


def test_every_row_is_accounted_for(imported: tuple[Truth, Import, Path]) -> None:
    truth, made, _ = imported
    assert sum(version.rows for version in made.new) == truth.rows
    counts = made.summary()
    assert counts["accepted"] + counts["noted"] + counts["rejected"] == truth.rows
    sources = [(one.file, one.row, one.part) for record in made.review.records for one in record.sources]
    assert len(sources) == len(set(sources))
    extra = sum(count - 1 for _, _, count in truth.ranges)
    assert len(sources) == truth.rows - counts["rejected"] + extra


def test_the_seeded_duplicates_and_no_others_are_merged(imported: tuple[Truth, Import, Path]) -> None:
    truth, made, _ = imported
    found = set()
    for record in made.review.records:
        rows = sorted((one.file, one.row, one.part) for one in record.sources)
        found |= {(one, other) for at, one in enumerate(rows) for other in rows[at + 1 :]}
    wanted = {(min(pair), max(pair)) for pair in truth.duplicates}
    assert len(wanted) >= CAMERAS * 0.025
    assert len(found & wanted) >= 0.99 * len(wanted)
    assert len(found & wanted) >= 0.99 * len(found)


def test_hostile_files_are_refused_and_the_others_go_on(imported: tuple[Truth, Import, Path]) -> None:
    truth, made, _ = imported
    assert {remark.file for remark in made.refused} == set(truth.hostile) == set(hostile_files())


def test_no_password_is_anywhere_in_the_output(imported: tuple[Truth, Import, Path]) -> None:
    _, made, folder = imported
    assert made.credentials
    assert all(PASSWORD in told.password for told in made.credentials.values())
    assert PASSWORD not in repr(made)
    assert not [
        path for path in (folder / "out").rglob("*") if path.is_file() and PASSWORD.encode() in path.read_bytes()
    ]
    secrets = {record.secret for record in made.review.records if record.secret}
    assert secrets == set(made.credentials)


def test_the_same_seed_makes_the_same_files(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_submissions(60, 3, tmp_path / name, workers=1)
    files = [{path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("one", "two")]
    assert files[0] == files[1]
    assert plan_submissions(60, 3) != plan_submissions(60, 4)
    assert json.loads(files[0]["truth.json"])["cameras"] == 60


def test_every_kind_of_defect_is_seeded() -> None:
    seeded = {line.defect for book in plan_submissions(12_000, 1) for line in book.lines}
    assert seeded - {""} == set(DEFECTS)
