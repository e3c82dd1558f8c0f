"""What is published, as rows of the registry's tables."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from citycam.inventory.record import CameraRecord
from citycam.plan.city import CityPlan
from citycam.policy.conformity import Assessment
from citycam.policy.log import Entry
from citycam.policy.standard import Outcome

Row = tuple[Any, ...]

PLAIN = (
    "id agency agency_tier ward_code ward site kind purpose state vendor model serial mac address port path "
    "codec width height fps bitrate secret"
).split()
"""Facts with a column of their own."""
QUIET = frozenset({Outcome.CONFORMS, Outcome.NOT_APPLICABLE})


@dataclass(frozen=True)
class Publication:
    """One version: the reviewed inventory with its verdicts, the plan, and the log of decisions. Digests name files."""

    assessments: Sequence[Assessment]
    judged_on: date
    inventory_digest: str
    plan: CityPlan | None = None
    plan_digest: str | None = None
    decisions: Sequence[Entry] = ()
    note: str = ""

    @property
    def decisions_head(self) -> str | None:
        """Hash of the last decision."""
        return self.decisions[-1].hash if self.decisions else None

    def tables(self) -> Iterator[tuple[str, Sequence[str], Iterable[Row]]]:
        """Table, columns (the version comes before them) and rows; tables that others refer to come first."""
        yield "camera", (*PLAIN, "location", "facts"), (_camera(one.record) for one in self.assessments)
        yield "verdict", ("camera", "outcome", "cost", "rules"), map(_verdict, self.assessments)
        yield "decision", ("sequence", "at", "proposal", "ruling", "body", "hash"), map(_decision, self.decisions)
        if self.plan is not None:
            yield "plan", ("document",), [(_document(self.plan),)]
            yield "site", _SITE, _sites(self.plan)
            yield "gateway", _GATEWAY, _gateways(self.plan)
            yield "placement", _PLACEMENT, _placements(self.plan)


_SITE = ("id", "agency", "ward_code", "cameras", "needed", "line", "usable", "budget")
_GATEWAY = ("name", "node", "standby", "sites", "cameras", "bitrate", "load")
_PLACEMENT = ("camera", "route", "reason", "site", "bitrate", "assumed", "gateway", "phase")


def _camera(record: CameraRecord) -> Row:
    placed = record.latitude is not None and record.longitude is not None
    location = f"SRID=4326;POINT({record.longitude} {record.latitude})" if placed else None  # PostGIS: x before y
    facts = record.model_dump_json(exclude_none=True, exclude_defaults=True)
    return (*(_text(getattr(record, name)) for name in PLAIN), location, _json(facts))


def _text(value: Any) -> Any:
    return value if isinstance(value, int | float | None) else str(value).replace("\0", "")


def _json(text: str) -> str:
    """JSON text that jsonb takes: it has no character zero."""
    return text.replace("\\u0000", "")


def _verdict(one: Assessment) -> Row:
    rules = {result.rule.id: str(result.outcome) for result in one.results if result.outcome not in QUIET}
    return one.record.id, str(one.outcome), one.cost and str(one.cost), json.dumps(rules)


def _decision(entry: Entry) -> Row:
    body = _json(json.dumps(entry.body, ensure_ascii=False))
    proposal = str(entry.body.get("proposal", {}).get("id", ""))
    return entry.sequence, entry.at, proposal, str(entry.body.get("ruling", "")), body, entry.hash


def _document(plan: CityPlan) -> str:
    return _json(plan.model_dump_json(by_alias=True, exclude_none=True, exclude={"sites", "cameras", "gateways"}))


def _sites(plan: CityPlan) -> Iterator[Row]:
    for one in plan.sites:
        facts = one.model_dump(mode="json") | {"cameras": len(one.cameras)}
        yield tuple(_text(facts[name]) for name in _SITE)


def _gateways(plan: CityPlan) -> Iterator[Row]:
    for one in plan.gateways:
        yield tuple(_text(getattr(one, name)) for name in _GATEWAY)


def _placements(plan: CityPlan) -> Iterator[Row]:
    for one in plan.cameras:
        yield tuple(_text(getattr(one, name)) for name in _PLACEMENT)
