"""Who is let in at an address: the inventory's account, until somebody changes the users over ONVIF."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from citycam.model.credentials import camera_password
from simulators.canaries import KINDS
from simulators.onvif.estate import User

if TYPE_CHECKING:
    from simulators.fleet.state import Host


def users_of(host: Host, key: bytes) -> Sequence[User]:
    """Users of the device, with passwords as they are without a fault."""
    if host.users is not None:
        return host.users
    flaws = host.equipment.canaries if host.equipment is not None else ()
    known = [user for kind in flaws if (user := KINDS[kind].user()) is not None]
    return [User(host.username, camera_password(key, host.serial)), *known]
