"""Declared and found, side by side: what differs beyond tolerance, with both values and where each comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from citycam.inventory.identity import code
from citycam.inventory.record import CameraRecord
from citycam.inventory.spelling import fold
from citycam.inventory.survey.found import Found, found_in
from citycam.inventory.survey.match import expected, match
from citycam.inventory.survey.scope import Scope
from citycam.inventory.survey.visit import Visit

FPS_PART, FPS_STEP = 0.10, 1.0
"""Frame rates agree within a tenth, and within one frame a second."""
BITRATE_PART = 0.30
"""Bit rates agree within three tenths: scenes move."""
CLOCK_S = 2.0


@dataclass(frozen=True)
class Difference:
    """One fact of one camera, as an inventory declares it and as a device has it."""

    camera: str
    field: str
    declared: Any
    declared_by: str
    found: Any
    probe: str
    at: str
    """When it was found, UTC."""


@dataclass(frozen=True)
class Comparison:
    """What a survey means for an inventory, by record id and by address.

    `moved` are found at another address (by serial, MAC or ONVIF endpoint), `absent` nowhere within the networks;
    at the address of a `replaced` one another device answers. `unread` are there, but their stream was not received:
    why. `outside` could not be looked for: their address is in no declared network, or unknown.
    """

    found: Mapping[str, str]
    moved: Mapping[str, tuple[str, str]]
    absent: tuple[str, ...]
    replaced: Mapping[str, str]
    unread: Mapping[str, str]
    outside: tuple[str, ...]
    unknown: tuple[Mapping[str, Any], ...]
    differences: tuple[Difference, ...] = field(default=())

    def as_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "found": dict(self.found),
            "moved": {name: {"from": old, "to": new} for name, (old, new) in self.moved.items()},
            "absent": list(self.absent),
            "replaced": dict(self.replaced),
            "unread": dict(self.unread),
            "outside": list(self.outside),
            "unknown": [dict(one) for one in self.unknown],
            "differences": [vars(one) for one in self.differences],
        }


def compare(visits: Iterable[Visit], records: Sequence[CameraRecord], scope: Scope) -> Comparison:
    """Compare. Cameras at addresses that were not visited yet are in none of the lists but `found` or `moved`."""
    listed = list(visits)
    matching = match([found for visit in listed for found in found_in(visit)], records)
    visited = {visit.address for visit in listed}
    awaited = expected(records)
    by_id = {record.id: record for record in awaited}
    missing = [record for record in awaited if record.id not in matching.known]
    return Comparison(
        found={name: str(one.visit.address) for name, one in sorted(matching.known.items())},
        moved={
            name: (str(by_id[name].address), str(one.visit.address))
            for name, one in sorted(matching.known.items())
            if by_id[name].address not in (None, one.visit.address)
        },
        absent=tuple(sorted(one.id for one in missing if one.address in visited and one.id not in matching.replaced)),
        replaced={name: str(one.visit.address) for name, one in sorted(matching.replaced.items())},
        unread={name: _trouble(one) for name, one in sorted(matching.known.items()) if not one.measured},
        outside=tuple(sorted(one.id for one in missing if one.address is None or one.address not in scope)),
        unknown=tuple(_told(one) for one in matching.unknown),
        differences=tuple(
            found for name, one in sorted(matching.known.items()) for found in _differences(by_id[name], one)
        ),
    )


def _trouble(one: Found) -> str:
    if one.stream is not None:
        return one.stream.trouble
    return one.visit.notes[0] if one.visit.notes else "no stream is known"


def _told(one: Found) -> dict[str, Any]:
    names = ("vendor", "model", "serial", "mac", "recorder", "codec", "width", "height")
    return {
        "address": str(one.visit.address),
        "path": one.stream.path if one.stream else None,
        "ports": [port.port for port in one.visit.ports],
        **{name: one.plain.get(name) for name in names if one.plain.get(name) is not None},
    }


def _differences(record: CameraRecord, one: Found) -> Iterable[Difference]:
    declared = record.model_dump(mode="json", exclude_none=True)
    recorder = declared.get("recorder")
    for names, same in _RULES.items():
        told = {name: declared[name] for name in names if name in declared}
        seen = {name: one.facts[name] for name in names if name in one.facts}
        if told.keys() != set(names) or seen.keys() != set(names):
            continue
        if recorder and names[0] in ("serial", "model", "mac"):
            continue  # the recorder's, not the camera's
        old, new = (tuple(side[name] for name in names) for side in (told, one.plain))
        if not same(*(pair[0] if len(names) == 1 else pair for pair in (old, new))):
            for name in names:
                if told[name] != seen[name].value:
                    yield Difference(
                        record.id,
                        name,
                        told[name],
                        _source(record, name),
                        seen[name].value,
                        seen[name].probe.value,
                        one.visit.ended.isoformat(),
                    )


def _source(record: CameraRecord, name: str) -> str:
    found = record.source_of(name)
    return f"{found.file}, {found.sheet}, row {found.row} ({found.submitter})" if found else record.agency


def _text(one: Any, other: Any) -> bool:
    """Words that are contained in each other: `AXIS` and `Axis Communications`."""
    a, b = fold(str(one)).replace(" ", ""), fold(str(other)).replace(" ", "")
    return a in b or b in a


def _firmware(one: Any, other: Any) -> bool:
    """`5.5.82` and `V5.5.82 build 190909`; `5.5.8` is another."""
    a, b = (fold(str(told)).removeprefix("v").split() for told in (one, other))
    short, long = sorted((a, b), key=len)
    return bool(short) and any(long[at : at + len(short)] == short for at in range(len(long) - len(short) + 1))


def _rates(part: float, step: float = 0.0) -> Callable[[Any, Any], bool]:
    return lambda one, other: abs(float(one) - float(other)) <= max(part * float(one), step)


def _share(one: Any, other: Any) -> bool:
    """What is declared is among what is found, or the other way round."""
    return bool(set(one) & set(other))


def _equal(one: Any, other: Any) -> bool:
    return bool(one == other)


_RULES: dict[tuple[str, ...], Callable[[Any, Any], bool]] = {
    ("vendor",): _text,
    ("model",): _text,
    ("serial",): lambda one, other: code(str(one)) == code(str(other)),
    ("mac",): _equal,
    ("firmware",): _firmware,
    ("onvif_profiles",): lambda one, other: set(one) == set(other),
    ("address",): _equal,
    ("port",): _equal,
    ("path",): lambda one, other: str(one).rstrip("/") == str(other).rstrip("/"),
    ("auth",): _share,
    ("codec",): _equal,
    ("width", "height"): _equal,
    ("fps",): _rates(FPS_PART, FPS_STEP),
    ("bitrate",): _rates(BITRATE_PART),
    ("audio",): _equal,
    ("clock_error_s",): _rates(0.0, CLOCK_S),
}
