"""Canaries: flaws that cameras are known for, one a file, each giving away a secret of its own.

They prove that a platform keeps cameras apart: where no flaw can be reached, no secret is ever found.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from citycam.model.credentials import device_secret
from simulators.canaries.auth_bypass import AuthBypass
from simulators.canaries.canary import PLACE, Canary
from simulators.canaries.default_credentials import DefaultCredentials
from simulators.canaries.telnet_banner import TelnetBanner
from simulators.canaries.token_reuse import TokenReuse

if TYPE_CHECKING:
    from simulators.onvif.estate import Host

__all__ = ("KINDS", "PLACE", "Canary", "leaks", "of")
KINDS: dict[str, Canary] = {
    canary.kind: canary for canary in (AuthBypass(), DefaultCredentials(), TelnetBanner(), TokenReuse())
}
"""Every canary by the name that profiles know."""


def of(host: Host) -> list[Canary]:
    """The canaries of a device."""
    return [KINDS[kind] for kind in host.equipment.canaries]


def leaks(text: str, key: bytes, serials: Iterable[str]) -> list[tuple[str, str]]:
    """Whose secrets are in a text: serial and canary of each."""
    seen = set(re.findall(r"[A-Za-z0-9_-]{24}", text))
    return [
        (serial, kind) for serial in serials for kind in KINDS if device_secret(key, serial, f"canary:{kind}") in seen
    ]
