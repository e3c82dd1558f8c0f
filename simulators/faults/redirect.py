"""redirect: DESCRIBE is answered by a redirection to another host, where the platform must not follow."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from citycam.wire.rtsp import Headers, Response
from simulators.faults.wrong_description import WrongDescription


@dataclass(frozen=True, kw_only=True)
class Redirect(WrongDescription):
    """302 with `location` (RFC 2326 11.3.3)."""

    kind: ClassVar[str] = "redirect"

    location: str = "rtsp://192.0.2.1/elsewhere"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.location, str) or not re.fullmatch(r"rtsps?://[!-~]{1,200}", self.location):
            raise ValueError(f"location must be an RTSP URL, not {self.location!r}")

    def spoilt(self, answer: Response) -> bytes:
        """See `WrongDescription`."""
        number = answer.headers.get("CSeq") or "0"
        return Response(302, "Moved Temporarily", Headers([("CSeq", number), ("Location", self.location)])).encode()
