"""Judge a run: every criterion against its limit, and all of them merged."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from citycam.evidence.run import Run
from citycam.gates.criterion import Criterion, CriterionResult
from citycam.gates.evidence import Evidence
from citycam.gates.judgement import Judged, Judgement
from citycam.gates.limits import parse_limits
from citycam.gates.registry import all_criteria
from citycam.model.errors import EvidenceMissing
from citycam.model.verdict import Verdict, merge

LOG = logging.getLogger(__name__)


def evaluate(run: Path, limits: Mapping[str, str], criteria: Mapping[str, Criterion[Any]] | None = None) -> Judgement:
    """Judge the run in folder `run` by `limits` (criterion id → text with unit, as a campaign's `gates`).

    Criteria without a limit are listed as not applicable. Reads only; `Judgement.save` writes `verdict.json`.

    Raises:
        ConfigError: a limit names no criterion, or is in another unit.
    """
    known = all_criteria() if criteria is None else criteria
    parsed = parse_limits(limits, known)
    evidence = Evidence(run)
    judged = [_judged(known[name], evidence, limit) for name, limit in parsed.items()]
    judged += [_unlimited(criterion) for name, criterion in known.items() if name not in parsed]
    campaign = _campaign(evidence)
    started, finished = _times(evidence)
    return Judgement(
        verdict=merge(one.verdict for one in judged),
        campaign=str(campaign.get("name") or run.parent.name),
        title=str(campaign.get("title") or ""),
        run_id=Run(run.resolve()).id,
        started=started,
        finished=finished,
        criteria=tuple(judged),
    )


def _judged(criterion: Criterion[Any], evidence: Evidence, limit: float) -> Judged:
    result = _result(criterion, evidence, limit)
    return Judged(
        id=criterion.id,
        title=criterion.fail_title if result.verdict is Verdict.FAIL else criterion.title,
        verdict=result.verdict,
        limit=limit,
        measured=_rounded(result.measured),
        unit=criterion.unit,
        margin=_rounded(result.margin),
        samples=result.samples,
        why=result.why,
        cameras=result.cameras,
    )


def _result(criterion: Criterion[Any], evidence: Evidence, limit: float) -> CriterionResult:
    """The outcome; missing evidence and a criterion that breaks are `unknown`, with the cause."""
    try:
        for file in criterion.requires:
            evidence.path(file)
        return criterion.result(criterion.tally(evidence), limit)
    except EvidenceMissing as error:
        return CriterionResult(Verdict.UNKNOWN, why=f"{error.what} ({error.why})" if error.why else error.what)
    except Exception as error:  # whatever breaks in a criterion must not pass, nor hide the others
        LOG.exception("criterion %s broke", criterion.id)
        return CriterionResult(Verdict.UNKNOWN, why=f"the criterion broke: {type(error).__name__}: {error}")


def _unlimited(criterion: Criterion[Any]) -> Judged:
    return Judged(
        id=criterion.id,
        title=criterion.title,
        verdict=Verdict.NOT_APPLICABLE,
        limit=None,
        measured=None,
        unit=criterion.unit,
        margin=None,
        samples=0,
        why="the campaign sets no limit",
    )


def _rounded(value: float | None) -> float | None:
    """Without the noise of binary subtraction; finer than one frame in all of a city's day."""
    return None if value is None else round(value, 9)


def _campaign(evidence: Evidence) -> Mapping[str, Any]:
    """Name and title are for people: a run without them is still judged (and its evidence is incomplete)."""
    try:
        found = json.loads(evidence.path("campaign.json").read_bytes())
    except (EvidenceMissing, ValueError, OSError):
        return {}
    return found if isinstance(found, dict) else {}


def _times(evidence: Evidence) -> tuple[str, str]:
    try:
        marks = evidence.marks()
    except EvidenceMissing:
        return "", ""
    return _utc(marks.start_ns), _utc(marks.stop_ns)


def _utc(ns: int) -> str:
    return datetime.fromtimestamp(ns / 1e9, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
