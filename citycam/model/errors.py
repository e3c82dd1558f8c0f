"""The one error tree. Every error says what happened, where, why, and what to do next.

CitycamError                255  a bug: should not reach a user
├── ConfigError               2  a file or an option is wrong
├── EvidenceMissing           3  something needed for a verdict was not measured
├── EnvironmentFailure        4  Docker, disk, ports, a tool: nothing was judged
├── PolicyViolation           5  a rule forbids it
├── EvidenceInvalid           6  evidence or a signature does not verify
├── UnexpectedChange          7  changes where none were expected
└── DeadlineExceeded          9  a wait ran out
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any


class ExitCode(IntEnum):
    """Process exit codes, the same for every verb."""

    OK = 0
    GATE_FAILED = 1
    CONFIG = 2
    UNKNOWN = 3
    ENVIRONMENT = 4
    POLICY = 5
    EVIDENCE_INVALID = 6
    CHANGES = 7
    TIMEOUT = 9
    INTERRUPTED = 130
    BUG = 255


class CitycamError(Exception):
    """An error a user can act on: `what` happened, `where`, `why`, and what to do `next`.

    `details` is the same as data, for programs that read the JSON answer.
    """

    exit_code: ExitCode = ExitCode.BUG

    def __init__(
        self, what: str, *, where: str = "", why: str = "", next: str = "", details: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.why = why
        self.next = next
        self.details = dict(details or {})

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        reason = f"\n  why:  {self.why}" if self.why else ""
        remedy = f"\n  next: {self.next}" if self.next else ""
        return f"{place}{self.what}{reason}{remedy}"

    def as_dict(self) -> dict[str, Any]:
        """The error as the `error` member of a JSON answer."""
        return {
            "code": type(self).__name__,
            "what": self.what,
            "where": self.where,
            "why": self.why,
            "next": self.next,
            **({"details": self.details} if self.details else {}),
        }


class ConfigError(CitycamError):
    """A file or an option is wrong; `where` is `file:line`."""

    exit_code = ExitCode.CONFIG


class EvidenceMissing(CitycamError):
    """Something a verdict needs was not measured."""

    exit_code = ExitCode.UNKNOWN


class EnvironmentFailure(CitycamError):
    """The machine or a tool failed before anything could be judged."""

    exit_code = ExitCode.ENVIRONMENT


class PolicyViolation(CitycamError):
    """A rule of the city forbids it."""

    exit_code = ExitCode.POLICY


class EvidenceInvalid(CitycamError):
    """Evidence, a manifest or a signature does not verify."""

    exit_code = ExitCode.EVIDENCE_INVALID


class UnexpectedChange(CitycamError):
    """Changes are pending although none were expected."""

    exit_code = ExitCode.CHANGES


class DeadlineExceeded(CitycamError):
    """A wait ran out; `why` holds what was last observed."""

    exit_code = ExitCode.TIMEOUT
