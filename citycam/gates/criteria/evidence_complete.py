"""Everything a verdict rests on was measured, and measured well."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from citycam.gates.criterion import CriterionResult, Unit, compared, share
from citycam.gates.evidence import Evidence
from citycam.gates.tables import TABLES
from citycam.model.errors import EvidenceMissing
from citycam.model.verdict import Verdict

PHASES = ("up", "warm-up", "record", "drain", "playback", "collect", "audit")
"""Phases that must have ended for the evidence to be whole; judging and reporting come after."""

DOCUMENTS = ("campaign.json", "environment.json", "evidence/ledger.jsonl")
"""Files of a run that no other check opens."""


@dataclass(frozen=True)
class Tally:
    """Check → what is wrong; nothing where it holds."""

    checks: Mapping[str, frozenset[str]]


class EvidenceComplete:
    """Share of checks on the evidence that hold. Incomplete evidence is never a failure of the platform: unknown."""

    id = "evidence-complete"
    title = "The evidence is complete"
    fail_title = "The evidence is not complete"
    why = "A verdict on half the evidence is a guess. What was not measured stays unknown."
    how = (
        "All files of the run are there and readable, the fleet's ledger reaches past the end of the window, the audit"
        " judged exactly that window and exactly the planned cameras, the load generator was healthy and lost no"
        " record, and every phase of the campaign ended."
    )
    unit = Unit.SHARE
    requires: tuple[str, ...] = ()

    def tally(self, evidence: Evidence) -> Tally:
        """Run every check; what cannot be read is the check's complaint."""
        checks = {}
        for name, check in CHECKS.items():
            try:
                checks[name] = frozenset(check(evidence))
            except EvidenceMissing as error:
                checks[name] = frozenset({error.what})
        return Tally(checks)

    def merge(self, a: Tally, b: Tally) -> Tally:
        """Complaints of both parts."""
        names = a.checks.keys() | b.checks.keys()
        return Tally({name: a.checks.get(name, frozenset()) | b.checks.get(name, frozenset()) for name in names})

    def result(self, tally: Tally, limit: float) -> CriterionResult:
        """Below the limit is unknown, never fail."""
        total = len(tally.checks)
        if not total:
            return CriterionResult(Verdict.UNKNOWN, why="nothing was checked")
        measured = share(sum(1 for wrong in tally.checks.values() if not wrong), total)
        verdict, room = compared(self.unit, measured, limit)
        wrong = sorted({text for found in tally.checks.values() for text in found})
        return CriterionResult(
            Verdict.PASS if verdict is Verdict.PASS else Verdict.UNKNOWN, measured, room, total, _told(wrong)
        )


def _told(complaints: list[str], most: int = 8) -> str:
    shown = complaints[:most]
    rest = len(complaints) - len(shown)
    return "; ".join(shown + ([f"and {rest:,} more"] if rest else []))


def _documents(evidence: Evidence) -> Iterator[str]:
    for file in DOCUMENTS:
        try:
            evidence.path(file)
        except EvidenceMissing as error:
            yield error.what


def _tables(evidence: Evidence) -> Iterator[str]:
    for table in TABLES:
        try:
            evidence.check(table)
        except EvidenceMissing as error:
            yield f"{error.what} ({error.why})" if "schema" in error.what else error.what


def _ledger(evidence: Evidence) -> Iterator[str]:
    ledger, marks = evidence.audit().ledger, evidence.marks()
    if not ledger.complete:
        yield "the fleet's ledger is not complete" + (f": {ledger.why}" if ledger.why else "")
    elif ledger.through_ns is None or ledger.through_ns < marks.stop_ns:
        yield "the fleet's ledger ends before the window does"


def _window(evidence: Evidence) -> Iterator[str]:
    if evidence.audit().window != evidence.marks():
        yield "the audit judged another window than the run's marks"


def _audited(evidence: Evidence) -> Iterator[str]:
    audited = {camera for (camera,) in evidence.rows("cameras", "select camera from evidence")}
    planned = {camera.id for camera in evidence.plan().cameras}
    for camera in planned - audited:
        yield f"{camera} is planned but was not audited"
    for camera in audited - planned:
        yield f"{camera} was audited but is not planned"


def _load(evidence: Evidence) -> Iterator[str]:
    load = evidence.load()
    if not load.healthy:
        yield f"the load generator was not healthy: {load.why or 'no reason given'}"
    if load.listener_errors:
        yield f"the load generator lost {load.listener_errors:,} records"


def _journal(evidence: Evidence) -> Iterator[str]:
    ended = {entry.phase for entry in evidence.journal() if entry.event == "end"}
    for phase in PHASES:
        if phase not in ended:
            yield f"the phase {phase} did not end"


CHECKS: dict[str, Callable[[Evidence], Iterator[str]]] = {
    "documents": _documents,
    "tables": _tables,
    "ledger": _ledger,
    "window": _window,
    "cameras": _audited,
    "load": _load,
    "journal": _journal,
}

CRITERION = EvidenceComplete()
