import numpy as np
import pytest

from citycam.evidence.gaps import explains, find_gaps, runs
from citycam.evidence.ledger import SECOND, CameraLedger, Clock, Play, Skip, Stop
from citycam.evidence.run import Marks
from citycam.evidence.sequence import Window

CLOCK = Clock(0, 10, 1)
MARKS = Marks(10 * SECOND, 20 * SECOND)
FIRST = 100


def ledger(*, sent: list[tuple[int, int]], skips: tuple[Skip, ...] = (), stops: tuple[Stop, ...] = ()) -> CameraLedger:
    plays = (Play(0, 0), Play(15 * SECOND, 155))
    return CameraLedger("cam-000001", CLOCK, np.array(sent, np.int64), skips, plays, stops)


def window(account: CameraLedger, recorded: set[int]) -> Window:
    numbers = np.arange(FIRST, FIRST + 100)
    sent = np.isin(numbers, account.sent(MARKS.start_ns, MARKS.stop_ns))
    copies = np.isin(numbers, list(recorded)).astype(np.int64)
    return Window(FIRST, CLOCK.due(numbers), sent, copies, np.zeros(100, np.int64))


def shape(account: CameraLedger, recorded: set[int]) -> list[tuple[int, int, str]]:
    return [(gap.first, gap.last, gap.cause) for gap in find_gaps(window(account, recorded), account, MARKS).gaps]


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
