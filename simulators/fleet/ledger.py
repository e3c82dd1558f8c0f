"""The ledger: what was really sent, as append-only JSON lines. It is the ground truth an audit compares with.

Runs of frames are one line; a checkpoint says up to when nothing is missing above it. Lines reach the kernel with
every flush, so a killed fleet loses at most what came after the last checkpoint, and the file says so by its end.
"""

from __future__ import annotations

import json
import os
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from citycam.model.errors import ConfigError, EnvironmentFailure

if TYPE_CHECKING:
    from simulators.fleet.cohort import Cohort

SCHEMA_VERSION = 1
_RUN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class Ledger:
    """One file at a time under `folder`; `rotate` begins the next."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = Path()
        self._descriptor = -1
        self._lines: list[str] = []

    def rotate(self, run: str) -> None:
        """Close the current file and begin `<run>.jsonl`.

        Raises:
            ConfigError: `run` is no file name, or there is such a ledger already.
            EnvironmentFailure: the folder cannot be written.
        """
        if not _RUN.fullmatch(run):
            raise ConfigError("a run is named by letters, digits, dots and dashes", where="run", why=f"found {run!r}")
        path = self.folder / f"{run}.jsonl"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        except FileExistsError as error:
            raise ConfigError(
                "there is a ledger of this name already", where=str(path), next="name a new run"
            ) from error
        except OSError as error:
            raise EnvironmentFailure(
                "the ledger cannot be written",
                where=str(path),
                why=error.strerror or str(error),
                next="check the folder",
            ) from error
        self.close()
        self.path, self._descriptor = path, descriptor
        self._write({"kind": "header", "schema_version": SCHEMA_VERSION, "run": run, "started_ns": time.time_ns()})
        self.flush()

    def play(
        self, camera: str, session: str, cohort: Cohort, frame: int, origin: int, *, peer: str, agent: str,
        transport: str,
    ) -> None:  # fmt: skip
        """A reader gets frames from `frame` on; `origin` was the first of its session."""
        self._lines.append(  # by hand, as `span`: a new ledger states every open session at once
            f'{{"kind":"play","t":{time.time_ns()},"camera":"{camera}","session":"{session}","peer":"{peer}",'
            f'"agent":{json.dumps(agent)},"transport":"{transport}","epoch":{cohort.epoch_ns},"num":{cohort.num},'
            f'"den":{cohort.den},"frame":{frame},"origin":{origin}}}\n'
        )

    def span(self, camera: str, session: str, first: int, last: int, cohort: Cohort) -> None:
        """Frames that were handed to the kernel, or are claimed to be."""
        self._lines.append(  # by hand: thousands of these a second would be json's whole share of a core
            f'{{"kind":"span","camera":"{camera}","session":"{session}","first":{first},"last":{last},'
            f'"epoch":{cohort.epoch_ns},"num":{cohort.num},"den":{cohort.den}}}\n'
        )

    def skip(self, camera: str, session: str, first: int, last: int, cause: str) -> None:
        """Frames that were due in an open session and were not sent."""
        self._write(
            {"kind": "skip", "camera": camera, "session": session, "first": first, "last": last, "cause": cause}
        )

    def stop(self, camera: str, session: str, frame: int, cause: str) -> None:
        """A reader gets nothing after `frame`."""
        now = time.time_ns()
        self._write({"kind": "stop", "t": now, "camera": camera, "session": session, "frame": frame, "cause": cause})

    def fault(self, fault: dict[str, Any], action: str) -> None:
        """A fault that the ledger may tell of starts or stops."""
        self._write({"kind": "fault", "t": time.time_ns(), "fault": fault, "action": action})

    def checkpoint(self, through_ns: int) -> None:
        """Every frame due before `through_ns` is above."""
        self._write({"kind": "checkpoint", "t": time.time_ns(), "through_ns": through_ns})
        self.flush()

    def close(self) -> None:
        """End the file; a ledger without this last line was cut."""
        if self._descriptor < 0:
            return
        self._write({"kind": "close", "t": time.time_ns()})
        self.flush()
        os.fsync(self._descriptor)
        os.close(self._descriptor)
        self._descriptor = -1

    def flush(self) -> None:
        """Hand everything to the kernel."""
        data = "".join(self._lines).encode()
        self._lines.clear()
        while data:
            data = data[os.write(self._descriptor, data) :]

    def _write(self, record: dict[str, Any]) -> None:
        self._lines.append(json.dumps(record, separators=(",", ":")) + "\n")
