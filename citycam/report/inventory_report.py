"""The report on the inventory: which cameras there are, whose, where, how good, and what was told badly."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from citycam.inventory.languages import translated
from citycam.inventory.record import CameraRecord
from citycam.inventory.remark import Level
from citycam.inventory.wards import todays_wards
from citycam.model.errors import ConfigError
from citycam.policy.conformity import Assessment
from citycam.policy.regulation import Words
from citycam.policy.sharing import Coverage
from citycam.policy.standard import Outcome, Standard
from citycam.report.city_page import Legend, Page, Section
from citycam.report.table import Figure, Row, Table
from citycam.report.verdicts import CLASSES, JUDGED, Tally
from citycam.report.ward_map import Mark, ward_map
from citycam.report.wording import Quantity, Term, tell

VERDICTS = ("mix", "cameras", "share", "conforms", "measures", "upgrade", "replace", "unclear")


@dataclass(frozen=True)
class Material:
    """What an import left beside the inventory: lines of its files, as JSON; empty when there are none."""

    submissions: Sequence[Mapping[str, Any]] = ()
    merges: Sequence[Mapping[str, Any]] = ()
    questions: Sequence[Mapping[str, Any]] = ()
    findings: Sequence[Mapping[str, Any]] = ()

    @property
    def rejected(self) -> list[Mapping[str, Any]]:
        """Remarks that sent a row or a file back."""
        return [one for one in self.findings if one["level"] == Level.ERROR]

    @property
    def contradictions(self) -> list[Mapping[str, Any]]:
        """Two submissions that tell differently."""
        return [one for one in self.findings if one["wrong"].startswith("contradicts ")]


def read_material(folder: Path) -> Material:
    """The files of an inventory's folder.

    Raises:
        ConfigError: one of them is damaged.
    """
    names = {"submissions": "submissions", "merges": "merges", "questions": "review", "findings": "findings"}
    return Material(**{name: _lines(folder / f"{file}.jsonl") for name, file in names.items()})


def inventory_page(
    assessments: Sequence[Assessment],
    standards: Sequence[Standard],
    material: Material,
    coverages: Sequence[Coverage] | None,
    *,
    day: date,
    digest: str,
    language: str = "vi",
) -> Page:
    """The report. `coverages` are overlaps of proposals; None when no proposals were given."""
    records = [one.record for one in assessments]
    known = todays_wards()
    by_ward = _grouped(assessments, lambda record: record.ward_code or 0)
    tally = Tally(one.outcome for one in assessments)
    marks = [Mark(code, group.parts()) for code, group in by_ward.items() if code in known]
    overlaps = (Section("section.overlaps", (_overlaps(coverages),), "section.overlaps.text"),) if coverages else ()
    return Page(
        kind="inventory",
        day=day,
        digest=digest,
        figures=_figures(records, tally, by_ward, material),
        map=ward_map(marks, tell("map", language)),
        legend=tuple(
            Legend(name, f"verdict.{name}", cameras=tally.counts[outcome]) for outcome, name in CLASSES.items()
        ),
        off_map=sum(group.total for code, group in by_ward.items() if code not in known),
        sections=(
            Section("section.classes", tuple(_classes(records)), columns=True),
            Section("section.rules", (_rules(assessments, standards),), "section.rules.text"),
            *overlaps,
            Section("section.wards", (_wards(by_ward),)),
            Section("section.agencies", (_agencies(assessments),)),
            Section("section.submissions", (_submissions(material),)),
            Section("section.duplicates", (_duplicates(material),)),
            Section("section.questions", (_questions(material),)),
            Section("section.rejected", (_remarks("rejected", material.rejected),)),
            Section("section.contradictions", (_remarks("contradictions", material.contradictions),)),
        ),
        more=(_cameras(assessments),),
        language=language,
    )


def _figures(
    records: Sequence[CameraRecord], tally: Tally, by_ward: Mapping[int, Tally], material: Material
) -> tuple[Figure, ...]:
    rows = sum(one["rows"] for one in material.submissions)
    rejected = sum(one["rejected"] for one in material.submissions)
    wards = sum(code in todays_wards() for code in by_ward)
    return (
        Figure(len(records), "figure.cameras", "figure.submissions", {"count": len(material.submissions)}),
        Figure(wards, "figure.wards", "figure.wards.of", {"count": len(todays_wards())}),
        Figure(len({record.agency for record in records}), "figure.agencies"),
        Figure(tally.share, "figure.conform", "figure.conform.note", {"count": tally.good}),
        Figure(rejected, "figure.rejected", "figure.rejected.note", {"count": rows}, bad=bool(rejected)),
        Figure(len(material.merges), "figure.merged", "figure.merged.note", {"count": len(material.questions)}),
    )


def _grouped(assessments: Iterable[Assessment], key: Any) -> dict[Any, Tally]:
    groups: dict[Any, list[Outcome]] = defaultdict(list)
    for one in assessments:
        groups[key(one.record)].append(one.outcome)
    return {name: Tally(outcomes) for name, outcomes in sorted(groups.items(), key=lambda pair: str(pair[0]))}


def _verdict_cells(tally: Tally) -> list[Any]:
    return [tally.mix(), Quantity(tally.total), tally.share, *tally.cells()]


def _wards(by_ward: Mapping[int, Tally]) -> Table:
    rows: list[Row] = [
        [todays_wards()[code].name if code in todays_wards() else Term("unknown"), *_verdict_cells(tally)]
        for code, tally in sorted(by_ward.items(), key=lambda pair: -pair[1].total)
    ]
    return Table("wards", "section.wards", ("ward", *VERDICTS), rows)


def _agencies(assessments: Sequence[Assessment]) -> Table:
    tiers = {one.record.agency: one.record.agency_tier for one in reversed(assessments)}
    groups = _grouped(assessments, lambda record: record.agency)
    rows: list[Row] = [
        [agency, Term(f"tier.{tiers[agency]}") if tiers[agency] else None, *_verdict_cells(tally)]
        for agency, tally in sorted(groups.items(), key=lambda pair: (-pair[1].total, pair[0]))
    ]
    return Table("agencies", "section.agencies", ("agency", "tier", *VERDICTS), rows, page_rows=60)


def _classes(records: Sequence[CameraRecord]) -> Iterable[Table]:
    facts: dict[str, Any] = {
        "purpose": lambda one: one.purpose,
        "kind": lambda one: one.kind,
        "codec": lambda one: one.codec,
        "state": lambda one: one.state,
        "tier": lambda one: one.agency_tier,
        "uplink": lambda one: one.uplink.kind if one.uplink else None,
    }
    for name, read in facts.items():
        counts = Counter(read(record) for record in records)
        rows: list[Row] = [
            [_word(name, value), Quantity(count), Quantity(count / len(records), "share")]
            for value, count in counts.most_common()
        ]
        yield Table(f"class-{name}", f"class.{name}", ("value", "cameras", "share_of_all"), rows)


def _word(name: str, value: Any) -> Any:
    if value is None:
        return Term("unknown")
    return str(value).upper() if name == "codec" else Term(f"{name}.{value}")


def _rules(assessments: Sequence[Assessment], standards: Sequence[Standard]) -> Table:
    counts: dict[str, Counter[Outcome]] = defaultdict(Counter)
    costs: dict[str, Any] = {}
    for one in assessments:
        for result in one.results:
            counts[result.rule.id][result.outcome] += 1
            if result.remedy:
                costs[result.rule.id] = max(costs.get(result.rule.id, "low"), result.remedy.cost, key=_COSTS.index)
    rows: list[Row] = []
    for standard in standards:
        for rule in standard.rules:
            if rule.id in counts:
                tally = Tally(counts[rule.id].elements())
                cost = Term(f"cost.{costs[rule.id]}") if rule.id in costs else None
                rows.append([rule.title, standard.topic, tally.mix(), *tally.cells(), cost])
    columns = ("rule", "topic", "mix", *(CLASSES[outcome] for outcome in JUDGED), "cost")
    return Table("rules", "section.rules", columns, rows)


_COSTS = ("low", "medium", "high")


SOME = 5
"""Rows that are shown of a table in which nothing stands out: proposals that nobody's camera touches."""


def _overlaps(coverages: Sequence[Coverage]) -> Table:
    rows: list[Row] = [
        [
            one.proposal.id,
            one.proposal.title,
            one.proposal.agency,
            *(Quantity(share, "share") for share in (one.least, one.stated, one.most)),
            Term(f"advice.{one.advice.name.lower()}"),
            f"{one.seers[0].camera}, {one.seers[0].agency}" if one.seers else None,
        ]
        for one in coverages
    ]
    columns = ("proposal", "title", "agency", "least", "stated", "most", "advice", "seen_by")
    seen = sum(one.most > 0 for one in coverages)
    return Table("overlaps", "section.overlaps", columns, rows, page_rows=min(60, max(SOME, seen)))


def _submissions(material: Material) -> Table:
    names = ("rows", "accepted", "noted", "rejected", "cameras")
    rows: list[Row] = [
        [one["submitter"], one["file"], Quantity(one["version"]), *(Quantity(one[name]) for name in names)]
        for one in sorted(material.submissions, key=lambda one: (-one["rejected"], one["submitter"], one["file"]))
    ]
    return Table("submissions", "section.submissions", ("submitter", "file", "version", *names), rows, page_rows=60)


def _duplicates(material: Material) -> Table:
    rows: list[Row] = [
        [one["camera"], _said(one["reason"]), _place(one["one"]), _place(one["other"])] for one in material.merges
    ]
    return Table("duplicates", "section.duplicates", ("camera", "why", "first", "second"), rows, page_rows=60)


def _questions(material: Material) -> Table:
    rows: list[Row] = [
        [
            ", ".join(one["cameras"]),
            Term(f"matter.{one['what']}" if one["what"] in {"ward", "duplicate"} else "matter.other"),
            _said(one["why"]),
            ", ".join(str(answer["ward"] if isinstance(answer, Mapping) else answer) for answer in one["answers"]),
            _place(one["one"]),
        ]
        for one in material.questions
    ]
    return Table("questions", "section.questions", ("camera", "what", "why", "answers", "place"), rows, page_rows=60)


def _remarks(name: str, remarks: Sequence[Mapping[str, Any]]) -> Table:
    rows: list[Row] = [
        [one.get("file"), _cell(one), one.get("column"), one.get("found"), _said(one["wrong"]), _said(one.get("right"))]
        for one in remarks
    ]
    columns = ("file", "place", "field", "found", "wrong", "right")
    return Table(name, f"section.{name}", columns, rows, page_rows=60)


def _said(text: str | None) -> Words | None:
    """What the import said, in the languages of the report."""
    return Words(vi=translated(text, "vi"), en=text, fr=translated(text, "fr")) if text else None


def _cell(remark: Mapping[str, Any]) -> str:
    where = remark.get("cell") or (f"{remark['row']}" if remark.get("row") else "")
    return ", ".join(part for part in (remark.get("sheet", ""), where) if part)


def _place(source: Mapping[str, Any]) -> str:
    parts = (source[name] for name in ("submitter", "file", "sheet", "row"))
    return ", ".join(str(part) for part in parts if part)


def _cameras(assessments: Sequence[Assessment]) -> Table:
    columns = "camera agency ward site latitude longitude purpose state model verdict cost".split()
    rows: list[Row] = [
        [
            one.record.id,
            one.record.agency,
            one.record.ward,
            one.record.site,
            None if one.record.latitude is None else Quantity(one.record.latitude, "degrees"),
            None if one.record.longitude is None else Quantity(one.record.longitude, "degrees"),
            Term(f"purpose.{one.record.purpose}") if one.record.purpose else None,
            Term(f"state.{one.record.state}") if one.record.state else None,
            " ".join(part for part in (one.record.vendor, one.record.model) if part),
            Term(f"verdict.{CLASSES[one.outcome]}"),
            Term(f"cost.{one.cost}") if one.cost else None,
        ]
        for one in assessments
    ]
    return Table("cameras", "section.cameras", tuple(columns), rows)


def _lines(path: Path) -> list[Mapping[str, Any]]:
    if not path.exists():
        return []
    try:
        return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
    except (OSError, ValueError) as error:
        raise ConfigError(
            "the folder of the inventory is damaged", where=str(path), why=str(error), next="import again"
        ) from error
