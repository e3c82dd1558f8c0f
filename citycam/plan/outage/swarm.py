"""What happens when nodes fall: they are missed, a leader is elected, gateways start on standbys, lone nodes let go."""

from __future__ import annotations

from collections.abc import Iterable

from citycam.plan.outage.calls import Steps, call
from citycam.plan.outage.layout import Gateway
from citycam.plan.outage.watch import stops_after
from citycam.plan.outage.world import World


class Swarm:
    """The mechanism of a run; replaced in tests by ones that are wrong."""

    def __init__(self, world: World) -> None:
        self.world = world

    def missed(self, node: str, fallen: frozenset[str], returns_after: float | None) -> float | None:
        """Seconds until the managers act on the loss of `node`, one of the `fallen`; None when they never do.

        A manager that still leads misses it after so many heartbeats. Otherwise another is elected first, to whom all
        nodes are unknown, and who waits longer. Without a majority of managers nothing happens until they are back.
        A node that is back earlier tells itself that its containers are gone.
        """
        swarm = self.world.timings.swarm
        leads = self.world.layout.managers[0] not in fallen
        elected = 0.0 if leads else self._elected(fallen)
        if not self._quorum(fallen):
            return None if returns_after is None else returns_after + elected
        jitter = swarm.heartbeat_jitter.value
        period = swarm.heartbeat.value + self.world.chance.between(-jitter, jitter, "period", node)
        if leads:
            found = swarm.grace.value * period - self.world.chance.between(0, period, "last heartbeat", node)
        else:
            found = elected + swarm.grace_unknown.value * period
        return found if returns_after is None else min(found, max(returns_after, elected))

    def lets_go(self, node: str, cut: float) -> float | None:
        """Seconds into a cut of that length until the node's watch stops its gateways; None when it does not."""
        watch = self.world.timings.watch
        first = self.world.chance.between(0, watch.look.value, "look", node)
        return stops_after(cut, first, watch)

    def restart(self, gateway: Gateway, held_until: float) -> Steps:
        """Start a gateway again, on its standby or, when only that one stands, at home; wait if neither does."""
        env, swarm = self.world.env, self.world.timings.swarm
        yield env.timeout(swarm.restart_delay.value)
        node = self._standing(gateway)
        if node is None:
            yield env.any_of([self.world.returned[name] for name in sorted(gateway.nodes)])
            node = self._standing(gateway) or gateway.home
        yield env.timeout(self.world.orchestrator.done(env.now, self.world.timings.placing) - env.now)
        yield env.timeout(self.world.timings.gateway.start.value)
        self.start(gateway, node, held_until)

    def start(self, gateway: Gateway, node: str, held_until: float) -> None:
        """The gateway runs on that node, and calls all its cameras at once."""
        self.world.took(gateway.name, node)
        for camera in self.world.cameras[gateway.name]:
            self.world.env.process(call(self.world, camera, node, held_until))

    def _standing(self, gateway: Gateway) -> str | None:
        places = (gateway.standby, gateway.home)
        return next((node for node in places if node in self.world.alive), None)

    def _quorum(self, fallen: Iterable[str]) -> bool:
        managers = self.world.layout.managers
        return len(set(managers) - set(fallen)) > len(managers) // 2

    def _elected(self, fallen: Iterable[str]) -> float:
        """Until one of the managers that stand (or all, when they are back) is elected: whoever stands first."""
        swarm = self.world.timings.swarm
        managers = self.world.layout.managers
        candidates = sorted(set(managers) - set(fallen)) or managers
        least, tick = swarm.election_ticks.value, swarm.tick.value
        ticks = min(self.world.chance.whole(least, 2 * least - 1, "election", name) for name in candidates)
        return (ticks - self.world.chance.share("last raft heartbeat")) * tick
