import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from citycam.evidence.gaps import KEY_NS, RECOVERY_NS, explains, find_gaps, runs
from citycam.evidence.ledger import SECOND, CameraLedger, Clock, Play, Skip, Stop, read_ledger
from citycam.evidence.run import Marks
from citycam.evidence.sequence import Window
from citycam.evidence.trouble import Trouble

CLOCK = Clock(0, 10, 1)
MARKS = Marks(10 * SECOND, 20 * SECOND)
FIRST = 100


def ledger(
    *,
    sent: list[tuple[int, int]],
    skips: tuple[Skip, ...] = (),
    stops: tuple[Stop, ...] = (),
    troubles: tuple[Trouble, ...] = (),
) -> CameraLedger:
    plays = (Play(0, 0), Play(15 * SECOND, 155))
    return CameraLedger("cam-000001", CLOCK, np.array(sent, np.int64), skips, plays, stops, troubles)


def window(account: CameraLedger, recorded: set[int], frames: int = 100) -> Window:
    numbers = np.arange(FIRST, FIRST + frames)
    sent = np.isin(numbers, account.sent(MARKS.start_ns, MARKS.start_ns + frames * SECOND // 10))
    copies = np.isin(numbers, list(recorded)).astype(np.int64)
    return Window(FIRST, CLOCK.due(numbers), sent, copies, np.zeros(frames, np.int64))


def shape(account: CameraLedger, recorded: set[int], frames: int = 100) -> list[tuple[int, int, str]]:
    found = find_gaps(window(account, recorded, frames), account, MARKS)
    return [(gap.first, gap.last, gap.cause) for gap in found.gaps]


def test_nothing_missing_no_gap() -> None:
    account = ledger(sent=[(0, 300)])
    assert shape(account, set(range(100, 200))) == []


def test_a_lost_run_is_one_unexplained_gap() -> None:
    account = ledger(sent=[(0, 300)])
    found = find_gaps(window(account, set(range(100, 200)) - {120, 121, 150}), account, MARKS)
    assert [(gap.first, gap.frames, gap.start_ns, gap.length_ms, gap.cause) for gap in found.gaps] == [
        (120, 2, 12 * SECOND, 200.0, ""),
        (150, 1, 15 * SECOND, 100.0, ""),
    ]
    assert found.longest_ms == 200.0
    assert found.explained == 0


def test_skipped_frames_are_an_explained_gap_beside_the_lost_ones() -> None:
    account = ledger(sent=[(0, 119), (123, 300)], skips=(Skip(120, 122, "slow-reader"),))
    recorded = set(range(100, 200)) - {120, 121, 122, 123}
    assert shape(account, recorded) == [(120, 122, "slow-reader"), (123, 123, "")]
    assert find_gaps(window(account, recorded), account, MARKS).longest_ms == 400.0


@pytest.mark.parametrize(("cause", "explained"), [("removed", True), ("fault:reboot", True), ("disconnect", False)])
def test_the_end_of_a_session_explains_only_what_the_run_itself_did(cause: str, explained: bool) -> None:
    account = ledger(sent=[(0, 139), (155, 300)], stops=(Stop(14 * SECOND, 139, cause),))
    recorded = set(range(100, 200)) - set(range(138, 155))
    found = find_gaps(window(account, recorded), account, MARKS)
    assert [(gap.first, gap.last, gap.cause) for gap in found.gaps] == [(138, 154, cause if explained else "")]
    assert found.explained == (2 if explained else 0)
    assert explains(cause) is explained


def test_frames_lost_long_before_the_end_of_a_session_are_not_explained_by_it() -> None:
    account = ledger(sent=[(0, 139), (155, 300)], stops=(Stop(14 * SECOND, 139, "removed"),))
    recorded = set(range(100, 110)) | set(range(155, 200))
    assert shape(account, recorded) == [(110, 118, ""), (119, 154, "removed")]


def test_no_session_at_all_is_one_gap_of_the_whole_window() -> None:
    account = CameraLedger("cam-000001")
    empty = Window(0, np.empty(0, np.int64), np.empty(0, np.bool_), np.empty(0, np.int64), np.empty(0, np.int64))
    (gap,) = find_gaps(empty, account, MARKS).gaps
    assert (gap.first, gap.frames, gap.length_ms, gap.cause) == (-1, 0, 10_000.0, "")


def test_runs_break_where_the_label_changes() -> None:
    flags = np.array([1, 1, 0, 1, 1, 1], np.bool_)
    begins, ends = runs(flags, np.array([0, 0, 0, 1, 1, 2]))
    assert list(zip(begins.tolist(), ends.tolist(), strict=True)) == [(0, 1), (3, 4), (5, 5)]
    assert runs(np.empty(0, np.bool_), np.empty(0, np.int64))[0].tolist() == []


# Faults. Frame k is due at k / 10 s; the window is a minute long.

WHOLE = set(range(100, 700))
RECOVERY = RECOVERY_NS * 10 // SECOND
KEY = KEY_NS * 10 // SECOND


def struck(start: int, stop: int, kind: str = "freeze") -> tuple[Trouble, ...]:
    """A fault from one frame to another."""
    return (Trouble(start * SECOND // 10, stop * SECOND // 10, kind),)


def lost(first: int, last: int, troubles: tuple[Trouble, ...], **more: Any) -> list[tuple[int, int, str]]:
    account = ledger(sent=[(0, 900)], troubles=troubles, **more)
    return shape(account, WHOLE - set(range(first, last + 1)), 600)


def test_a_gap_that_begins_during_a_fault_is_explained_by_it() -> None:
    assert lost(210, 240, struck(200, 300)) == [(210, 240, "fault:freeze")]
    assert lost(210, 330, struck(200, 300)) == [(210, 330, "fault:freeze")]
    account = ledger(sent=[(0, 900)], troubles=struck(200, 300))
    found = find_gaps(window(account, WHOLE - set(range(210, 241)), 600), account, MARKS)
    assert found.explained == 31


def test_frames_that_were_under_way_when_a_fault_began_are_explained_if_the_gap_goes_on_into_it() -> None:
    assert lost(198, 240, struck(200, 300)) == [(198, 240, "fault:freeze")]
    assert lost(190, 195, struck(200, 300)) == [(190, 195, "")]


def test_what_outlives_the_recovery_is_not_explained() -> None:
    end = 300 + RECOVERY
    assert lost(210, end + 20, struck(200, 300)) == [(210, end - 1, "fault:freeze"), (end, end + 20, "")]


def test_a_gap_that_began_before_the_fault_is_not_explained() -> None:
    assert lost(150, 240, struck(200, 300)) == [(150, 240, "")]


def test_a_gap_that_begins_when_the_fault_is_over_is_not_explained() -> None:
    assert lost(300 + KEY - 1, 300 + KEY, struck(200, 300)) == [(300 + KEY - 1, 300 + KEY, "fault:freeze")]
    assert lost(300 + KEY, 300 + KEY, struck(200, 300)) == [(300 + KEY, 300 + KEY, "")]


def test_a_gap_that_the_window_begins_with_may_be_the_rest_of_one() -> None:
    assert lost(100, 110, struck(0, 1)) == [(100, 110, "fault:freeze")]
    assert lost(100, 260, struck(0, 20)) == [(100, 219, "fault:freeze"), (220, 260, "")]


def test_a_fault_of_another_camera_explains_nothing(tmp_path: Path) -> None:
    timing = {"epoch": 0, "num": 10, "den": 1}
    fault = {"kind": "freeze", "cameras": ["cam-000002"], "seconds": 0}
    lines: list[dict[str, object]] = [{"kind": "header", "schema_version": 1, "run": "r", "started_ns": 0}]
    for camera in ("cam-000001", "cam-000002"):
        lines.append({"kind": "span", "camera": camera, "first": 0, "last": 900, **timing})
    for at, action in ((20, "start"), (30, "stop")):
        lines.append({"kind": "fault", "t": at * SECOND, "fault": fault, "action": action})
    path = tmp_path / "ledger.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    read, recorded = read_ledger(path), WHOLE - set(range(210, 241))
    assert shape(read.camera("cam-000001"), recorded, 600) == [(210, 240, "")]
    assert shape(read.camera("cam-000002"), recorded, 600) == [(210, 240, "fault:freeze")]


def test_skip_lines_and_the_end_of_a_session_say_more_than_a_fault() -> None:
    troubles = struck(120, 180)
    account = ledger(sent=[(0, 129), (133, 900)], skips=(Skip(130, 132, "slow-reader"),), troubles=troubles)
    missing = set(range(125, 141))
    assert shape(account, WHOLE - missing, 600) == [
        (125, 129, "fault:freeze"), (130, 132, "slow-reader"), (133, 140, "fault:freeze")
    ]  # fmt: skip
    account = ledger(sent=[(0, 139), (155, 900)], stops=(Stop(14 * SECOND, 139, "removed"),), troubles=troubles)
    assert shape(account, WHOLE - set(range(138, 160)), 600) == [
        (138, 154, "removed"), (155, 159, "fault:freeze")
    ]  # fmt: skip


def test_a_session_that_a_fault_ended_explains_no_longer_than_a_gateway_needs() -> None:
    account = ledger(
        sent=[(0, 139)], stops=(Stop(14 * SECOND, 139, "fault:reboot"),), troubles=struck(140, 200, "reboot")
    )
    account = replace(account, plays=(Play(0, 0),))
    end = 200 + RECOVERY
    assert shape(account, set(range(100, 140)), 600) == [(140, end - 1, "fault:reboot"), (end, 699, "")]
