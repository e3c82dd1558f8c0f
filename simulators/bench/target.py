"""Where a reader finds one stream, and with which account."""

from __future__ import annotations

from typing import NamedTuple


class Target(NamedTuple):
    """One stream to read. Without a path nothing is asked for: whoever is there begins to send."""

    address: str
    port: int
    path: str = ""
    username: str = ""
    password: str = ""
