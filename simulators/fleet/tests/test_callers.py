from __future__ import annotations

from simulators.fleet.callers import Callers


def test_devices_are_counted_by_their_busiest_moment_and_their_refusals() -> None:
    callers = Callers()
    for address in ("a", "a", "b"):
        callers.enter(address)
    callers.leave("a")
    callers.enter("a")
    callers.leave("b")
    callers.enter("b")
    callers.refused("b")
    callers.refused("b", 2)
    assert callers.record() == {
        "devices_by_most_connections": {"2": 1, "1": 1},
        "devices_by_refused_logins": {"3": 1},
    }
