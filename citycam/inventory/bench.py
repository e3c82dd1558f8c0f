"""How long made-up submissions of a whole city take: to make, to import, to find the duplicates in; and what was found.

Each import is a process of its own, as a user starts it: its time holds the start of Python and of its workers, and its
memory is the most that it and all its workers held at once.
"""

from __future__ import annotations

import resource
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing import get_context
from multiprocessing.queues import SimpleQueue
from pathlib import Path
from threading import Event, Thread

import psutil

from citycam.inventory.folder import current_versions, prepare, write
from citycam.inventory.identity import duplicates
from citycam.inventory.inventory import FILE, load_records
from citycam.inventory.remark import Level
from citycam.inventory.submission_sample import Truth, write_submissions
from citycam.inventory.version import Version
from citycam.model.figure import Bar, Figure

CAMERAS, SEED = 40_210, 7
RECEIVED = datetime(2026, 9, 1, tzinfo=UTC)
LOOK_S = 0.5
"""Each look goes through all processes of the machine."""


def figures(cameras: int = CAMERAS, runs: int = 3, folder: Path | None = None) -> list[Figure]:
    """Make the submissions in a temporary folder, import them `runs` times, and measure."""
    with tempfile.TemporaryDirectory(dir=folder) as made:
        return _measure(Path(made), cameras, runs)


def _measure(root: Path, cameras: int, runs: int) -> list[Figure]:
    sampled: list[float] = []
    imported: list[tuple[float, float, float]] = []
    for _ in range(runs):
        shutil.rmtree(root / "in", ignore_errors=True)
        began = time.monotonic()
        truth = write_submissions(cameras, SEED, root / "in")
        sampled.append(time.monotonic() - began)
    for _ in range(runs):
        shutil.rmtree(root / "out", ignore_errors=True)
        imported.append(_imported(root))
    versions = list(current_versions(root / "out").values())
    rows = f"{truth.rows:,} rows, {len(versions)} files"
    return [
        Figure(f"sample: submissions of {cameras:,} cameras", "s", tuple(sampled), Bar(60)),
        Figure(f"import: {rows}", "s", tuple(took for took, _, _ in imported), Bar(60)),
        Figure("import: of all its processes", "CPU s", tuple(worked for _, worked, _ in imported)),
        Figure("import: memory of all its processes", "MB", tuple(held for _, _, held in imported), Bar(1_000)),
        *_found(truth, versions),
        *_merged(root, truth, versions),
    ]


def _imported(root: Path) -> tuple[float, float, float]:
    """Seconds, seconds of CPU, and the most MB of one import."""
    context = get_context("spawn")
    answer: SimpleQueue[float] = context.SimpleQueue()
    process = context.Process(target=_import, args=(root, answer))
    began = time.monotonic()
    process.start()
    assert process.pid is not None
    with _watched(process.pid) as most:
        process.join()
    if process.exitcode:
        raise RuntimeError(f"the import ended with {process.exitcode}")
    return time.monotonic() - began, answer.get(), most[0] / 1e6


def _import(root: Path, answer: SimpleQueue[float]) -> None:
    files = sorted(path for path in (root / "in").iterdir() if path.suffix != ".json")
    made = prepare(files, root / "out", RECEIVED)
    write(made, root / "out")
    workers = resource.getrusage(resource.RUSAGE_CHILDREN)
    answer.put(time.process_time() + workers.ru_utime + workers.ru_stime)


@contextmanager
def _watched(pid: int) -> Iterator[list[float]]:
    """The most bytes that a process and those it started held at once (resident set size)."""
    most = [0.0]
    done = Event()

    def look() -> None:
        while not done.wait(LOOK_S):
            most[0] = max(most[0], _held(pid))

    watcher = Thread(target=look)
    watcher.start()
    try:
        yield most
    finally:
        done.set()
        watcher.join()


def _held(pid: int) -> float:
    try:
        first = psutil.Process(pid)
        family = [first, *first.children(recursive=True)]
    except psutil.Error:
        return 0.0
    held = 0.0
    for process in family:
        try:
            held += process.memory_info().rss
        except psutil.Error:
            continue
    return held


def _found(truth: Truth, versions: list[Version]) -> list[Figure]:
    """Shares of the seeded defects that were found and of the clean rows that were rejected, in per cent."""
    said = {(one.file, one.row, one.level, one.field) for version in versions for one in version.remarks}
    found = sum((one.file, one.row, one.level, one.field) in said for one in truth.defects)
    meant = {(one.file, one.row) for one in truth.defects if one.level == Level.ERROR}
    rejected = {(file, row) for file, row, level, _ in said if level is Level.ERROR}
    return [
        Figure(
            f"seeded defects found, of {len(truth.defects):,}",
            "%",
            (100 * found / len(truth.defects),),
            Bar(100, "more"),
        ),
        Figure("clean rows rejected", "rows", (float(len(rejected - meant)),), Bar(0)),
    ]


def _merged(root: Path, truth: Truth, versions: list[Version]) -> list[Figure]:
    """How long finding the duplicates takes, and how well."""
    sightings = [sighting for version in versions for sighting in version.sightings()]
    took = []
    for _ in range(3):
        began = time.monotonic()
        duplicates(sightings)
        took.append(time.monotonic() - began)
    found = set()
    for record in load_records(root / "out" / FILE):
        rows = sorted((one.file, one.row, one.part) for one in record.sources)
        found |= {(one, other) for at, one in enumerate(rows) for other in rows[at + 1 :]}
    wanted = {(min(pair), max(pair)) for pair in truth.duplicates}
    both = len(found & wanted)
    return [
        Figure(f"duplicates: search in {len(sightings):,} sightings", "s", tuple(took)),
        Figure(f"duplicates: recall, of {len(wanted):,} pairs", "%", (100 * both / len(wanted),), Bar(99, "more")),
        Figure("duplicates: precision", "%", (100 * both / len(found),), Bar(99, "more")),
    ]
