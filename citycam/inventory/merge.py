"""Sightings of one camera become one record: what stands, what fills in, what contradicts, and which id it has.

Nothing here depends on the order in which submissions came.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from citycam.inventory.identity import Face, Judgement, Same, Sighting, code, duplicates, face, judge
from citycam.inventory.outline import great_circle_m
from citycam.inventory.record import CameraRecord
from citycam.inventory.row import Facts
from citycam.inventory.spelling import fold
from citycam.model.camera import camera_id, number_of

NEAR_M = 30.0
"""Positions this near do not contradict each other."""
TOGETHER = (("latitude", "longitude", "position_error_m"), ("ward_code", "ward"), ("width", "height"))
"""Facts that come from one source or not at all."""
_WORDS = frozenset("agency ward site address_text vendor model firmware remarks".split())


@dataclass(frozen=True)
class Pair:
    """Two sightings that are one camera or may be; `item` names the pair in a list of decisions."""

    item: str
    one: Sighting
    other: Sighting
    reason: str


@dataclass(frozen=True)
class Merged:
    """The cameras, each as its sightings in order of precedence; what was merged and what a person must decide."""

    cameras: tuple[tuple[Sighting, ...], ...]
    merges: tuple[Pair, ...]
    questions: tuple[Pair, ...]


def item_of(*parts: object) -> str:
    """A short name for a question that stays the same as long as its facts do."""
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False, default=str).encode()).hexdigest()[:12]


def merge(sightings: Sequence[Sighting], decisions: Mapping[str, str] | None = None) -> Merged:
    """Group the sightings into cameras. `decisions`: item of a pair → `same` or `different`.

    A pair that would put two contradicting sightings into one camera by way of a third is asked instead.
    """
    said = decisions or {}
    ordered = sorted(sightings, key=lambda sighting: sighting.key)
    faces = [face(sighting.facts) for sighting in ordered]
    groups = _Groups(ordered, faces)
    merges: list[Pair] = []
    questions: list[Pair] = []
    for found in sorted(duplicates(ordered), key=lambda it: (-it.same, it.one, it.other)):
        pair = _pair(ordered, faces, found)
        decided = said.get(pair.item)
        if decided == "different":
            continue
        wanted = decided == "same" or found.same is Same.YES
        if wanted and (decided == "same" or groups.fit(found.one, found.other)):
            if groups.join(found.one, found.other):
                merges.append(pair)
        elif not groups.joined(found.one, found.other):
            questions.append(pair)
    cameras = (tuple(sorted(members, key=_precedence)) for members in groups.members())
    return Merged(tuple(sorted(cameras, key=_order)), tuple(merges), tuple(questions))


def record_of(sightings: Sequence[Sighting], identifier: str) -> CameraRecord:
    """One record out of the sightings of a camera: the first stands, the others fill in and contradict."""
    facts: Facts = {}
    provenance: dict[str, int] = {}
    contradictions: list[dict[str, object]] = []
    for at, sighting in enumerate(sightings):
        for group in _grouped(sighting.facts):
            taken = [name for name in group if name in facts]
            if not taken:
                for name in group:
                    facts[name] = sighting.facts[name]
                    if at:
                        provenance[name] = at
            elif not _agree(facts, sighting.facts, group):
                contradictions += [
                    {"field": name, "value": json.dumps(sighting.facts[name], ensure_ascii=False), "source": at}
                    for name in group
                    if facts.get(name) != sighting.facts[name]
                ]
    sources = [sighting.source for sighting in sightings]
    return CameraRecord.model_validate(
        facts | {"id": identifier, "sources": sources, "provenance": provenance, "contradictions": contradictions}
    )


def number(
    cameras: Sequence[Sequence[Sighting]], known: Iterable[CameraRecord]
) -> list[tuple[str, Sequence[Sighting]]]:
    """An id for each camera: the one it had in `known` (records of today and of before), else the next free one.

    Ids are never used again for another camera.
    """
    owners: dict[str, str] = {}
    used: set[str] = set()
    last = 0
    for record in sorted(known, key=lambda one: one.id):
        last = max(last, number_of(record.id))
        facts = record.model_dump(mode="json", exclude_none=True, include=_IDENTIFYING)
        strong = _strong_keys(facts)
        submitter = record.sources[0].submitter if record.sources else ""
        for key in (*strong, f"{'named' if strong else 'nameless'} {_weak_key(facts, submitter)}"):
            owners.setdefault(key, record.id)
    given: dict[int, str] = {}
    for weak in (False, True):
        for at, camera in enumerate(cameras):
            if at in given:
                continue
            keys = [key for sighting in camera for key in _keys(sighting, weak=weak)]
            ids = sorted({owners[key] for key in keys if key in owners} - used)
            if ids:
                given[at] = ids[0]
                used.add(ids[0])
    for at in range(len(cameras)):
        if at not in given:
            last += 1
            given[at] = camera_id(last)
    return sorted((given[at], camera) for at, camera in enumerate(cameras))


_IDENTIFYING = {
    "serial", "mac", "onvif_endpoint", "recorder", "latitude", "longitude", "address", "path", "site"
}  # fmt: skip


def _keys(sighting: Sighting, *, weak: bool) -> list[str]:
    """Identities; or, when they tell nothing, the place: it counts while at most one side has an identity."""
    strong = _strong_keys(sighting.facts)
    if not weak:
        return strong
    place = _weak_key(sighting.facts, sighting.source.submitter)
    return [f"nameless {place}"] if strong else [f"nameless {place}", f"named {place}"]


def _strong_keys(facts: Mapping[str, object]) -> list[str]:
    one = face(facts)
    if one.recorder:
        return [f"recorder {one.recorder[0]} {one.recorder[1]}"]
    return [f"{name} {getattr(one, name)}" for name in ("serial", "mac", "onvif") if getattr(one, name)]


def _weak_key(facts: Mapping[str, object], submitter: str) -> str:
    one = face(facts)
    return "place " + json.dumps(
        [fold(submitter), one.place, one.stream, one.recorder, fold(str(facts.get("site") or ""))]
    )


class _Groups:
    """Disjoint sets of sightings (union-find), which know what speaks against joining them."""

    def __init__(self, sightings: Sequence[Sighting], faces: Sequence[Face]) -> None:
        self._sightings = sightings
        self._faces = faces
        self._parent = list(range(len(sightings)))
        self._members = {at: [at] for at in range(len(sightings))}

    def _root(self, at: int) -> int:
        while self._parent[at] != at:
            self._parent[at] = at = self._parent[self._parent[at]]
        return at

    def joined(self, one: int, other: int) -> bool:
        return self._root(one) == self._root(other)

    def join(self, one: int, other: int) -> bool:
        """Join two sets; False when they were one."""
        first, second = sorted((self._root(one), self._root(other)))
        if first == second:
            return False
        self._parent[second] = first
        self._members[first] += self._members.pop(second)
        return True

    def fit(self, one: int, other: int) -> bool:
        """Whether no two of their members are known to be different cameras."""
        first, second = self._root(one), self._root(other)
        if first == second:
            return True
        return not any(
            self._apart(a, b) for a in self._members[first] for b in self._members[second] if {a, b} != {one, other}
        )

    def _apart(self, one: int, other: int) -> bool:
        a, b = self._faces[one], self._faces[other]
        if not a.strong & b.strong and not (a.recorder and b.recorder):
            return False
        return judge(self._sightings[one], self._sightings[other], a, b)[0] is not Same.YES

    def members(self) -> Iterable[list[Sighting]]:
        return ([self._sightings[at] for at in group] for group in self._members.values())


def _pair(sightings: Sequence[Sighting], faces: Sequence[Face], found: Judgement) -> Pair:
    sides = sorted(
        json.dumps([_weak_key(sightings[at].facts, sightings[at].source.submitter), *_face_parts(faces[at])])
        for at in (found.one, found.other)
    )
    return Pair(item_of("pair", *sides), sightings[found.one], sightings[found.other], found.reason)


def _face_parts(one: Face) -> list[str]:
    return [one.serial, one.mac, one.onvif]


def _precedence(sighting: Sighting) -> tuple[int, str, tuple[str, str, int, int]]:
    """Who tells most stands first."""
    return -len(sighting.facts), sighting.source.submitter, sighting.key


def _order(camera: Sequence[Sighting]) -> tuple[str, int, str, str, str, tuple[str, str, int, int]]:
    facts = camera[0].facts
    return (
        str(facts["agency"]),
        facts.get("ward_code", 0),
        str(facts.get("site", "")),
        str(facts.get("serial", "")),
        str(facts.get("mac", "")),
        camera[0].key,
    )


def _grouped(facts: Facts) -> Iterable[tuple[str, ...]]:
    bound = {name: group for group in TOGETHER for name in group}
    seen: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for name in facts:
        seen[bound.get(name, (name,))].append(name)
    return (tuple(names) for names in seen.values())


def _agree(facts: Facts, others: Facts, group: tuple[str, ...]) -> bool:
    if "latitude" in group:
        one, other = (face(these).place for these in (facts, others))
        return one is None or other is None or great_circle_m(*one, *other) <= NEAR_M
    for name in group:
        spell = code if name == "serial" else fold if name in _WORDS else None
        told = [these.get(name) for these in (facts, others)]
        if spell and all(told):
            told = [spell(str(value)) for value in told]
        if told[0] != told[1]:
            return False
    return True
