"""The watch on a node that is cut off: when it stops the gateways, and when it must have (the role `quorum_watch`)."""

from __future__ import annotations

import math

from citycam.plan.outage.timings import Watch


def between(watch: Watch) -> float:
    """Seconds from one look to the next while nobody answers: managers are called, then all nodes, then it pauses."""
    return 2 * watch.call.value + watch.look.value


def stops_after(cut: float, first: float, watch: Watch) -> float | None:
    """Seconds into a cut after which the gateways are told to stop, while it lasts or at its end; None when never.

    `first` is when the first look into the cut begins. Silence is counted from then to the beginning of another look.
    A call that begins in the cut is lost even if it ends later: it is given up by the time its SYN is sent again.
    """
    step, call = between(watch), watch.call.value
    unheard = max(0, math.ceil((cut - call - first) / step))
    over = math.ceil(watch.lease.value / step)
    if over < unheard:
        return first + over * step + 2 * call
    heard = first + unheard * step
    if unheard * step < watch.patience.value:
        return None
    return heard if heard >= cut else heard + call


def stops_within(cut: float, watch: Watch) -> float:
    """Seconds after which they are told at the latest, whenever it looks: the cut or the lease, and one look more."""
    step = between(watch)
    return min(cut, math.ceil(watch.lease.value / step) * step) + step
