import json
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from citycam.inventory.folder import Import, current_versions, load_decisions, prepare, write
from citycam.inventory.inventory import load_records
from citycam.inventory.tests.test_submission import TITLES, camera, xlsx
from citycam.model.errors import ConfigError

NOW = datetime(2026, 9, 1, tzinfo=UTC)


def submit(folder: Path, name: str, *rows: list[object]) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_bytes(xlsx([[f"Đơn vị: {name.split('_')[0]}"], TITLES, *rows]))
    return path


def take(out: Path, *files: Path, **options: Any) -> Import:
    made = prepare(files, out, NOW, workers=1, **options)
    write(made, out)
    return made


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_submission_becomes_an_inventory_with_its_provenance(tmp_path: Path) -> None:
    path = submit(tmp_path / "in", "so_a.xlsx", camera(1), camera(2, MAC="xyz"))
    made = take(tmp_path / "out", path)
    (record,) = load_records(tmp_path / "out" / "inventory.jsonl")
    (source,) = record.sources
    assert (source.file, source.sheet, source.row, source.submitter, source.version) == (
        "so_a.xlsx",
        "Sheet",
        3,
        "so",
        1,
    )
    assert source.received == NOW
    assert made.summary()["rejected"] == 1
    (returned,) = (tmp_path / "out" / "returned").iterdir()
    assert load_workbook(returned)["Sheet"]["A2"].value == "2"
    assert [row["cell"] for row in lines(tmp_path / "out" / "findings.jsonl")] == ["E4"]


def test_a_resubmission_is_a_new_version_and_its_difference_is_shown(tmp_path: Path) -> None:
    out = tmp_path / "out"
    take(out, submit(tmp_path / "1", "so_a.xlsx", camera(1), camera(2)))
    first = {record.serial: record.id for record in load_records(out / "inventory.jsonl")}
    made = take(out, submit(tmp_path / "2", "so_a v2.xlsx", camera(2, **{"Ghi chú": "mới"}), camera(3)))
    ((name, change),) = made.changes.items()
    assert name.endswith("-v2")
    assert (change.added, change.removed) == (("S3",), ("S1",))
    assert [(one.camera, one.field, one.new) for one in change.changed] == [("S2", "remarks", "mới")]
    records = {record.serial: record.id for record in load_records(out / "inventory.jsonl")}
    assert records == {"S2": first["S2"], "S3": "cam-000003"}
    assert [record.serial for record in load_records(out / "retired.jsonl")] == ["S1"]
    assert [version.version for version in current_versions(out).values()] == [2]
    assert len(list((out / "submissions").iterdir())) == 2
    assert json.loads((out / "changes" / f"{name}.json").read_text())["added"] == ["S3"]

    back = take(out, submit(tmp_path / "3", "so_a v3.xlsx", camera(1)))
    assert [record.id for record in back.review.records] == [first["S1"]]


def test_the_same_file_again_changes_nothing(tmp_path: Path) -> None:
    path = submit(tmp_path / "in", "so_a.xlsx", camera(1), camera(2, MAC="xyz"))
    take(tmp_path / "out", path)
    before = {one: one.read_bytes() for one in (tmp_path / "out").rglob("*") if one.is_file()}
    made = take(tmp_path / "out", path)
    assert (made.unchanged, made.new, bool(made.difference)) == (("so_a.xlsx",), (), False)
    after = {one: one.read_bytes() for one in (tmp_path / "out").rglob("*") if one.is_file()}
    before.pop(tmp_path / "out" / "summary.json"), after.pop(tmp_path / "out" / "summary.json")
    assert after == before


def test_the_order_of_files_does_not_matter(tmp_path: Path) -> None:
    files = [
        submit(
            tmp_path / "in", f"agency{at}_a.xlsx", *(camera(n, **{"Vĩ độ": 21 + n / 1000}) for n in range(at, at + 3))
        )
        for at in range(5)
    ]
    outs = []
    for seed in range(3):
        random.Random(seed).shuffle(files)
        take(tmp_path / f"out{seed}", *files)
        outs.append({one.name: one.read_bytes() for one in (tmp_path / f"out{seed}").rglob("*") if one.is_file()})
    assert outs[0] == outs[1] == outs[2]


def test_files_that_contradict_each_other_are_both_kept_and_told(tmp_path: Path) -> None:
    one = submit(tmp_path / "in", "so_a.xlsx", camera(1, MAC="02:00:5e:00:00:01"))
    other = submit(tmp_path / "in", "ubnd_a.xlsx", camera(1, MAC="02:00:5e:00:00:10", **{"Điểm lắp": "khác"}))
    made = take(tmp_path / "out", one, other)
    (record,) = made.review.records
    assert {told.field for told in record.contradictions} >= {"mac", "agency"}
    found = [row["wrong"] for row in lines(tmp_path / "out" / "findings.jsonl") if row.get("column") == "mac"]
    assert len(found) == 1
    assert "both are kept" in found[0]


def test_two_files_that_claim_to_be_one_are_both_kept_and_told(tmp_path: Path) -> None:
    made = take(
        tmp_path / "out",
        submit(tmp_path / "1", "so_a.xlsx", camera(1)),
        submit(tmp_path / "2", "so_a.xlsx", camera(2, **{"Vĩ độ": 21.02})),
    )
    assert len(made.review.records) == 2
    assert any("claim to be one submission" in row["wrong"] for row in lines(tmp_path / "out" / "findings.jsonl"))


def test_part_two_is_another_file_and_not_a_version(tmp_path: Path) -> None:
    take(tmp_path / "out", submit(tmp_path / "in", "so_phan 1.xlsx", camera(1)))
    made = take(tmp_path / "out", submit(tmp_path / "in", "so_phan 2.xlsx", camera(2, **{"Vĩ độ": 21.02})))
    assert len(made.review.records) == 2


def test_a_bad_file_stops_no_other(tmp_path: Path) -> None:
    bad = tmp_path / "bad.xlsx"
    bad.write_bytes(b"PK\x03\x04nothing")
    made = take(tmp_path / "out", bad, tmp_path / "absent.xlsx", submit(tmp_path / "in", "so_a.xlsx", camera(1)))
    assert {remark.file for remark in made.refused} == {"absent.xlsx", "bad.xlsx"}
    assert len(made.review.records) == 1


def test_questions_are_answered_by_decisions(tmp_path: Path) -> None:
    path = submit(tmp_path / "in", "so_a.xlsx", camera(1, **{"Phường/xã": "P. Láng Hạ, Q. Đống Đa"}))
    made = take(tmp_path / "out", path)
    (asked,) = lines(tmp_path / "out" / "review.jsonl")
    assert asked["what"] == "ward"
    assert made.review.records[0].ward_code is None
    said = tmp_path / "said.csv"
    said.write_text(f"item,decision,by\n{asked['item']},{asked['answers'][0]['code']},Lan\n")
    answered = take(tmp_path / "out", path, decisions=load_decisions(said))
    assert answered.review.records[0].ward_code == asked["answers"][0]["code"]
    assert lines(tmp_path / "out" / "review.jsonl") == []
    later = take(tmp_path / "out", submit(tmp_path / "in", "so_b.xlsx", camera(2, **{"Vĩ độ": 21.02})))
    assert later.review.records[0].ward_code == asked["answers"][0]["code"], "what was decided is not asked again"
    other = {asked["item"]: str(asked["answers"][1]["code"])}
    assert take(tmp_path / "out", path, decisions=other).review.records[0].ward_code == asked["answers"][1]["code"]
    (tmp_path / "out" / "decisions.json").write_text("[")
    with pytest.raises(ConfigError, match="decisions of before"):
        take(tmp_path / "out", path)


@pytest.mark.parametrize(
    ("text", "says"),
    [("item,decision\nx,\n", "needs"), ("a,b\n1,2\n", "needs"), ("item,decision\nx,same\nx,different\n", "two ways")],
)
def test_decisions_that_are_none_are_refused(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "said.csv"
    path.write_text(text)
    with pytest.raises(ConfigError, match=says):
        load_decisions(path)


def test_a_kept_submission_that_is_damaged_is_refused(tmp_path: Path) -> None:
    take(tmp_path / "out", submit(tmp_path / "in", "so_a.xlsx", camera(1)))
    (kept,) = (tmp_path / "out" / "submissions").iterdir()
    kept.write_text(kept.read_text().replace("citycam.submission", "other"))
    with pytest.raises(ConfigError, match="not a kept submission"):
        current_versions(tmp_path / "out")
