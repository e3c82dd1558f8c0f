"""The audit of what a real MediaMTX recorded of a real fleet."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from PIL import Image

from citycam.evidence import fmp4, manifest, thumbnails
from citycam.evidence.audit import audit
from citycam.evidence.follower import Follower, look_at_all
from citycam.evidence.run import Marks, Run
from citycam.evidence.summary import Tables

from .stand import GATEWAY, recording, window

pytestmark = pytest.mark.docker


def test_everything_that_was_sent_is_recorded_once(tmp_path: Path) -> None:
    with recording(tmp_path, cameras=4) as stand:
        followers = [Follower(stand.recordings / camera.id) for camera in stand.cameras]
        look_at_all(followers)
        run, marks = Run.create(tmp_path / "runs", "test"), window(10)
        look_at_all(followers)
        stand.collect(run, marks)
    summary = audit(run, stand.plan, workers=2)
    tables = Tables(run.audit)
    assert tables.findings(10) == []
    assert tables.query("SELECT * FROM gaps") == []
    assert summary.ledger_complete
    assert summary.frames_sent == summary.recorded_once == 4 * 100
    assert summary.segments >= 4 * 3
    for row in tables.query("SELECT * FROM cameras"):
        assert abs(row["time_error_max_ms"]) < 1000, row
    for follower in followers:
        assert follower.frames >= 90, follower
        assert follower.gaps == 0, follower
        assert abs(marks.stop_ns - follower.newest_ns) < 5_000_000_000, follower
    _stored_as_expected(run)
    pictures = thumbnails.extract(run, stand.plan, limit=2)
    assert len(pictures) == 2
    for picture in pictures:
        assert picture.stat().st_size <= thumbnails.MAXIMUM_BYTES
        with Image.open(picture) as image:
            assert image.width == thumbnails.WIDTH
    manifest.seal(run)
    assert manifest.verify(run) > 12


def _stored_as_expected(run: Run) -> None:
    """Four-byte lengths, and [SPS][PPS][watermark][IDR] in key frames: what `fmp4` is fast because of."""
    for path in run.archive.glob("*/*/*.mp4"):
        frames = fmp4.read_frames(path)
        content = path.read_bytes()
        assert frames.complete, (path, frames.notes)
        assert frames.key[0], path
        for offset, size, key in zip(frames.offset.tolist(), frames.size.tolist(), frames.key.tolist(), strict=True):
            assert _kinds(content[offset : offset + size]) == ([7, 8, 6, 5] if key else [6, 1]), path
            assert not key or content[offset:].startswith(frames.header.lead), path


def _kinds(sample: bytes) -> list[int]:
    kinds, at = [], 0
    while at < len(sample):
        kinds.append(sample[at + 4] & 0x1F)
        at += 4 + int.from_bytes(sample[at : at + 4], "big")
    assert at == len(sample)
    return list(dict.fromkeys(kinds))  # a picture may have several slices


def test_frames_that_the_fleet_claims_and_never_sent_are_missing(tmp_path: Path) -> None:
    with recording(tmp_path, cameras=3) as stand:
        stand.fleet.start_fault("drop-frames", ["cam-000002"], every=25)
        run, marks = Run.create(tmp_path / "runs", "test"), window(8)
        stand.collect(run, marks)
    summary = audit(run, stand.plan)
    tables = Tables(run.audit)
    guilty = tables.worst_cameras(10)
    assert [row["camera"] for row in guilty] == ["cam-000002"]
    assert summary.missing in (3, 4)  # one in 25 of 80
    assert guilty[0]["unexplained_gaps"] == summary.missing
    kinds = tables.query("SELECT DISTINCT kind, camera, segment <> '' AS placed FROM findings")
    assert kinds == [{"kind": "missing", "camera": "cam-000002", "placed": True}]


def test_what_a_killed_gateway_loses_is_a_gap_that_nothing_explains(tmp_path: Path) -> None:
    with recording(tmp_path, cameras=3) as stand:
        run, start = Run.create(tmp_path / "runs", "test"), time.time_ns()
        stand.on_disk_since(start + 2_000_000_000)
        stand.kill_gateway()
        stand.start_gateway()
        restarted = time.time_ns()
        stand.on_disk_since(restarted + 2_000_000_000)
        stand.collect(run, Marks(start, time.time_ns()))
    summary = audit(run, stand.plan)
    tables = Tables(run.audit)
    document = json.loads((run.audit / "audit.json").read_text())
    assert document["ledger"]["complete"]
    for row in tables.query("SELECT * FROM cameras"):
        assert row["gaps"] == row["unexplained_gaps"] == 1, row
        assert row["frames_sent"] == row["recorded_once"] + row["missing"], row
        assert row["longest_gap_ms"] < 5000, row  # one part of 1 s and what the restart took
    assert {row["kind"] for row in tables.query("SELECT kind FROM findings")} <= {"missing"}
    assert summary.unexplained_gaps == 3
    assert (run.archive / GATEWAY).is_dir()
