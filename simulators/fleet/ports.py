"""The ports of a camera: one number for each of its services."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Ports:
    """Where every camera serves what; all are TCP, but for WS-Discovery's, which is UDP. 0 means off."""

    rtsp: int = 554
    rtsps: int = 322
    http: int = 80
    discovery: int = 3702
    telnet: int = 23
