from __future__ import annotations

from dataclasses import replace

import pytest

from citycam.model.errors import EnvironmentFailure
from infra.lab.layout import lay_out
from infra.lab.machine import DISK_PER_HOST, INOTIFY_PER_HOST, MEMORY_PER_HOST, Machine, require

ENOUGH = Machine(disk=4 * DISK_PER_HOST, memory=4 * MEMORY_PER_HOST, inotify=4 * INOTIFY_PER_HOST)


def test_a_lab_that_fits_is_let_through() -> None:
    require(lay_out(3), ENOUGH)


@pytest.mark.parametrize("what", ["disk", "memory", "inotify"])
def test_what_is_short_is_named(what: str) -> None:
    with pytest.raises(EnvironmentFailure, match="too small for 4 hosts") as caught:
        require(lay_out(3), replace(ENOUGH, **{what: getattr(ENOUGH, what) - 1}))
    assert f"of {what}" in caught.value.why
    assert ";" not in caught.value.why


def test_all_that_is_short_is_named_at_once() -> None:
    with pytest.raises(EnvironmentFailure) as caught:
        require(lay_out(3), Machine(0, 0, 0))
    assert all(f"of {what}" in caught.value.why for what in ("disk", "memory", "inotify"))
