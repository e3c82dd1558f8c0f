"""Visits for tests."""

from __future__ import annotations

from datetime import UTC, datetime
from ipaddress import IPv4Address
from typing import Any

from citycam.inventory.record import CameraRecord
from citycam.inventory.survey.reading import put
from citycam.inventory.survey.services import ServiceKind
from citycam.inventory.survey.visit import Answered, Facts, Probe, Stream, Visit

AT = datetime(2026, 3, 1, 2, 3, 4, tzinfo=UTC)
RTSP = Answered(port=554, kind=ServiceKind.RTSP, speaks=True)


def facts(**values: Any) -> Facts:
    found: Facts = {}
    put(found, Probe.ONVIF, **values)
    return found


def stream(path: str = "/live", channel: int | None = 1, trouble: str = "", **values: Any) -> Stream:
    return Stream(port=554, path=path, channel=channel, facts=facts(**values), trouble=trouble)


def visit(address: str, *streams: Stream, **values: Any) -> Visit:
    """A device that answers; `values` are facts of the whole device."""
    return Visit(
        address=IPv4Address(address), began=AT, ended=AT, ports=(RTSP,), facts=facts(**values), streams=streams
    )


def empty(address: str) -> Visit:
    """Nobody is there."""
    return Visit(address=IPv4Address(address), began=AT, ended=AT)


def record(number: int, **values: Any) -> CameraRecord:
    return CameraRecord.model_validate({"id": f"cam-{number:06d}", "agency": "An agency", **values})
