"""large-description: the session description is larger than any client should read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from citycam.wire.rtsp import Response
from simulators.faults.fault import Fault


@dataclass(frozen=True, kw_only=True)
class LargeDescription(Fault):
    """`size` bytes of attributes follow the description."""

    kind: ClassVar[str] = "large-description"

    size: int = 1_000_000

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.size, int) or not 0 < self.size <= 50_000_000:
            raise ValueError(f"size must be a whole number of bytes up to 50,000,000, not {self.size!r}")

    def answers(self, method: str, answer: Response) -> bytes:
        """See `Fault`."""
        if method != "DESCRIBE" or answer.status != 200:
            return answer.encode()
        line = b"a=x-padding:" + b"0" * 86 + b"\r\n"
        return replace(answer, body=answer.body + line * -(-self.size // len(line))).encode()
