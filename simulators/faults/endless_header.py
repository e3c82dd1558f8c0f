"""endless-header: an answer whose header lines do not end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from citycam.wire.rtsp import Response
from simulators.faults.wrong_description import PaddedDescription


@dataclass(frozen=True, kw_only=True)
class EndlessHeader(PaddedDescription):
    """DESCRIBE is answered by `size` bytes of headers, and no empty line after them."""

    kind: ClassVar[str] = "endless-header"

    def spoilt(self, answer: Response) -> bytes:
        """See `WrongDescription`."""
        head, _, _ = answer.encode().partition(b"\r\n\r\n")
        line = b"\r\nX-Padding: " + b"0" * 87
        return head + self.padding(line)
