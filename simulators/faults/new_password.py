"""new-password: somebody changed the password and told nobody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from simulators.faults.fault import Fault


@dataclass(frozen=True, kw_only=True)
class NewPassword(Fault):
    """Every request with the old password is refused; a connection that plays goes on until it asks for something."""

    kind: ClassVar[str] = "new-password"

    def password(self, password: str) -> str:
        """See `Fault`."""
        return f"{password}-{self.seed}-new"
