"""From records to the roster: the `Camera`s that fleet and gateways read, out of the records that know enough."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import ValidationError

from citycam.inventory.record import CameraRecord, State
from citycam.inventory.roster import doubles
from citycam.model.camera import Auth, Camera, Stream

NEEDED = (
    "serial mac ward_code ward site latitude longitude address port path auth model codec width height fps bitrate"
).split()
"""What a gateway, and a simulated camera in a real one's place, must know."""

USERNAME = "admin"
"""The user of simulated cameras; those of real ones are in the secret store."""


@dataclass(frozen=True)
class Roster:
    """The cameras that can be connected, and why each of the others cannot yet: record id → reason."""

    cameras: tuple[Camera, ...]
    left_out: dict[str, str]


def roster_of(records: Iterable[CameraRecord]) -> Roster:
    """The roster of an inventory, sorted by id.

    Nothing is guessed: a record with an unknown fact is left out, and named. The channels of a recorder are one device:
    they share its serial and the MAC that its first channel tells. Of devices that claim one address (or serial, MAC,
    stream) none is taken: nobody knows which of them answers there.
    """
    cameras: list[Camera] = []
    left_out: dict[str, str] = {}
    macs: dict[str, str] = {}
    for known in sorted(records, key=lambda one: one.id):
        record = _as_channel(known, macs)
        reason = _reason(record)
        if reason is None:
            try:
                cameras.append(_camera(record))
            except ValidationError as error:
                first = error.errors()[0]
                reason = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        if reason is not None:
            left_out[record.id] = reason
    for late, early, what in doubles(cameras):
        for one, other in ((cameras[late], cameras[early]), (cameras[early], cameras[late])):
            left_out.setdefault(one.id, f"not alone: {other.id} has the {what} too")
    return Roster(tuple(one for one in cameras if one.id not in left_out), left_out)


def _as_channel(record: CameraRecord, macs: dict[str, str]) -> CameraRecord:
    if record.recorder is None:
        return record
    serial = record.recorder.serial
    mac = macs.setdefault(serial, record.mac) if record.mac else macs.get(serial)
    return record.model_copy(update={"serial": serial, "mac": mac})


def _reason(record: CameraRecord) -> str | None:
    if record.state in {State.PLANNED, State.REMOVED}:
        return f"the camera is {record.state}"
    unknown = [name for name in NEEDED if getattr(record, name) is None]
    return f"unknown: {', '.join(unknown)}" if unknown else None


def _camera(record: CameraRecord) -> Camera:
    facts = record.model_dump(include={*NEEDED, "id", "agency"})
    stream = Stream(**{name: facts.pop(name) for name in ("codec", "width", "height", "fps", "bitrate")})
    asked = facts.pop("auth")
    return Camera(**facts, auth=max(asked, key=list(Auth).index), username=USERNAME, stream=stream)
