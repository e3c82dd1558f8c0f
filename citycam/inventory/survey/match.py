"""Which camera of the inventory a found one is: by serial, MAC or ONVIF endpoint, and only then by address and path."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from citycam.inventory.identity import Face, face
from citycam.inventory.record import CameraRecord, State
from citycam.inventory.survey.found import Found

_Keys = Callable[[Face], Iterator[Hashable]]
_FACTS = {"serial", "mac", "onvif_endpoint", "recorder", "address", "path"}


@dataclass(frozen=True)
class Matching:
    """Found cameras by record id; those that are of no record; records whose address has another device now."""

    known: Mapping[str, Found]
    unknown: tuple[Found, ...]
    replaced: Mapping[str, Found]


def expected(records: Iterable[CameraRecord]) -> list[CameraRecord]:
    """Records of cameras that should be there."""
    return [record for record in records if record.state not in {State.PLANNED, State.REMOVED}]


def match(found: Sequence[Found], records: Iterable[CameraRecord]) -> Matching:
    """Find each other. Independent of the order of both."""
    faces = {record.id: _face(record) for record in sorted(expected(records), key=lambda one: one.id)}
    ordered = sorted(found, key=lambda one: (int(one.visit.address), one.stream.port if one.stream else 0, _path(one)))
    known: dict[str, Found] = {}
    left = ordered
    for keys in (_identities, _places):
        left = _pass(left, faces, known, keys)
    by_address: dict[str, list[Found]] = defaultdict(list)
    for one in left:
        by_address[str(one.visit.address)].append(one)
    replaced = {}
    for name, who in faces.items():
        if name not in known and who.stream and who.stream[0] in by_address:
            others = [one for one in by_address[who.stream[0]] if _contradict(one.face, who)]
            if others:
                replaced[name] = others[0]
    return Matching(known, tuple(left), replaced)


def _pass(left: Sequence[Found], faces: Mapping[str, Face], known: dict[str, Found], keys: _Keys) -> list[Found]:
    """Take out what agrees in a key that only one record and one found camera have."""
    owners: dict[Hashable, list[str]] = defaultdict(list)
    for name, who in faces.items():
        if name not in known:
            for key in keys(who):
                owners[key].append(name)
    claims: dict[Hashable, list[Found]] = defaultdict(list)
    for one in left:
        for key in keys(one.face):
            claims[key].append(one)
    taken: set[int] = set()
    for one in left:
        for key in keys(one.face):
            names = [
                name for name in owners.get(key, ()) if name not in known and not _contradict(one.face, faces[name])
            ]
            if len(names) == 1 and len(claims[key]) == 1:
                known[names[0]] = one
                taken.add(id(one))
                break
    return [one for one in left if id(one) not in taken]


def _identities(who: Face) -> Iterator[Hashable]:
    """Keys that identify, the surest first. A recorder that shows one channel alone goes by its own serial."""
    if who.recorder:
        yield "recorder", who.recorder
        if who.recorder[1] == 1:
            yield "serial", who.recorder[0]
    if who.serial:
        yield "serial", who.serial
    if who.mac:
        yield "mac", who.mac
    if who.onvif:
        yield "onvif", who.onvif


def _places(who: Face) -> Iterator[Hashable]:
    """Where its stream is; the address alone, which counts where one camera is at it."""
    if who.stream:
        if who.stream[1]:
            yield who.stream
        yield who.stream[0]


def _contradict(one: Face, other: Face) -> bool:
    """Whether they are known to be two devices."""
    if one.recorder and other.recorder:
        return one.recorder != other.recorder
    agree = [
        name for name in ("serial", "mac", "onvif") if getattr(one, name) and getattr(one, name) == getattr(other, name)
    ]
    differ = [
        name
        for name in ("serial", "mac", "onvif")
        if getattr(one, name) and getattr(other, name) and getattr(one, name) != getattr(other, name)
    ]
    return bool(differ) and not agree


def _face(record: CameraRecord) -> Face:
    return face(record.model_dump(mode="json", exclude_none=True, include=_FACTS))


def _path(one: Found) -> str:
    return one.stream.path if one.stream else ""
