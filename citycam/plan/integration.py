"""How a camera comes into the platform: by RTSP, through its recorder, by ONVIF, after replacement, or not yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import NamedTuple

from citycam.inventory.record import CameraRecord, OnvifProfile, State, UplinkKind
from citycam.plan.coefficients import Coefficients
from citycam.policy.standard import Outcome


class Route(StrEnum):
    """How a gateway gets the pictures. `replace` has a place reserved for the new device."""

    RTSP = "rtsp"
    RECORDER = "recorder"
    ONVIF = "onvif"
    REPLACE = "replace"
    EXCLUDED = "excluded"


class Reason(StrEnum):
    """Why that route. The first three are good news; the last six keep a camera out until somebody acts."""

    ADDRESS_AND_PATH = "address-and-path"
    BEHIND_RECORDER = "behind-recorder"
    ASKED_BY_ONVIF = "asked-by-onvif"
    STANDARD_REPLACES = "standard-replaces"
    REMOVED = "removed"
    PLANNED = "planned"
    OFF = "off"
    NO_LINE = "no-line"
    NO_ADDRESS = "no-address"
    NO_PATH = "no-path"


STREAMING = frozenset({OnvifProfile.S, OnvifProfile.T})
"""Profiles whose devices tell the address of their stream: GetStreamUri of Media (S) or Media2 (T)."""


class Integration(NamedTuple):
    """Route and reason of one camera, and the bits per second to plan for; `assumed` when nobody knows them."""

    camera: str
    route: Route
    reason: Reason
    bitrate: int
    assumed: bool


def integrate(
    records: Iterable[CameraRecord], outcomes: Mapping[str, Outcome], coefficients: Coefficients
) -> list[Integration]:
    """A route for every camera, in the order of `records`. `outcomes` are the conformity verdicts by camera.

    What is not known is never guessed: without an address, or a path and no ONVIF to ask for it, a camera is excluded
    until a survey finds them. A faulty camera keeps its route, since repair brings it back.
    """
    reachable = _reachable_recorders(records := list(records))
    return [_integrate(record, outcomes.get(record.id), reachable, coefficients) for record in records]


def _integrate(
    record: CameraRecord, outcome: Outcome | None, reachable: frozenset[str], coefficients: Coefficients
) -> Integration:
    route, reason = _route(record, outcome, reachable)
    if route is Route.REPLACE:
        return Integration(record.id, route, reason, coefficients.city.bitrate.value, assumed=True)
    bitrate = record.bitrate or coefficients.assumed_bitrate(record)
    return Integration(record.id, route, reason, bitrate, assumed=record.bitrate is None)


def _route(record: CameraRecord, outcome: Outcome | None, reachable: frozenset[str]) -> tuple[Route, Reason]:
    missing = _kept_out(record)
    if missing is not None:
        return Route.EXCLUDED, missing
    if outcome is Outcome.REPLACE:
        return Route.REPLACE, Reason.STANDARD_REPLACES
    if record.recorder is not None and record.recorder.serial in reachable:
        return Route.RECORDER, Reason.BEHIND_RECORDER
    if record.address is not None and record.path is not None:
        return Route.RTSP, Reason.ADDRESS_AND_PATH
    if record.onvif_endpoint is not None or (record.address is not None and _speaks_onvif(record)):
        return Route.ONVIF, Reason.ASKED_BY_ONVIF
    return Route.EXCLUDED, Reason.NO_ADDRESS if record.address is None else Reason.NO_PATH


def _kept_out(record: CameraRecord) -> Reason | None:
    if record.state in _STATES:
        return _STATES[record.state]
    if record.uplink is not None and record.uplink.kind is UplinkKind.NONE:
        return Reason.NO_LINE
    return None


_STATES: Mapping[State | None, Reason] = {
    State.REMOVED: Reason.REMOVED,
    State.PLANNED: Reason.PLANNED,
    State.OFF: Reason.OFF,
}


def _reachable_recorders(records: Iterable[CameraRecord]) -> frozenset[str]:
    """Serials of recorders for which some channel tells an address."""
    return frozenset(one.recorder.serial for one in records if one.recorder and one.address)


def _speaks_onvif(record: CameraRecord) -> bool:
    return bool(STREAMING & set(record.onvif_profiles or ()))
