"""Who a camera is: serial number, MAC or ONVIF endpoint; then place and stream. Never its IP address alone.

`judge` compares two sightings. `duplicates` finds all pairs worth comparing by blocks of equal keys and of near places:
the work grows with the number of cameras and not with its square.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import combinations, product

from citycam.inventory.outline import great_circle_m
from citycam.inventory.record import Source
from citycam.inventory.row import Facts
from citycam.inventory.spelling import fold

FAR_M = 1_000.0
"""Farther apart than this, one serial number is a question and not an answer."""
SITE_M = 200.0
"""Within this, a typing error in one identity is believed."""
PLACE_M = 30.0
"""Two positions of one camera, by two people, lie this near."""
ALIKE = 85.0
"""Site names, and serial numbers with a typing error, agree to this (rapidfuzz ratio, 0 to 100)."""
CROWD = 400
"""A block larger than this is not compared: something else is wrong there."""

_CONFUSED = str.maketrans("OIQSBZ", "010582")
_STRONG = ("serial", "mac", "onvif")
_CELL = 0.0005
"""Degrees of a block of places: about 50 m, more than `PLACE_M`."""


class Same(IntEnum):
    """Whether two sightings are of one camera."""

    NO = 0
    ASK = 1
    YES = 2


@dataclass(frozen=True)
class Sighting:
    """A camera as one source tells of it."""

    facts: Facts
    source: Source

    @property
    def key(self) -> tuple[str, str, int, int]:
        """Names the sighting whatever the file is called and in whatever order it came."""
        return self.source.digest, self.source.sheet, self.source.row, self.source.part


@dataclass(frozen=True)
class Judgement:
    """The answer about two sightings, by place in the list, and the reason for it."""

    one: int
    other: int
    same: Same
    reason: str


@dataclass(frozen=True)
class Face:
    """What identifies a sighting, in one spelling. `recorder` is a recorder's serial and channel."""

    serial: str
    mac: str
    onvif: str
    recorder: tuple[str, int] | None
    place: tuple[float, float] | None
    stream: tuple[str, str] | None

    @property
    def strong(self) -> frozenset[str]:
        """Which of serial, MAC and ONVIF endpoint are known."""
        return frozenset(name for name in _STRONG if getattr(self, name))


def code(text: str) -> str:
    """A serial number as letters and digits alone, in capitals."""
    return re.sub(r"[^0-9A-Z]", "", text.upper())


def face(facts: Mapping[str, object]) -> Face:
    """The identity of some facts. An ONVIF endpoint counts when it is a UUID; an URL is only an address."""
    endpoint = str(facts.get("onvif_endpoint") or "").lower()
    uuid = re.search(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", endpoint)
    recorder = facts.get("recorder")
    channel = recorder.get("channel") if isinstance(recorder, dict) else None
    latitude, longitude = facts.get("latitude"), facts.get("longitude")
    address, path = facts.get("address"), facts.get("path")
    return Face(
        serial=code(str(facts.get("serial") or "")),
        mac=str(facts.get("mac") or ""),
        onvif=uuid[0] if uuid else "",
        recorder=(code(str(recorder["serial"])), channel) if isinstance(recorder, dict) and channel else None,
        place=(latitude, longitude) if isinstance(latitude, float) and isinstance(longitude, float) else None,
        stream=(str(address), str(path or "")) if address else None,
    )


def duplicates(sightings: Sequence[Sighting]) -> list[Judgement]:
    """Every pair that is one camera, or may be; by place in `sightings`, the surest first.

    Independent of the order of `sightings`, apart from the numbers in the answer.
    """
    faces = [face(sighting.facts) for sighting in sightings]
    pairs = {tuple(sorted(pair, key=lambda at: sightings[at].key)) for pair in _pairs(faces)}
    found = []
    for one, other in pairs:
        same, reason = judge(sightings[one], sightings[other], faces[one], faces[other])
        if same is not Same.NO:
            found.append(Judgement(one, other, same, reason))
    return sorted(found, key=lambda it: (-it.same, it.reason, sightings[it.one].key, sightings[it.other].key))


def judge(one: Sighting, other: Sighting, face_one: Face, face_other: Face) -> tuple[Same, str]:
    """Whether two sightings are of one camera, and why. Symmetric."""
    a, b = face_one, face_other
    if a.recorder and b.recorder and a.recorder[0] == b.recorder[0]:
        return (Same.YES, f"channel {a.recorder[1]} of one recorder") if a.recorder == b.recorder else (Same.NO, "")
    agree = [name for name in _STRONG if getattr(a, name) and getattr(a, name) == getattr(b, name)]
    differ = [name for name in _STRONG if getattr(a, name) and getattr(b, name) and name not in agree]
    away = great_circle_m(*a.place, *b.place) if a.place and b.place else None
    if agree and _channels_of_one(one, other, a, b):
        return Same.NO, ""
    if agree:
        return _by_identity(a, b, agree, differ, away)
    if differ == ["serial"] and _confused(a.serial) == _confused(b.serial):
        near = away is not None and away <= SITE_M / 2
        what = f"serial numbers {min(a.serial, b.serial)} and {max(a.serial, b.serial)} look alike"
        return (Same.YES, f"{what}, {away:.0f} m apart") if near else (Same.ASK, what)
    if differ or away is None or away > PLACE_M:
        return Same.NO, ""
    return _by_place(one, other, a, b, away)


def _channels_of_one(one: Sighting, other: Sighting, a: Face, b: Face) -> bool:
    """One list gives one device's serial to several paths at one address: a recorder's."""
    if one.source.digest != other.source.digest or not a.stream or not b.stream:
        return False
    return a.stream[0] == b.stream[0] and a.stream[1] != b.stream[1]


_NAMES = {"serial": "serial number", "mac": "MAC address", "onvif": "ONVIF endpoint"}


def _by_identity(a: Face, b: Face, agree: list[str], differ: list[str], away: float | None) -> tuple[Same, str]:
    same = "same " + " and ".join(_NAMES[name] for name in agree)
    if a.stream and b.stream and agree == ["serial"] and "mac" in differ and away is not None and away > SITE_M:
        return Same.ASK, f"{same}, but other MAC addresses and {away:.0f} m apart"
    if away is not None and away > FAR_M:
        return Same.ASK, f"{same}, but {away / 1000:.1f} km apart"
    if not differ:
        return Same.YES, same
    typed = all(_typing_error(getattr(a, name), getattr(b, name)) for name in differ)
    near = away is None or away <= SITE_M
    others = " and ".join(_NAMES[name] for name in differ)
    if (typed or len(agree) > len(differ)) and near:
        return Same.YES, f"{same}; {others} differ by a typing error"
    return Same.ASK, f"{same}, but another {others}"


def _by_place(one: Sighting, other: Sighting, a: Face, b: Face, away: float) -> tuple[Same, str]:
    if not _looks_alike(one.facts, other.facts):
        return Same.NO, ""
    where = f"{away:.0f} m apart"
    if a.stream and a.stream == b.stream and a.stream[1]:
        return Same.YES, f"same stream {a.stream[0]}{a.stream[1]}, {where}"
    if one.source.digest == other.source.digest or (a.stream and b.stream and a.stream[0] != b.stream[0]):
        return Same.NO, ""
    turned = _turned(one.facts, other.facts)
    told = all(facts.get("model") and facts.get("kind") for facts in (one.facts, other.facts))
    if told and turned is not None and turned <= 10 and _one_site(one.facts, other.facts):
        return Same.YES, f"same site, model and direction, {where}"
    if turned is None or turned <= 20:
        return Same.ASK, f"nothing tells them apart, {where}"
    return Same.NO, ""


def _looks_alike(one: Facts, other: Facts) -> bool:
    """No fact of the device and its view speaks against it."""
    for name in ("vendor", "model", "kind"):
        if one.get(name) and other.get(name) and fold(str(one[name])) != fold(str(other[name])):
            return False
    turned = _turned(one, other)
    return turned is None or turned <= 45


def _turned(one: Facts, other: Facts) -> float | None:
    if one.get("azimuth_deg") is None or other.get("azimuth_deg") is None:
        return None
    turn = abs(float(one["azimuth_deg"]) - float(other["azimuth_deg"])) % 360
    return min(turn, 360 - turn)


def _one_site(one: Facts, other: Facts) -> bool:
    from rapidfuzz import fuzz

    texts = [[fold(str(facts[name])) for name in ("site", "address_text") if facts.get(name)] for facts in (one, other)]
    return any(fuzz.token_set_ratio(a, b) >= ALIKE for a, b in product(*texts))


def _confused(serial: str) -> str:
    """Letters and digits that are mistaken for each other are one."""
    return serial.translate(_CONFUSED)


def _typing_error(one: str, other: str) -> bool:
    from rapidfuzz.distance import DamerauLevenshtein

    return DamerauLevenshtein.distance(one, other, score_cutoff=2) <= 2


def _pairs(faces: Sequence[Face]) -> Iterator[tuple[int, int]]:
    blocks: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for at, one in enumerate(faces):
        for name in _STRONG:
            if getattr(one, name):
                blocks[name, getattr(one, name)].append(at)
        if one.serial:
            blocks["confused", _confused(one.serial)].append(at)
        if one.recorder:
            blocks["recorder", one.recorder].append(at)
    for members in blocks.values():
        if len(members) <= CROWD:
            yield from combinations(members, 2)
    yield from _near(faces)


def _near(faces: Sequence[Face]) -> Iterator[tuple[int, int]]:
    """Pairs in one place of which no identity is known of both."""
    cells: dict[tuple[int, int], dict[frozenset[str], list[int]]] = defaultdict(lambda: defaultdict(list))
    for at, one in enumerate(faces):
        if one.place:
            cells[_cell(one.place)][one.strong].append(at)
    for (row, column), groups in cells.items():
        for step in ((0, 0), (0, 1), (1, -1), (1, 0), (1, 1)):
            others = cells.get((row + step[0], column + step[1])) if step != (0, 0) else groups
            if others:
                yield from _across(groups, others, within=step == (0, 0))


def _across(
    groups: Mapping[frozenset[str], Sequence[int]], others: Mapping[frozenset[str], Sequence[int]], *, within: bool
) -> Iterator[tuple[int, int]]:
    for (strong, members), (strong_other, members_other) in product(groups.items(), others.items()):
        if strong & strong_other or len(members) * len(members_other) > CROWD**2:
            continue
        for one, other in product(members, members_other):
            if one != other and (not within or one < other or strong != strong_other):
                yield one, other


def _cell(place: tuple[float, float]) -> tuple[int, int]:
    return int(place[0] / _CELL), int(place[1] / _CELL)


def crowds(sightings: Iterable[Sighting]) -> list[tuple[str, int]]:
    """What more than `CROWD` cameras claim to have in common, and how many: it identifies nothing."""
    counts: dict[str, int] = defaultdict(int)
    for sighting in sightings:
        one = face(sighting.facts)
        for name in _STRONG:
            if getattr(one, name):
                counts[f"{_NAMES[name]} {getattr(one, name)}"] += 1
        if one.place and not one.strong:
            counts[f"place {one.place[0]:.3f}, {one.place[1]:.3f} without any identity"] += 1
    return sorted((what, count) for what, count in counts.items() if count > CROWD)
