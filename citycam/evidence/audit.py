"""The archive audit: read every recorded segment of a run and account for every frame that was sent."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from citycam.evidence import fmp4
from citycam.evidence.accounting import Account, account
from citycam.evidence.findings import Finding, Folder
from citycam.evidence.ledger import SECOND, CameraLedger, Ledger, read_ledger
from citycam.evidence.run import Marks, Run
from citycam.evidence.segment import SUFFIX, Segment, file_time_ns, segments_of
from citycam.evidence.summary import Tables
from citycam.evidence.tables import write_tables
from citycam.model.camera import number_of
from citycam.model.errors import EvidenceMissing
from citycam.plan.plan import Plan

SCHEMA_VERSION = 1
_CHUNK = 8


@dataclass(frozen=True)
class AuditSummary:
    """What `audit.json` says. Duration in seconds of wall time."""

    ledger_complete: bool
    cameras: int
    segments: int
    frames_sent: int
    frames_read: int
    recorded_once: int
    missing: int
    unexplained_gaps: int
    findings: int
    seconds: float
    frames_per_second: float


@dataclass(frozen=True)
class Task:
    """One camera to account for; its recordings lie in `folders`, by the node that made them."""

    camera: str
    gateway: str
    folders: Mapping[str, Path]
    ledger: CameraLedger
    marks: Marks


def audit(run: Run, plan: Plan, workers: int = 2, on_progress: Callable[[str], None] = lambda _: None) -> AuditSummary:
    """Account for every frame of every camera of the plan; writes `evidence/audit/*`.

    Without a ledger, or with one that does not reach the end of the window, the counts stand and audit.json says that
    the ledger is incomplete.

    Raises:
        EvidenceMissing: the run has no window.
        EvidenceInvalid: its window cannot be read.
    """
    began = time.perf_counter()
    marks, ledger = run.marks(), _ledger(run)
    home = plan.gateway_of()
    archives = run.archives()
    tasks = [
        Task(
            camera,
            gateway,
            {node: archive / gateway / camera for node, archive in archives.items()},
            ledger.camera(camera),
            marks,
        )
        for camera, gateway in sorted(home.items())
    ]
    accounts = _collect(tasks, workers, on_progress)
    findings = [finding for one in accounts for finding in one.findings]
    findings = [*_located(findings), *_orphans(run, home)]
    write_tables(run.audit, accounts, findings, marks.start_ns // SECOND)
    frames_read = sum(one.frames_read for one in accounts)
    totals = Tables(run.audit).totals() | {"frames_read": frames_read}
    seconds = time.perf_counter() - began
    run.write_json("evidence/audit/audit.json", _document(marks, ledger, totals, seconds))
    return AuditSummary(
        ledger_complete=ledger.covers(marks.stop_ns),
        cameras=totals["cameras"],
        segments=totals["segments"],
        frames_sent=totals["frames_sent"],
        frames_read=frames_read,
        recorded_once=totals["recorded_once"],
        missing=totals["missing"],
        unexplained_gaps=totals["unexplained_gaps"],
        findings=len(findings),
        seconds=seconds,
        frames_per_second=frames_read / seconds,
    )


def examine(task: Task) -> Account:
    """Read one camera's recordings, put those of all nodes into one timeline, and account for it."""
    segments: list[Segment] = []
    scans: list[tuple[int, fmp4.Scan]] = []
    buffer = fmp4.Buffer()
    for node, path in _timeline(task.folders):
        began = file_time_ns(path.name)
        segment = Segment(path.name, -1 if began is None else began, 0, None, node=node)
        try:
            scans.append((len(segments), fmp4.scan(path, buffer)))
        except fmp4.MalformedSegment as error:
            segment = replace(segment, bytes=path.stat().st_size, why=str(error))
        segments.append(segment)
    for (place, one), frames in zip(scans, fmp4.decode([one for _, one in scans]), strict=True):
        segments[place] = replace(segments[place], bytes=one.bytes, frames=frames)
    folder = Folder(task.camera, task.gateway, segments)
    return account(folder, number_of(task.camera), task.ledger, task.marks)


def _timeline(folders: Mapping[str, Path]) -> list[tuple[str, Path]]:
    """Segments with their nodes in order of the time in their names; those without a time come last."""
    found = [(node, path) for node, folder in folders.items() for path in segments_of(folder)]
    return sorted(found, key=lambda one: (file_time_ns(one[1].name) is None, one[1].name))


def _examine_all(tasks: list[Task]) -> list[Account]:
    return [examine(task) for task in tasks]


def _collect(tasks: list[Task], workers: int, on_progress: Callable[[str], None]) -> list[Account]:
    """Accounts in order of camera. One worker stays in this process."""
    chunks = [tasks[at : at + _CHUNK] for at in range(0, len(tasks), _CHUNK)]
    accounts: list[Account] = []
    for part in _parts(chunks, min(workers, len(chunks))):
        accounts += part
        frames = sum(one.frames_read for one in accounts)
        on_progress(f"{frames:,} frames of {len(accounts)}/{len(tasks)} cameras")
    return sorted(accounts, key=lambda one: str(one.camera["camera"]))


def _parts(chunks: list[list[Task]], workers: int) -> Iterator[list[Account]]:
    if workers <= 1:
        yield from map(_examine_all, chunks)
        return
    # Not fork: the caller may have threads (gRPC, Docker) that a fork would leave holding locks.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for future in as_completed([pool.submit(_examine_all, chunk) for chunk in chunks]):
            yield future.result()


def _ledger(run: Run) -> Ledger:
    try:
        return read_ledger(run.ledger)
    except EvidenceMissing as error:
        return Ledger.absent(error.what)


def _located(findings: list[Finding]) -> Iterator[Finding]:
    """Missing frames that lie in another camera's folder are told where."""
    strays: dict[str, list[Finding]] = {}
    for one in findings:
        if one.kind == "foreign":
            strays.setdefault(one.detail.removeprefix("belongs to "), []).append(one)
    for one in findings:
        places = [
            f"{stray.camera}/{stray.segment}"
            for stray in strays.get(one.camera, [])
            if stray.frame < one.frame + one.count and one.frame < stray.frame + stray.count
        ]
        if one.kind == "missing" and places:
            yield replace(one, detail="; ".join(filter(None, [one.detail, f"found in {', '.join(places)}"])))
        else:
            yield one


def _orphans(run: Run, home: dict[str, str]) -> Iterator[Finding]:
    """Files that no camera of the plan accounts for."""
    for path in sorted(path for archive in run.archives().values() for path in archive.glob("*/*/*")):
        gateway, camera = path.parts[-3:-1]
        if camera not in home:
            yield Finding(camera, gateway, "orphan", path.name, -1, 0, "nobody planned this camera")
        elif home[camera] != gateway:
            yield Finding(camera, gateway, "orphan", path.name, -1, 0, f"planned for {home[camera]}")
        elif path.suffix != SUFFIX:
            yield Finding(camera, gateway, "orphan", path.name, -1, 0, "not a segment")


def _document(marks: Marks, ledger: Ledger, totals: dict[str, int], seconds: float) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "window": {"start_ns": marks.start_ns, "stop_ns": marks.stop_ns},
        "ledger": {
            "complete": ledger.covers(marks.stop_ns),
            "through_ns": ledger.through_ns,
            "why": _why(ledger, marks),
            "faults": len(ledger.faults),
            "stops": ledger.stops_between(marks.start_ns, marks.stop_ns),
        },
        "totals": totals,
        "seconds": round(seconds, 6),
        "frames_per_second": round(totals["frames_read"] / seconds, 1),
    }


def _why(ledger: Ledger, marks: Marks) -> str:
    reasons: Iterable[str] = ledger.notes[:5]
    if not ledger.notes and not ledger.covers(marks.stop_ns):
        reasons = [*ledger.cuts[:5], "no checkpoint through the end of the window"]
    return "; ".join(reasons)
