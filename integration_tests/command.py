"""The command line as users call it: a process, its answer in JSON, and what it said beside."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from citycam.model.workspace import PROJECT

CITYCAM = (sys.executable, "-m", "citycam")


def settings() -> dict[str, str]:
    """Variables of a call."""
    return {**os.environ, "NO_COLOR": "1", "PYTHONPATH": str(PROJECT)}


@dataclass(frozen=True)
class Ended:
    """A call that has ended: exit code, answer on stdout, messages on stderr."""

    code: int
    answer: dict[str, Any]
    said: str

    @property
    def data(self) -> Any:
        """What was asked for."""
        return self.answer.get("data")


def citycam(*arguments: str, timeout: float = 600) -> Ended:
    """Call it and wait for its end."""
    done = subprocess.run(
        [*CITYCAM, *arguments, "--json"], capture_output=True, text=True, check=False, timeout=timeout, env=settings()
    )
    return Ended(done.returncode, json.loads(done.stdout or "{}"), done.stderr)
