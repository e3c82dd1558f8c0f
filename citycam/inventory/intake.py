"""Read many submitted files at once, in processes of their own: what spoils one file spoils no other."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from citycam.inventory.remark import Level, Remark
from citycam.inventory.returned import returned_workbook
from citycam.inventory.submission import Submission, read_submission
from citycam.inventory.workbook import LARGEST_FILE
from citycam.model.errors import ConfigError

FEW = 4
"""Fewer files than this are read in this process."""


@dataclass(frozen=True)
class Taken:
    """What became of one file: read, or refused with a remark; `returned` is the workbook of its rejected rows."""

    file: str
    digest: str
    submission: Submission | None
    refusal: Remark | None = None
    returned: bytes | None = None


def take(
    files: Sequence[Path], received: datetime, workers: int | None = None, seen: Callable[[int], None] = lambda _: None
) -> list[Taken]:
    """Read every file, in order of content and name, whatever the order of `files`. `seen` hears how many are done."""
    count = min(len(files), workers or os.cpu_count() or 1)
    if count <= 1 or len(files) < FEW:
        taken = []
        for path in files:
            taken.append(take_one(path, received))
            seen(len(taken))
    else:
        taken = _in_processes(files, received, count, seen)
    return sorted(taken, key=lambda one: (one.digest, one.file))


def take_one(path: Path, received: datetime) -> Taken:
    """Read one file; whatever is wrong with it is its refusal, never an exception."""
    digest = ""
    try:
        if path.exists() and not path.is_file():
            raise ConfigError(
                "a folder" if path.is_dir() else "neither a file nor a folder", next="name the files in it"
            )
        size = path.stat().st_size
        if size > LARGEST_FILE:
            raise ConfigError(
                f"the file has {size:,} bytes", where=str(path), next=f"at most {LARGEST_FILE:,}: split it"
            )
        content = path.read_bytes()
        digest = "sha256:" + hashlib.sha256(content).hexdigest()
        submission = read_submission(path.name, content, received)
        returned = returned_workbook(submission) if submission.returned else None
        return Taken(path.name, digest, submission, returned=returned)
    except ConfigError as error:
        return _refused(path, digest, f"{error.what}{f' ({error.why})' if error.why else ''}", error.next)
    except OSError as error:
        return _refused(path, digest, f"{path} cannot be read: {error.strerror}", "check the path")
    except (Exception, MemoryError) as error:  # noqa: BLE001  a parser's surprise is this file's, and the others go on
        return _refused(path, digest, f"a bug in citycam: {type(error).__name__}", "report it with this file")


def _refused(path: Path, digest: str, what: str, remedy: str) -> Taken:
    return Taken(path.name, digest, None, Remark(level=Level.ERROR, file=path.name, wrong=what, right=remedy))


def _in_processes(files: Sequence[Path], received: datetime, count: int, seen: Callable[[int], None]) -> list[Taken]:
    """Largest first, so that no process waits for a long last one. A file that kills its process is tried alone."""
    context = multiprocessing.get_context("spawn")
    ordered = sorted(files, key=lambda path: (-path.stat().st_size if path.is_file() else 0, str(path)))
    taken: list[Taken] = []
    broken: list[Path] = []
    with ProcessPoolExecutor(count, mp_context=context) as pool:
        with _uninterrupted():
            futures = [(path, pool.submit(take_one, path, received)) for path in ordered]
        for path, future in futures:
            try:
                taken.append(future.result())
                seen(len(taken))
            except BrokenProcessPool:
                broken.append(path)
            except KeyboardInterrupt:
                for process in multiprocessing.active_children():
                    process.terminate()
                raise
    for path in broken:
        with ProcessPoolExecutor(1, mp_context=context) as alone:
            try:
                taken.append(alone.submit(take_one, path, received).result())
            except BrokenProcessPool:
                taken.append(_refused(path, "", "reading it ended the process", "send it again, smaller"))
    return taken


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Processes that are started here never see the Ctrl-C that a terminal sends to all: this one ends them."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
