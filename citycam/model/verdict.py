"""The four outcomes of a criterion, how they merge, and which exit code they mean.

What was not measured is `unknown`, and `unknown` never opens a gate.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from citycam.model.errors import ExitCode


class Verdict(StrEnum):
    """The outcome of one criterion, or of many merged."""

    PASS = "pass"
    FAIL = "fail"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not-applicable"

    @property
    def exit_code(self) -> ExitCode:
        """Exit code of a process whose result is this verdict; only `pass` is success."""
        return _EXITS[self]


_EXITS = {
    Verdict.PASS: ExitCode.OK,
    Verdict.FAIL: ExitCode.GATE_FAILED,
    Verdict.UNKNOWN: ExitCode.UNKNOWN,
    Verdict.NOT_APPLICABLE: ExitCode.UNKNOWN,
}

_PRECEDENCE = (Verdict.FAIL, Verdict.UNKNOWN, Verdict.PASS)


def merge(verdicts: Iterable[Verdict]) -> Verdict:
    """Merge verdicts: fail beats unknown beats pass; criteria that do not apply do not count.

    An empty list is `unknown`; only `not-applicable` stays `not-applicable`, which opens no gate either.
    Associative and commutative over non-empty parts, so shards may be merged in any order.
    """
    seen = set(verdicts)
    if seen == {Verdict.NOT_APPLICABLE}:
        return Verdict.NOT_APPLICABLE
    return next((verdict for verdict in _PRECEDENCE if verdict in seen), Verdict.UNKNOWN)
