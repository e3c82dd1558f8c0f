"""What every fault is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Protocol


class Fault(Protocol):
    """Something wrong with some cameras, from the moment it is applied until it is cleared."""

    kind: ClassVar[str]
    honest: ClassVar[bool]
    """Whether the ledger tells of it. A fault that is not honest tests whether the audit finds it alone."""

    @property
    def cameras(self) -> frozenset[str]:
        """Ids of the cameras that have it."""
        ...

    def omits(self, frame: int, is_key: Callable[[int], bool]) -> bool:
        """Whether `frame` is not sent; `is_key` tells of any frame number."""
        ...

    def as_dict(self) -> dict[str, Any]:
        """The fault as the control API and the ledger write it."""
        ...
