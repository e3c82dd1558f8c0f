"""The account of one camera: every frame sent is recorded once, duplicated, damaged or missing. Pure arithmetic.

frames_sent = recorded_once + duplicated + damaged + missing, always. Reordered frames are among the recorded ones;
missing_explained among the missing ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from citycam.evidence.findings import Finding, Folder
from citycam.evidence.fmp4 import Frames
from citycam.evidence.gaps import KEY_NS, Gap, Gaps, find_gaps
from citycam.evidence.ledger import SECOND, CameraLedger
from citycam.evidence.run import Marks
from citycam.evidence.segment import Segment
from citycam.evidence.sequence import Recorded, Window, out_of_order, primaries, recorded, window
from citycam.evidence.tenure import Overlap, Tenure, tenures
from citycam.evidence.timing import Identity

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Account:
    """Rows for the audit's tables; `sent` and `recorded` count frames by second since the window's first second."""

    camera: dict[str, Any]
    gaps: tuple[Gap, ...]
    findings: tuple[Finding, ...]
    segments: tuple[dict[str, Any], ...]
    sent: Ints
    recorded: Ints
    frames_read: int
    tenures: tuple[Tenure, ...] = ()
    overlaps: tuple[Overlap, ...] = ()


def account(folder: Folder, number: int, ledger: CameraLedger, marks: Marks) -> Account:
    """Account for one camera; `number` is the one in its watermarks."""
    rows = recorded(folder.segments, number, ledger, marks)
    state, sound = window(rows, ledger, marks)
    interval_ns = ledger.clock.interval_ns if ledger.clock else float(SECOND)
    primary = primaries(rows, sound, interval_ns)
    late = _late(folder, rows, primary)
    had = tenures(folder.segments, rows, sound, state, interval_ns)
    gaps = find_gaps(state, ledger, marks)
    segments, errors = _segments(folder, rows)
    foreign = rows.inside & ~rows.own
    findings = (
        *folder.unreadable(),
        *_of_samples(folder, rows, sound, primary, late, foreign),
        *_of_damage(folder, rows, ledger),
        *folder.missing(rows, rows.own & (rows.frame >= 0) & (primary | ~rows.inside | ~rows.ok), state, ledger),
    )
    findings = (*findings, *_silent_damage(folder, findings))
    return Account(
        camera=_row(folder, rows, state, gaps, errors) | {"reordered": int(late.sum()), "foreign": int(foreign.sum())},
        gaps=gaps.gaps,
        findings=findings,
        segments=segments,
        sent=_by_second(state.due[state.sent], marks),
        recorded=_by_second(state.due[state.sent & (state.copies > 0)], marks),
        frames_read=len(rows.frame),
        tenures=had.tenures,
        overlaps=had.overlaps,
    )


def _late(folder: Folder, rows: Recorded, primary: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Which of the primary samples are out of order, among those of the same node: two may record side by side."""
    late = np.zeros(len(primary), np.bool_)
    nodes = sorted({one.node for one in folder.segments})
    node = np.array([nodes.index(one.node) for one in folder.segments], np.int64)
    for number in range(len(nodes)):
        order = np.flatnonzero(primary & (node[rows.segment] == number))
        late[order[out_of_order(rows.frame[order])]] = True
    return late


def _of_samples(
    folder: Folder, rows: Recorded, sound: npt.NDArray[np.bool_], primary: npt.NDArray[np.bool_],
    late: npt.NDArray[np.bool_], foreign: npt.NDArray[np.bool_],
) -> list[Finding]:  # fmt: skip
    nothing = np.zeros(len(sound), np.int64)
    own = rows.own & rows.inside
    return [
        *folder.of_samples("duplicated", rows, sound & ~primary, nothing, [""]),
        *folder.of_samples("reordered", rows, late, nothing, [""]),
        *folder.foreign(rows, foreign),
        *folder.of_samples("unsent", rows, own & rows.ok & ~sound, nothing, ["not in the ledger"]),
    ]


_DAMAGE = ("its watermark cannot be read", "its bytes are not those that were sent", "it is no whole picture")


def _of_damage(folder: Folder, rows: Recorded, ledger: CameraLedger) -> Iterator[Finding]:
    """Damaged samples; where a fault was active, it is named."""
    hurt = rows.own & rows.inside & ~rows.ok
    if not hurt.any():
        return
    what = np.where(rows.identity != Identity.WATERMARK, 2, rows.named).astype(np.int64)
    words = list(_DAMAGE)
    for trouble in ledger.troubles:
        during = (rows.when >= trouble.start_ns) & (rows.when < trouble.stop_ns + KEY_NS) & (what < len(_DAMAGE))
        what[during] += len(words)
        words += [f"{word} (fault:{trouble.kind})" for word in _DAMAGE]
    yield from folder.of_samples("damaged", rows, hurt, what, words)


def _silent_damage(folder: Folder, findings: Sequence[Finding]) -> list[Finding]:
    """Damage between fragments of a file that cost no frame, and so has no finding yet."""
    named = {finding.segment for finding in findings}
    return [
        folder.finding("damaged", one.name, -1, 0, "; ".join(one.frames.notes))
        for one in folder.segments
        if one.frames is not None and one.frames.header.duration_ms and one.frames.notes and one.name not in named
    ]


def _row(folder: Folder, rows: Recorded, state: Window, gaps: Gaps, errors: npt.NDArray[np.float64]) -> dict[str, Any]:
    seen = np.flatnonzero(state.copies > 0)
    return {
        "camera": folder.camera,
        "gateway": folder.gateway,
        "identity": Identity(int(rows.identity[rows.own & rows.inside].max(initial=0))).name.lower(),
        "frames_sent": int(state.sent.sum()),
        "recorded_once": int((state.sent & (state.copies == 1)).sum()),
        "duplicated": int((state.sent & (state.copies > 1)).sum()),
        "reordered": 0,
        "missing": int(state.missing.sum()),
        "missing_explained": gaps.explained,
        "foreign": 0,
        "damaged": int((state.sent & (state.copies == 0) & (state.hurt > 0)).sum()),
        "outside_window": int((~rows.inside).sum()),
        "first_frame": state.first + int(seen[0]) if len(seen) else -1,
        "last_frame": state.first + int(seen[-1]) if len(seen) else -1,
        "segments": sum(one.frames is not None for one in folder.segments),
        "bytes": sum(one.bytes for one in folder.segments),
        "gaps": len(gaps.gaps),
        "unexplained_gaps": sum(not gap.cause for gap in gaps.gaps),
        "longest_gap_ms": gaps.longest_ms,
        "time_error_p99_ms": float(np.percentile(errors, 99)) if len(errors) else float("nan"),
        "time_error_max_ms": float(errors.max()) if len(errors) else float("nan"),
    }


def _segments(folder: Folder, rows: Recorded) -> tuple[tuple[dict[str, Any], ...], npt.NDArray[np.float64]]:
    """A row for each readable segment, and the absolute time errors (ms) of those that reach into the window."""
    result: list[dict[str, Any]] = []
    errors: list[float] = []
    at = 0
    for one in folder.segments:
        if one.frames is None:
            continue
        part = slice(at, at := at + len(one.frames))
        row = _segment(folder, one, one.frames, rows, part)
        if rows.inside[part].any() and not np.isnan(row["time_error_ms"]):
            errors.append(abs(row["time_error_ms"]))
        result.append(row)
    return tuple(result), np.array(errors, np.float64)


def _segment(folder: Folder, one: Segment, frames: Frames, rows: Recorded, part: slice) -> dict[str, Any]:
    """`part` are the rows of this file."""
    known = np.flatnonzero(rows.named[part] | (rows.identity[part] != Identity.WATERMARK))
    first, last = (int(known[0]), int(known[-1])) if len(known) else (-1, -1)
    error = float("nan")
    if len(known) and one.time_ns >= 0 and (sent_ns := int(rows.sent_ns[part][first])) >= 0:
        # What the name says is when the sample with decode time 0 came.
        error = (one.time_ns - sent_ns) / 1e6 + float(frames.decode_time_s[first]) * 1e3
    length = float(frames.decode_time_s[-1] + frames.duration_s[-1] - frames.decode_time_s[0]) if len(frames) else 0.0
    return {
        "camera": folder.camera,
        "gateway": folder.gateway,
        "node": one.node,
        "segment": one.name,
        "bytes": one.bytes,
        "frames": len(frames),
        "first_frame": int(rows.frame[part][first]) if len(known) else -1,
        "last_frame": int(rows.frame[part][last]) if len(known) else -1,
        "first_scheduled_ns": int(rows.when[part][first]) if len(known) else -1,
        "file_time_ns": one.time_ns,
        "time_error_ms": error,
        "duration_ms": length * 1000,
        "complete": frames.complete,
    }


def _by_second(due: Ints, marks: Marks) -> Ints:
    """Frames in each second from the window's first; seconds are those of the clock, so the ends may be partial."""
    first, last = marks.start_ns // SECOND, (marks.stop_ns - 1) // SECOND
    return np.bincount(due // SECOND - first, minlength=max(0, last - first + 1))
