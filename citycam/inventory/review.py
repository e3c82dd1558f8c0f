"""From the current versions of all submissions to the inventory: one pass, the same whatever came first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from citycam.inventory.identity import Sighting, crowds
from citycam.inventory.merge import Pair, item_of, merge, number, record_of
from citycam.inventory.record import CameraRecord, Contradiction
from citycam.inventory.remark import Level, Remark
from citycam.inventory.row import Question
from citycam.inventory.spelling import fold
from citycam.inventory.version import Version
from citycam.inventory.wards import todays_wards

QUIET = frozenset("site address_text remarks secret position_error_m".split())
"""Facts that two people may well tell differently: kept, and no finding."""


@dataclass(frozen=True)
class Review:
    """The inventory, what was merged, what a person must decide, and what contradicts.

    `retired` are cameras of before that no submission tells of now; their ids are not used again.
    """

    records: tuple[CameraRecord, ...]
    retired: tuple[CameraRecord, ...]
    merges: tuple[Mapping[str, Any], ...]
    queue: tuple[Mapping[str, Any], ...]
    remarks: tuple[Remark, ...]


def review(
    versions: Iterable[Version], known: Sequence[CameraRecord] = (), decisions: Mapping[str, str] | None = None
) -> Review:
    """Make the inventory. `known` are the records of before, retired ones too; `decisions`: item → what was decided.

    A decision about a pair is `same` or `different`, one about a ward is its code.
    """
    said = decisions or {}
    sightings: list[Sighting] = []
    wards: list[tuple[Sighting, Question, str]] = []
    for version in versions:
        asked = {(one.sheet, one.row): one.question for one in version.questions}
        for sighting in version.sightings():
            question = asked.get((sighting.source.sheet, sighting.source.row))
            settled = _settled(sighting, question, said, wards)
            sightings.append(settled)
    merged = merge(sightings, said)
    numbered = number(merged.cameras, known)
    records = tuple(record_of(camera, identifier) for identifier, camera in numbered)
    owner = {sighting.key: identifier for identifier, camera in numbered for sighting in camera}
    current = {record.id for record in records}
    return Review(
        records,
        tuple(record for record in known if record.id not in current),
        tuple(_merge_row(pair, owner) for pair in merged.merges),
        tuple(
            sorted(_queue(merged.questions, wards, owner), key=lambda row: (row["what"], row["cameras"], row["item"]))
        ),
        tuple(_findings(records, sightings)),
    )


def _settled(
    sighting: Sighting,
    question: Question | None,
    said: Mapping[str, str],
    open_questions: list[tuple[Sighting, Question, str]],
) -> Sighting:
    """The sighting with what was decided about its ward."""
    if question is None or question.field != "ward":
        return sighting
    who = [
        fold(sighting.source.submitter),
        *(sighting.facts.get(name) for name in ("serial", "mac", "latitude", "site")),
    ]
    item = item_of("ward", *who, question.candidates)
    code = said.get(item, "")
    if code.isdecimal() and int(code) in todays_wards():
        ward = todays_wards()[int(code)]
        return Sighting(sighting.facts | {"ward_code": ward.code, "ward": ward.name}, sighting.source)
    open_questions.append((sighting, question, item))
    return sighting


def _merge_row(pair: Pair, owner: Mapping[tuple[str, str, int, int], str]) -> Mapping[str, Any]:
    return {"camera": owner[pair.one.key], "reason": pair.reason, "item": pair.item, **_sides(pair)}


def _sides(pair: Pair) -> dict[str, Any]:
    return {
        side: {
            "submitter": one.source.submitter,
            "file": one.source.file,
            "sheet": one.source.sheet,
            "row": one.source.row,
        }
        for side, one in (("one", pair.one), ("other", pair.other))
    }


def _queue(
    pairs: Iterable[Pair],
    wards: Iterable[tuple[Sighting, Question, str]],
    owner: Mapping[tuple[str, str, int, int], str],
) -> Iterable[Mapping[str, Any]]:
    for pair in pairs:
        yield {
            "item": pair.item,
            "what": "duplicate",
            "cameras": sorted({owner[pair.one.key], owner[pair.other.key]}),
            "why": pair.reason,
            "answers": ["same", "different"],
            **_sides(pair),
        }
    for sighting, question, item in wards:
        names = todays_wards()
        yield {
            "item": item,
            "what": "ward",
            "cameras": [owner[sighting.key]],
            "why": question.why,
            "answers": [{"code": code, "ward": names[code].name} for code in question.candidates],
            "likely": question.likely,
            "one": {
                "submitter": sighting.source.submitter,
                "file": sighting.source.file,
                "sheet": sighting.source.sheet,
                "row": sighting.source.row,
            },
        }


def _findings(records: Iterable[CameraRecord], sightings: Sequence[Sighting]) -> Iterable[Remark]:
    for record in records:
        for told in record.contradictions:
            if told.field not in QUIET:
                yield _contradiction(record, told)
    for what, count in crowds(sightings):
        yield Remark(level=Level.NOTE, wrong=f"{count} cameras claim one {what}: it identifies nothing")


def _contradiction(record: CameraRecord, told: Contradiction) -> Remark:
    here, there = record.source_of(told.field), record.sources[told.source]
    standing = record.model_dump(mode="json", include={told.field})[told.field]
    where = f"{here.file}, row {here.row}" if here else "another submission"
    return Remark(
        level=Level.NOTE,
        file=there.file,
        sheet=there.sheet,
        row=there.row,
        column=told.field,
        found=told.value,
        wrong=f"contradicts {standing!r} of {where}; both are kept with {record.id}",
        right="one value in both submissions",
    )
