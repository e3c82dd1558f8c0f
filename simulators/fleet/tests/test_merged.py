"""The merge law: the order of parts does not matter, the least checkpoint counts, and what is cut cuts the whole."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycam.evidence.ledger import read_ledger
from citycam.model.errors import EvidenceMissing
from simulators.fleet.merged import Cut, Parts, copy_ledger, merge, through_of

CLOCK = {"epoch": 0, "num": 10, "den": 1}


def _lines(records: Sequence[dict[str, Any]]) -> list[bytes]:
    return [json.dumps(record, separators=(",", ":")).encode() + b"\n" for record in records]


def _part(camera: str, through: int | None, *, closed: bool = True, started: int = 5) -> list[bytes]:
    records: list[dict[str, Any]] = [{"kind": "header", "schema_version": 1, "run": "r", "started_ns": started}]
    records.append({"kind": "play", "t": 1, "camera": camera, "session": "s", "frame": 0, **CLOCK})
    records.append({"kind": "span", "camera": camera, "session": "s", "first": 0, "last": 9, **CLOCK})
    if through is not None:
        records.append({"kind": "checkpoint", "t": through - 1, "through_ns": through - 1})
        records.append({"kind": "checkpoint", "t": through, "through_ns": through})
    if closed:
        records.append({"kind": "close", "t": 1000})
    return _lines(records)


def _records(lines: Sequence[bytes]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines]


parts = st.dictionaries(
    st.sampled_from(["shards/0.0", "shards/1.0", "shards/2.0", "shards/1.1"]),
    st.builds(
        _part,
        st.sampled_from(["cam-000001", "cam-000002"]),
        st.none() | st.integers(1, 100),
        closed=st.booleans(),
        started=st.integers(1, 9),
    ),
    min_size=1,
)


@given(parts, st.randoms())
def test_the_order_of_parts_does_not_matter(found: dict[str, list[bytes]], rng: Any) -> None:
    shuffled = list(found.items())
    rng.shuffle(shuffled)
    cuts = [Cut(1, 7, "x"), Cut(2, 3, "y")]
    assert list(merge("r", found, cuts)) == list(merge("r", dict(shuffled), cuts[::-1]))


@given(parts)
def test_the_whole_is_no_better_than_the_least_of_its_parts(found: dict[str, list[bytes]]) -> None:
    whole = _records(list(merge("r", found)))
    assert whole[0] == {
        "kind": "header",
        "schema_version": 1,
        "run": "r",
        "started_ns": min(_records(lines)[0]["started_ns"] for lines in found.values()),
    }
    lasts = [[one["through_ns"] for one in _records(lines) if one["kind"] == "checkpoint"] for lines in found.values()]
    checkpoints = [record["through_ns"] for record in whole if record["kind"] == "checkpoint"]
    assert checkpoints == ([min(last[-1] for last in lasts)] if all(lasts) else [])
    closed = all(_records(lines)[-1]["kind"] == "close" for lines in found.values())
    assert (whole[-1]["kind"] == "close") is closed


@given(parts)
def test_every_other_line_of_every_part_is_there_unchanged(found: dict[str, list[bytes]]) -> None:
    own = (b'{"kind":"header"', b'{"kind":"checkpoint"', b'{"kind":"close"')
    wanted = [line for _, lines in sorted(found.items()) for line in lines if not line.startswith(own)]
    assert [line for line in merge("r", found) if not line.startswith(own)] == wanted


@given(parts, st.sampled_from([None, []]))
def test_a_part_that_is_missing_or_empty_leaves_the_whole_without_an_end(
    found: dict[str, list[bytes]], absent: list[bytes] | None
) -> None:
    kinds = {record["kind"] for record in _records(list(merge("r", {**found, "shards/9.0": absent})))}
    assert not kinds & {"checkpoint", "close"}


@given(st.integers(1, 400))
def test_a_part_cut_anywhere_claims_no_more_than_it_holds(cut: int) -> None:
    text = b"".join(_part("cam-000001", 50))
    kept = text[: max(1, len(text) - cut)]
    merged = list(merge("r", {"a": kept.splitlines(keepends=True), "b": _part("cam-000002", 90)}))
    records = _records(merged)
    assert all(line.endswith(b"\n") for line in merged)
    through = [record["through_ns"] for record in records if record["kind"] == "checkpoint"]
    whole = [line for line in kept.splitlines(keepends=True) if line.endswith(b"\n")]
    assert through == [one["through_ns"] for one in _records(whole) if one["kind"] == "checkpoint"][-1:]
    assert any(record["kind"] == "close" for record in records) is (kept == text)


def test_damage_in_the_middle_stays_where_the_reader_sees_it(tmp_path: Path) -> None:
    damaged = _part("cam-000001", 50)
    damaged.insert(3, b'{"kind":"checkpoint","t":1,"thr\n')
    file = tmp_path / "ledger.jsonl"
    file.write_bytes(b"".join(merge("r", {"a": damaged, "b": _part("cam-000002", 90)})))
    assert not read_ledger(file).complete


def test_the_merged_ledger_is_one_that_the_audit_reads(tmp_path: Path) -> None:
    for name, lines in {"0.0": _part("cam-000001", 50), "1.0": _part("cam-000002", 40)}.items():
        (tmp_path / "shards" / name / "ledger").mkdir(parents=True)
        (tmp_path / "shards" / name / "ledger" / "r.jsonl").write_bytes(b"".join(lines))
    Parts("r", ["shards/0.0/ledger/r.jsonl", "shards/1.0/ledger/r.jsonl"]).save(tmp_path)
    copy_ledger(tmp_path, "r", tmp_path / "whole.jsonl")
    ledger = read_ledger(tmp_path / "whole.jsonl")
    assert (ledger.run, ledger.complete, ledger.closed, ledger.through_ns) == ("r", True, True, 40)
    assert set(ledger.cameras) == {"cam-000001", "cam-000002"}
    (tmp_path / "shards/1.0/ledger/r.jsonl").unlink()
    copy_ledger(tmp_path, "r", tmp_path / "whole.jsonl")
    assert not read_ledger(tmp_path / "whole.jsonl").covers(1)


def test_one_process_has_nothing_to_merge(tmp_path: Path) -> None:
    (tmp_path / "ledger").mkdir()
    (tmp_path / "ledger" / "r.jsonl").write_bytes(b"as it is")
    copy_ledger(tmp_path, "r", tmp_path / "copy.jsonl")
    assert (tmp_path / "copy.jsonl").read_bytes() == b"as it is"


def test_a_run_that_never_was_is_said(tmp_path: Path) -> None:
    with pytest.raises(EvidenceMissing, match="no ledger of 'x'"):
        copy_ledger(tmp_path, "x", tmp_path / "copy.jsonl")


def test_how_far_a_part_reaches_is_found_at_its_end(tmp_path: Path) -> None:
    file = tmp_path / "part.jsonl"
    assert through_of(file) is None
    file.write_bytes(b"".join(_part("cam-000001", None)))
    assert through_of(file) is None
    file.write_bytes(b"".join(_part("cam-000001", 50)) + _lines([{"kind": "x" * 5_000_000}])[0])
    assert through_of(file) == 50
