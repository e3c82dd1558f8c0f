"""large-description: the session description is larger than any client should read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from citycam.wire.rtsp import Response
from simulators.faults.wrong_description import PaddedDescription


@dataclass(frozen=True, kw_only=True)
class LargeDescription(PaddedDescription):
    """`size` bytes of attributes follow the description."""

    kind: ClassVar[str] = "large-description"

    def spoilt(self, answer: Response) -> bytes:
        """See `WrongDescription`."""
        line = b"a=x-padding:" + b"0" * 86 + b"\r\n"
        return replace(answer, body=answer.body + self.padding(line)).encode()
