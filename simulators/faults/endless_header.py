"""endless-header: an answer whose header lines do not end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from citycam.wire.rtsp import Response
from simulators.faults.fault import Fault


@dataclass(frozen=True, kw_only=True)
class EndlessHeader(Fault):
    """DESCRIBE is answered by `size` bytes of headers, and no empty line after them."""

    kind: ClassVar[str] = "endless-header"

    size: int = 1_000_000

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.size, int) or not 0 < self.size <= 50_000_000:
            raise ValueError(f"size must be a whole number of bytes up to 50,000,000, not {self.size!r}")

    def answers(self, method: str, answer: Response) -> bytes:
        """See `Fault`."""
        if method != "DESCRIBE" or answer.status != 200:
            return answer.encode()
        head, _, _ = answer.encode().partition(b"\r\n\r\n")
        line = b"\r\nX-Padding: " + b"0" * 87
        return head + line * -(-self.size // len(line))
