"""The watch on a node that is cut off: when it stops the gateways, and when it must have (the role `quorum_watch`)."""

from __future__ import annotations

import math

from citycam.plan.outage.timings import Watch


def stops_after(cut: float, first: float, watch: Watch) -> float | None:
    """Seconds into a cut after which the gateways are told to stop, while it lasts or at its end; None when never.

    `first` is when the first look into the cut begins. It calls managers and then nodes; if both are in vain the next
    looks call both at once. Silence is counted from the first look to the beginning of another. A call that begins in
    the cut is lost even if it ends later: it is given up before its SYN is sent again.
    """
    look, call = watch.look.value, watch.call.value
    if first + call >= cut:
        return None
    unheard, over = math.ceil((cut - first) / look), math.ceil(watch.lease.value / look)
    if over < unheard:
        return first + over * look + call
    return first + unheard * look if unheard * look >= watch.patience.value else None


def stops_within(cut: float, watch: Watch) -> float:
    """Seconds after which they are told at the latest, whenever it looks: cut or lease, a look and a call more."""
    look = watch.look.value
    return min(cut, math.ceil(watch.lease.value / look) * look) + look + watch.call.value
