"""A survey as a submission: what it found goes into the inventory by the rules that all submissions go by.

A camera that was matched keeps its agency, and where the device did not say who it is, the place of its record: it was
found where the record says. One that nobody submitted has the agency `UNCLAIMED`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from ipaddress import IPv4Address

from citycam.inventory.identity import Same, Sighting, face, judge
from citycam.inventory.record import CameraRecord, Source
from citycam.inventory.row import Facts
from citycam.inventory.submission import Observation
from citycam.inventory.survey.found import Found, found_in
from citycam.inventory.survey.journal import Survey
from citycam.inventory.survey.match import match
from citycam.inventory.version import Version

SUBMITTER = "survey"
UNCLAIMED = "unclaimed"
SHEET = "survey"
_PLACE = ("latitude", "longitude", "position_error_m")


def name_of(networks: Sequence[str]) -> str:
    """The submission's name, the same for every survey of these networks."""
    return f"survey-{hashlib.sha256(' '.join(networks).encode()).hexdigest()[:6]}"


def version_of(survey: Survey, digest: str, file: str, records: Sequence[CameraRecord]) -> Version:
    """The survey as a version of its submission; which one is for the folder to say.

    A row is the line of the file that has the visit.
    """
    found = [one for visit in survey.visits.values() for one in found_in(visit)]
    matching = match(found, records)
    owners = {id(one): name for name, one in matching.known.items()}
    by_id = {record.id: record for record in records}
    received = max((visit.ended for visit in survey.visits.values()), default=survey.began)
    parts: dict[IPv4Address, int] = {}
    observations = []
    for one in found:
        address = one.visit.address
        parts[address] = parts.get(address, 0) + 1
        owner = by_id.get(owners.get(id(one), ""))
        if owner is None and not _is_a_camera(one):
            continue
        row = survey.lines[address]
        source = Source(
            digest=digest, file=file, sheet=SHEET, row=row, part=parts[address], submitter=SUBMITTER, received=received
        )
        observations.append(Observation(_facts(one, owner, source), SHEET, row, parts[address]))
    return Version(
        name_of(survey.networks),
        1,
        file,
        digest,
        SUBMITTER,
        received,
        rows=len(observations),
        noted=0,
        rejected=0,
        observations=tuple(observations),
    )


def _is_a_camera(one: Found) -> bool:
    """A device that only has an open port is for a person to look at, not for an inventory of cameras."""
    return one.stream is not None or bool(one.face.strong)


def _facts(one: Found, owner: CameraRecord | None, source: Source) -> Facts:
    facts: Facts = {"agency": owner.agency if owner else UNCLAIMED, "state": "working", **one.plain}
    if not one.measured:
        del facts["state"]
    if owner is None:
        return facts
    known = owner.model_dump(mode="json", exclude_none=True)
    declared = {name: value for name, value in known.items() if name not in ("id", "sources")}
    sides = (Sighting(facts, source), Sighting(declared, source.model_copy(update={"submitter": "", "row": 1})))
    if judge(*sides, face(facts), face(declared))[0] is not Same.YES:
        facts |= {name: known[name] for name in _PLACE if name in known}
    return facts
