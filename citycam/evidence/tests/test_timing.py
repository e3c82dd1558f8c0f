"""MJPEG: frames without a watermark are told apart by RTP timestamps."""

import json
import math
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from citycam.evidence import fmp4
from citycam.evidence.audit import audit
from citycam.evidence.ledger import SECOND, CameraLedger, Clock, Play
from citycam.evidence.segment import Segment, file_name, file_time_ns
from citycam.evidence.summary import Tables
from citycam.evidence.tests import defects, recorder
from citycam.evidence.tests.defects import Named, Place
from citycam.evidence.tests.recorder import Archive
from citycam.evidence.tests.scene import Layout, Scene
from citycam.evidence.timing import Identity, place

CAMERA = "cam-000001"
SCENE = Scene(layout=Layout("mjpeg"))
BY_TIME = (
    defects.cut, defects.cut_head, defects.cut_tail, defects.repeat_samples, defects.truncate, defects.remove_file,
    defects.spoil_header, defects.forget_in_ledger,
)  # fmt: skip


def made(folder: Path, **options: Any) -> Archive:
    return recorder.archive(folder, cameras=1, frames=200, scene=SCENE, **options)


def audited(archive: Archive) -> tuple[dict[str, Any], set[Named]]:
    audit(archive.run, archive.plan, workers=1)
    tables = Tables(archive.run.audit)
    (row,) = tables.query("SELECT * FROM cameras")
    found = tables.query('SELECT camera, kind, segment, frame, "count" FROM findings')
    return row, {(one["camera"], one["kind"], one["segment"], one["frame"], one["count"]) for one in found}


def moved(archive: Archive, at: int, nanoseconds: int) -> None:
    """Give a file the name of another time."""
    path = archive.segments[CAMERA][at].path
    path.rename(path.with_name(file_name((file_time_ns(path.name) or 0) + nanoseconds)))


def without_origin(archive: Archive) -> None:
    """A ledger that does not tell with which frame the session began."""
    lines = [json.loads(line) for line in archive.run.ledger.read_text().splitlines()]
    for line in lines:
        line.pop("origin", None)
    archive.run.ledger.write_text("".join(json.dumps(line) + "\n" for line in lines))


@pytest.mark.parametrize("layout", [Layout("mjpeg"), Layout("mjpeg", sound=True)], ids=["alone", "with sound"])
def test_every_picture_is_recorded_once_and_the_table_says_what_that_rests_on(tmp_path: Path, layout: Layout) -> None:
    archive = recorder.archive(tmp_path, cameras=1, frames=200, scene=Scene(layout=layout))
    row, found = audited(archive)
    assert found == set()
    assert (row["identity"], row["frames_sent"], row["recorded_once"]) == ("timestamps", 180, 180)
    assert row["time_error_max_ms"] == pytest.approx(3.0)
    (segment,) = Tables(archive.run.audit).query("SELECT * FROM segments ORDER BY first_frame LIMIT 1 OFFSET 1")
    assert (segment["first_frame"], segment["last_frame"], segment["frames"]) == (40, 79, 40)


def test_without_the_session_s_beginning_the_clock_must_do_and_the_time_error_is_unknown(tmp_path: Path) -> None:
    archive = made(tmp_path)
    without_origin(archive)
    row, found = audited(archive)
    assert found == set()
    assert (row["identity"], row["recorded_once"]) == ("clock", 180)
    assert math.isnan(row["time_error_max_ms"])


@pytest.mark.parametrize("defect", BY_TIME, ids=lambda defect: defect.__name__)
@pytest.mark.parametrize("known", [True, False], ids=["counted", "by clock"])
def test_each_defect_that_time_can_tell_is_named_exactly(tmp_path: Path, defect: object, known: bool) -> None:
    archive = made(tmp_path)
    expected = defect(Place(archive, CAMERA, 2, random.Random(f"{defect}")))  # type: ignore[operator]
    if not known:
        without_origin(archive)
    row, found = audited(archive)
    assert found == expected
    assert row["frames_sent"] == row["recorded_once"] + row["duplicated"] + row["missing"], row


def test_a_picture_without_its_end_is_damaged(tmp_path: Path) -> None:
    archive = made(tmp_path)
    segment = archive.segments[CAMERA][2]
    samples = list(segment.samples)
    samples[7] = replace(samples[7], payload=samples[7].payload[:-2])
    segment.write(samples)
    row, found = audited(archive)
    assert found == {(CAMERA, "damaged", segment.path.name, 87, 1)}
    assert row["damaged"] == 1
    assert Tables(archive.run.audit).query("SELECT detail FROM findings") == [{"detail": "it is no whole picture"}]


def test_packets_that_were_long_under_way_move_no_frame(tmp_path: Path) -> None:
    archive = made(tmp_path)
    for at, late in ((0, 400_000_000), (2, 160_000_000)):
        moved(archive, at, late)
    for origin in (True, False):
        row, found = audited(archive)
        assert (found, row["recorded_once"]) == (set(), 180), origin
        without_origin(archive)


def test_a_gateway_whose_clock_is_wrong_records_the_right_frames_at_the_wrong_time(tmp_path: Path) -> None:
    archive = made(tmp_path)
    for at in range(len(archive.segments[CAMERA])):
        moved(archive, at, 10 * SECOND)
    row, found = audited(archive)
    assert (found, row["recorded_once"], row["identity"]) == (set(), 180, "timestamps")
    assert row["time_error_max_ms"] == pytest.approx(10_003.0)


def test_after_a_jump_of_the_timestamps_the_clock_tells_which_frames_follow(tmp_path: Path) -> None:
    archive = made(tmp_path)
    for segment in archive.segments[CAMERA][3:]:
        replace(segment, began_ns=segment.began_ns + 3 * SECOND).write()
    row, found = audited(archive)
    assert (found, row["recorded_once"], row["identity"]) == (set(), 180, "clock")


def test_a_camera_that_never_played_has_only_pictures_nobody_sent(tmp_path: Path) -> None:
    archive = made(tmp_path)
    archive.run.ledger.unlink()
    row, found = audited(archive)
    assert row["frames_sent"] == row["recorded_once"] == 0
    assert {(kind, frame) for _, kind, _, frame, _ in found} == {("unsent", -1)}


@pytest.mark.parametrize("ppb", [0, 100_000, -400_000])
@pytest.mark.parametrize("origin", [1000, None])
def test_a_camera_that_counts_fast_or_slow_is_counted_as_it_counts(ppb: int, origin: int | None) -> None:
    """After an hour a clock that is off by 400 parts in a million has shifted 14 frames."""
    clock = Clock(recorder.EPOCH_NS, 10 * (SECOND + ppb), SECOND)
    segments = []
    for since in (0, 36_000):
        content = recorder.segment(
            SCENE.samples(1, 0, 40, Clock(0, 10, 1)), began_ns=since * SECOND // 10, layout=SCENE.layout
        )
        arrived = int(clock.due(np.array([1000 + since]))[0]) + 5_000_000
        segments.append(Segment(file_name(arrived), arrived, len(content), fmp4.read_frames(content)))
    ledger = CameraLedger(CAMERA, clock, plays=(Play(0, 1000, origin),))
    found = place(segments, ledger)
    assert [placed.frame[0] for placed in found.values()] == [1000, 37_000]
    assert {placed.identity for placed in found.values()} == {Identity.CLOCK if origin is None else Identity.TIMESTAMPS}
