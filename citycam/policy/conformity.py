"""Which cameras meet the technical standard on a day: one verdict a camera, with rule, evidence, remedy and cost."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from operator import attrgetter
from typing import Any

from citycam.inventory.record import CameraRecord, State
from citycam.policy.condition import Lookup, Values
from citycam.policy.standard import SEVERITY, Cost, Outcome, Remedy, Rule
from citycam.policy.waiver import Waiver, Waivers

_RANK = {outcome: rank for rank, outcome in enumerate(SEVERITY)}


@dataclass(frozen=True, slots=True)
class Result:
    """What one rule says of one camera; `outcome` is after the waiver, if there is one."""

    rule: Rule
    outcome: Outcome
    remedy: Remedy | None = None
    waiver: Waiver | None = None


@dataclass(frozen=True, slots=True)
class Assessment:
    """All rules for one camera. `outcome` is the worst of its results; `unknown` when no rule applied."""

    record: CameraRecord
    outcome: Outcome
    results: tuple[Result, ...]

    @property
    def cost(self) -> Cost | None:
        """The dearest of the remedies; None when there is nothing to do."""
        costs = {result.remedy.cost for result in self.results if result.remedy}
        return max(costs, key=list(Cost).index) if costs else None

    def as_data(self) -> dict[str, Any]:
        """As JSON: every result that is not plain conformity, with its evidence.

        `remedy` is an index of the rule's remedies: texts and sources are the standard's, and not repeated here.
        """
        open_results = [one for one in self.results if one.outcome not in {Outcome.CONFORMS, Outcome.NOT_APPLICABLE}]
        return {
            "camera": self.record.id,
            "agency": self.record.agency,
            "verdict": self.outcome,
            "cost": self.cost,
            "rules_met": sum(result.outcome is Outcome.CONFORMS for result in self.results),
            "results": [_result_data(self.record, result) for result in open_results],
        }


def assess(
    records: Iterable[CameraRecord], rules: Sequence[Rule], day: date, waivers: Waivers | None = None
) -> list[Assessment]:
    """Judge every camera by `rules` (those valid on `day`: `rules_at`), in the order of `records`.

    Cameras that were removed are `not-applicable`.
    """
    granted = waivers or Waivers()
    judges = [_Judge(rule) for rule in rules]
    return [_assess(record, judges, day, granted) for record in records]


class _Judge:
    """One rule, which remembers its finding for facts it has seen: most cameras are like many others."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self._getters = [_getter(fact) for fact in rule.facts()]
        self._seen: dict[tuple[Any, ...], Result] = {}

    def result(self, record: CameraRecord) -> Result:
        if record.contradictions:
            return Result(self.rule, *self.rule.judge(facts_of(record)))
        facts = tuple([get(record) for get in self._getters])
        known = self._seen.get(facts)
        if known is None:
            known = self._seen[facts] = Result(self.rule, *self.rule.judge(facts_of(record)))
        return known


def _assess(record: CameraRecord, judges: Sequence[_Judge], day: date, waivers: Waivers) -> Assessment:
    if record.state is State.REMOVED:
        return Assessment(record, Outcome.NOT_APPLICABLE, ())
    results = [judge.result(record) for judge in judges]
    if waivers:
        results = [_waived(one, waivers.of(record.id, one.rule.id), day) for one in results]
    worst = min((result.outcome for result in results), key=_RANK.__getitem__, default=Outcome.UNKNOWN)
    if worst is Outcome.NOT_APPLICABLE:
        worst = Outcome.UNKNOWN  # no rule looked at it, so nothing is known
    return Assessment(record, worst, tuple(results))


def _waived(result: Result, waiver: Waiver | None, day: date) -> Result:
    """The result under a waiver: a valid one makes a measure of it, an expired one a failure at least."""
    if waiver is None or result.outcome in {Outcome.CONFORMS, Outcome.NOT_APPLICABLE}:
        return result
    if waiver.holds(day):
        return Result(result.rule, Outcome.MEASURES, None, waiver)
    if result.outcome in {Outcome.UPGRADE, Outcome.REPLACE}:
        return Result(result.rule, result.outcome, result.remedy, waiver)
    remedies = result.rule.otherwise
    failing = next((remedy for remedy in remedies if remedy.verdict is not Outcome.MEASURES), None)
    return Result(result.rule, failing.verdict if failing else Outcome.UPGRADE, failing or remedies[-1], waiver)


def facts_of(record: CameraRecord) -> Lookup:
    """From the name of a fact to its values: none when unknown, several when sources contradict each other."""
    if record.contradictions:
        return lambda fact: _contradicted(record, fact)

    def lookup(fact: str) -> Values:
        value = _getter(fact)(record)
        return () if value is None else (value,)

    return lookup


def _contradicted(record: CameraRecord, fact: str) -> Values:
    root = fact.partition(".")[0]
    others = [one.value for one in record.contradictions if one.field == root]
    tellings = [record, *(_told(record, root, value) for value in others)]
    values = (_getter(fact)(telling) for telling in tellings)
    return [value for value in values if value is not None]  # a source that says nothing does not contradict


def _told(record: CameraRecord, field: str, value: str) -> CameraRecord:
    """The record as another source tells it."""
    try:
        other = json.loads(value)
    except json.JSONDecodeError:
        other = value
    return CameraRecord.model_validate({**record.model_dump(), field: other})


@cache
def _getter(path: str) -> Any:
    names = path.split(".")
    if len(names) == 1:
        return attrgetter(path)

    def get(record: CameraRecord) -> Any:
        value: Any = record
        for name in names:
            value = None if value is None else getattr(value, name)
        return value

    return get


def _result_data(record: CameraRecord, result: Result) -> dict[str, Any]:
    remedy, waiver = result.remedy, result.waiver
    return {
        "rule": result.rule.id,
        "outcome": result.outcome,
        "remedy": result.rule.otherwise.index(remedy) if remedy else None,
        "cost": remedy.cost if remedy else None,
        "evidence": [_evidence(record, fact) for fact in result.rule.facts()],
        **({"waiver": waiver.model_dump(mode="json", exclude={"cameras", "rule"})} if waiver else {}),
    }


def _evidence(record: CameraRecord, fact: str) -> dict[str, Any]:
    """A fact, and where it was read; `value` is null when it is unknown."""
    root = fact.partition(".")[0]
    value = _getter(fact)(record)
    source = record.source_of(root)
    others = [one.value for one in record.contradictions if one.field == root]
    return {
        "fact": fact,
        "value": list(value) if isinstance(value, tuple) else value,
        **({"file": source.file, "sheet": source.sheet, "row": source.row} if source else {}),
        **({"contradicted_by": others} if others else {}),
    }
