"""What the faults have in common that spoil the answer to DESCRIBE, and no other."""

from __future__ import annotations

from dataclasses import dataclass

from citycam.wire.rtsp import Response
from simulators.faults.fault import Fault


@dataclass(frozen=True, kw_only=True)
class WrongDescription(Fault):
    """A description that would have been given is spoilt; refusals are left as they are."""

    def answers(self, method: str, answer: Response) -> bytes:
        """See `Fault`."""
        return self.spoilt(answer) if method == "DESCRIBE" and answer.status == 200 else answer.encode()

    def spoilt(self, answer: Response) -> bytes:
        """What is sent instead of `answer`."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class PaddedDescription(WrongDescription):
    """The answer is longer by `size` bytes than it should be."""

    size: int = 1_000_000

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.size, int) or not 0 < self.size <= 50_000_000:
            raise ValueError(f"size must be a whole number of bytes up to 50,000,000, not {self.size!r}")

    def padding(self, line: bytes) -> bytes:
        """As many whole lines as make up `size`."""
        return line * -(-self.size // len(line))
