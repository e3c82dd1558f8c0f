"""What a verb prints: data on stdout (as text or one JSON envelope), everything else on stderr."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.status import Status

from citycam.model.errors import CitycamError

ENVELOPE = 1
QUIET_INTERVAL_S = 10.0
"""Without a terminal, the state of a phase is a line at most this often."""


def stdout_console() -> Console:
    """Where tables and results go; colours only on a terminal and never with NO_COLOR."""
    return Console(highlight=False, soft_wrap=True)


def stderr_console() -> Console:
    """Where messages and progress go."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


@dataclass(frozen=True)
class Output:
    """How this call prints. With `as_json`, stdout holds one envelope and nothing else."""

    as_json: bool = False

    def result(self, data: Any, text: Callable[[Console], None], *, verdict: str | None = None) -> None:
        """Print a result: `data` in the envelope, or what `text` draws."""
        if self.as_json:
            print_json({"schema_version": ENVELOPE, "ok": True, "verdict": verdict, "data": data})
        else:
            text(stdout_console())

    def failure(self, error: CitycamError) -> None:
        """Print an error: an envelope on stdout with `--json`, always the words on stderr."""
        if self.as_json:
            print_json({"schema_version": ENVELOPE, "ok": False, "error": error.as_dict()})
        console = stderr_console()
        console.print(f"[bold red]error:[/] {escape(str(error))}")


def print_json(value: Any) -> None:
    """One JSON document on stdout."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")
    sys.stdout.flush()


class ConsoleProgress:
    """Progress on stderr: a moving line on a terminal, a plain line now and then elsewhere."""

    def __init__(self, console: Console | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console or stderr_console()
        self._clock = clock
        self._live = self._console.is_terminal and not os.environ.get("CI")
        self._status: Status | None = None
        self._title = ""
        self._phase_began = clock()
        self._last_line = 0.0
        self._last_note = ""

    def phase(self, name: str, title: str) -> None:
        """Close the line of the phase before and open this one's."""
        self._close_phase()
        self._title, self._phase_began, self._last_note = f"{name:<8} {title}", self._clock(), ""
        self._last_line = self._phase_began
        if self._live:
            self._status = self._console.status(escape(self._title))
            self._status.start()
        else:
            self._console.print(escape(self._title))

    def note(self, text: str) -> None:
        """Show the state of the phase; without a terminal only now and then, and never twice the same."""
        if self._status is not None:
            self._status.update(f"{escape(self._title)} [dim]{escape(text)}[/]")
        elif text != self._last_note and self._clock() - self._last_line >= QUIET_INTERVAL_S:
            self._console.print(f"         {escape(text)}")
            self._last_line = self._clock()
        self._last_note = text

    def warn(self, text: str) -> None:
        """A line that stays."""
        self._console.print(f"[yellow]warning:[/] {escape(text)}")

    def close(self) -> None:
        """End the last phase's line."""
        self._close_phase()

    def abandon(self) -> None:
        """The phase broke: end its line without saying that it is done."""
        if self._status is not None:
            self._status.stop()
            self._status = None
        if self._title:
            self._console.print(f"  [red]✗[/] {escape(self._title)}")
            self._title = ""

    def _close_phase(self) -> None:
        if self._status is not None:
            self._status.stop()
            self._status = None
        if self._title:
            seconds = self._clock() - self._phase_began
            tail = f" {self._last_note}" if self._last_note else ""
            self._console.print(f"  [green]✓[/] {escape(self._title)} [dim]{seconds:.1f} s{escape(tail)}[/]")
            self._title = ""


@contextmanager
def phase(name: str, title: str) -> Iterator[ConsoleProgress]:
    """Progress of a verb that has one phase; its line ends with how it went."""
    progress = ConsoleProgress()
    progress.phase(name, title)
    try:
        yield progress
    except BaseException:
        progress.abandon()
        raise
    progress.close()
