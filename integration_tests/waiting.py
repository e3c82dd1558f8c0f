"""Waiting for a condition, with what was last seen in the message of a wait that ran out."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_for(look: Callable[[], T], wanted: Callable[[T], bool], what: str, timeout: float = 60.0) -> T:
    """Look until what is seen is wanted; returns it."""
    deadline = time.monotonic() + timeout
    while True:
        seen = look()
        if wanted(seen):
            return seen
        if time.monotonic() > deadline:
            raise TimeoutError(f"no {what} within {timeout:g} s; last seen: {seen!r}")
        time.sleep(0.1)
