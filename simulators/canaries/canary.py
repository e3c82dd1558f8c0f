"""What every canary is: a flaw that cameras are known for, which here gives away a secret and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from simulators.onvif.estate import Host, User
    from simulators.onvif.http import Request, Response

PLACE = "/canary"
"""Where web canaries keep the secret."""


class Canary:
    """One flaw. A sound camera has none; a profile lists those of its model under `canaries`."""

    kind: ClassVar[str]

    def secret(self, host: Host) -> bytes:
        """What leaks: whoever finds it knows by the key which device leaked, and through which flaw."""
        return (host.secret(f"canary:{self.kind}") + "\n").encode()

    def answer(self, host: Host, request: Request) -> Response | None:  # noqa: ARG002 — others need them
        """The answer to a request that it concerns; None leaves it to the camera."""
        return None

    def user(self) -> User | None:
        """An account that the device has beside its own."""
        return None

    def banner(self, host: Host) -> bytes:  # noqa: ARG002 — others need it
        """What is said to whoever connects to the telnet port; nothing: it is closed."""
        return b""
