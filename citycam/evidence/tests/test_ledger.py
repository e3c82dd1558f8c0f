import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycam.evidence.ledger import SECOND, Clock, Ledger, Skip, cover, read_ledger
from citycam.model.errors import EvidenceMissing

HEADER = {"kind": "header", "schema_version": 1, "run": "r", "started_ns": 0}
TIMING = {"epoch": 1000 * SECOND, "num": 10, "den": 1}
CAMERA = {"camera": "cam-000001", "session": "s"}
PLAY = {"kind": "play", "t": 1000 * SECOND, **CAMERA, **TIMING, "peer": "", "agent": "", "transport": "tcp", "frame": 0}


def write(path: Path, *lines: dict[str, Any] | str) -> Ledger:
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    return read_ledger(path)


def span(first: int, last: int, **more: Any) -> dict[str, Any]:
    return {"kind": "span", **CAMERA, **TIMING, "first": first, "last": last} | more


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.jsonl"


def test_sent_frames_are_those_of_the_spans_inside_the_window(path: Path) -> None:
    ledger = write(path, HEADER, PLAY, span(0, 9), span(12, 20), span(8, 13), {"kind": "close", "t": 1})
    start, stop = 1000 * SECOND + SECOND // 2, 1002 * SECOND
    assert ledger.sent("cam-000001", start, stop).tolist() == list(range(5, 20))
    assert ledger.camera("cam-000001").ranges.tolist() == [[0, 20]]
    assert ledger.complete
    assert ledger.closed
    assert ledger.sent("cam-000002", start, stop).tolist() == []


def test_a_process_that_died_is_told_and_damages_nothing(path: Path) -> None:
    ledger = write(path, HEADER, PLAY, {"kind": "cut", "shard": 2, "t": 1, "why": "killed by SIGKILL"})
    assert ledger.cuts == ("process 2 of the fleet died: killed by SIGKILL",)
    assert ledger.complete


def test_skips_stops_and_checkpoints_are_kept(path: Path) -> None:
    ledger = write(
        path, HEADER, PLAY, span(0, 3), {"kind": "skip", **CAMERA, "first": 4, "last": 5, "cause": "slow-reader"},
        {"kind": "stop", "t": 1001 * SECOND, **CAMERA, "frame": 9, "cause": "teardown"},
        {"kind": "fault", "t": 1, "fault": {"kind": "x"}, "action": "start"},
        {"kind": "checkpoint", "t": 7, "through_ns": 5},
    )  # fmt: skip
    assert ledger.camera("cam-000001").skips == (Skip(4, 5, "slow-reader"),)
    assert ledger.stops_between(1000 * SECOND, 1002 * SECOND) == {"teardown": 1}
    assert ledger.covers(5)
    assert not ledger.covers(6)
    assert len(ledger.faults) == 1


@pytest.mark.parametrize(
    ("lines", "note"),
    [
        ([PLAY], "no header"),
        ([HEADER, '{"kind": "play", "cam'], "line 2"),
        ([HEADER, {"kind": "poem"}], "unknown kind 'poem'"),
        ([HEADER | {"schema_version": 9}], "schema version 9"),
        ([HEADER, PLAY, span(0, 1, epoch=5)], "the fleet was restarted"),
        ([HEADER, PLAY | {"num": 0}], "impossible frame rate"),
    ],
)
def test_damage_makes_it_incomplete_and_is_noted(path: Path, lines: list[Any], note: str) -> None:
    ledger = write(path, *lines, {"kind": "checkpoint", "t": 9, "through_ns": 9})
    assert not ledger.complete
    assert not ledger.covers(1)
    assert any(note in one for one in ledger.notes), ledger.notes


def test_no_file_is_missing_evidence(path: Path) -> None:
    with pytest.raises(EvidenceMissing, match="ledger is missing"):
        read_ledger(path)
    with pytest.raises(EvidenceMissing, match="cam-000001 is not in the ledger"):
        Ledger.absent("no file").clock("cam-000001")


PACED = st.builds(lambda fps, ppb: Clock(1_735_689_600 * SECOND, fps * (SECOND + ppb), SECOND),
                  st.integers(1, 60), st.integers(-500_000, 500_000))  # fmt: skip
clocks = st.builds(Clock, st.integers(0, 2**61), st.integers(1, 60_000), st.integers(1, 1001)) | PACED


@given(clocks, st.integers(0, 2**34))
def test_due_is_exact_integer_arithmetic(clock: Clock, frame: int) -> None:
    due = clock.epoch_ns + frame * SECOND * clock.den // clock.num
    if due < 2**62:
        assert clock.due(np.array([frame])).tolist() == [due]
        later = [clock.epoch_ns + (frame + after) * SECOND * clock.den // clock.num for after in (1, 10_000)]
        if later[1] < 2**62:
            assert clock.due(np.array([frame + 10_000, frame, frame + 1])).tolist() == [later[1], due, later[0]]
        assert clock.first_at(due) <= frame
        assert clock.first_at(due + 1) > frame or clock.num > SECOND * clock.den


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 9))), st.integers(0, 30), st.integers(0, 40))
def test_cover_is_the_union_of_ranges(pieces: list[tuple[int, int]], first: int, count: int) -> None:
    ranges = np.array([(begin, begin + size) for begin, size in pieces], np.int64).reshape(-1, 2)
    expected = {frame for begin, size in pieces for frame in range(begin, begin + size + 1)}
    found = cover(ranges, first, first + count)
    assert found.tolist() == [frame in expected for frame in range(first, first + count)]
