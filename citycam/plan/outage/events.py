"""The events: how each begins, and what follows of it."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

from citycam.model.errors import ConfigError
from citycam.plan.outage.calls import Steps, call
from citycam.plan.outage.layout import Camera, Gateway, Layout
from citycam.plan.outage.scenario import (
    GatewayFails,
    GatewaysUpgraded,
    LeaderDies,
    NodeCutOff,
    NodeDies,
    PowerReturns,
    RackDies,
    Scenario,
    UplinkFlaps,
)
from citycam.plan.outage.swarm import Swarm
from citycam.plan.outage.watch import stops_within
from citycam.plan.outage.world import World

T = TypeVar("T", str, int)


def begin(world: World, swarm: Swarm, scenario: Scenario) -> None:
    """Let the event of the scenario happen, now.

    Raises:
        ConfigError: it names what the layout does not have.
    """
    layout = world.layout
    match getattr(scenario, scenario.event):
        case NodeDies() as event:
            node = _known(event.node, layout.nodes, "node") or _fullest(layout)
            _nodes_die(world, swarm, frozenset({node}), event.returns_after)
        case LeaderDies() as event:
            _nodes_die(world, swarm, frozenset({layout.managers[0]}), event.returns_after)
        case RackDies() as event:
            _nodes_die(world, swarm, frozenset(_rack(layout, event)), event.returns_after)
        case NodeCutOff() as event:
            node = _known(event.node, layout.nodes, "node") or _fullest(layout)
            _node_cut_off(world, swarm, node, event.lasts)
        case GatewayFails() as event:
            _gateway_fails(world, swarm, event)
        case UplinkFlaps() as event:
            _uplinks_flap(world, event)
        case GatewaysUpgraded():
            world.env.process(_upgraded(world, swarm))
        case PowerReturns() as event:
            _power_returns(world, event)


def _nodes_die(world: World, swarm: Swarm, fallen: frozenset[str], returns_after: float | None) -> None:
    world.lost |= fallen
    world.alive -= fallen
    part, held = world.timings.gateway.part.value, world.timings.camera.session_timeout.value
    for node in sorted(fallen):
        gateways = world.ownership.on(node)
        for name in gateways:
            world.left(name, node)
            for camera in world.cameras[name]:
                world.darkened(camera, -world.chance.between(0, part, "part", camera.id))
        found = swarm.missed(node, fallen, returns_after)
        if found is not None:
            world.env.process(_replaced(world, swarm, node, gateways, found, held))
        if returns_after is not None:
            world.env.process(_back(world, node, returns_after))


def _replaced(world: World, swarm: Swarm, node: str, gateways: Iterable[str], found: float, held: float) -> Steps:
    yield world.env.timeout(found)
    world.tally.found[node] = world.env.now
    for name in gateways:
        world.env.process(swarm.restart(world.layout.gateways[name], held))


def _back(world: World, node: str, after: float) -> Steps:
    yield world.env.timeout(after)
    world.alive.add(node)
    world.returned[node].succeed()


def _node_cut_off(world: World, swarm: Swarm, node: str, lasts: float) -> None:
    """It is missed like a dead one, but goes on until its watch stops it.

    Whoever is missed loses its gateways to others, and for a bounded time both record. Whoever is not gets them again.
    """
    managers = world.layout.managers
    if node in managers and len(managers) < 2:
        raise ConfigError(
            f"{node} cannot be cut off",
            where="node_cut_off.node",
            why="it is the only manager: all others would be cut off from it",
            next="name another node, or have more managers",
        )
    found, told = swarm.missed(node, frozenset({node}), None), swarm.lets_go(node, lasts)
    gateways, stop = world.ownership.on(node), world.timings.gateway.stop.value
    if missed := found is not None and found < lasts:
        world.lost.add(node)
        world.alive.discard(node)
        bound = stops_within(lasts, world.timings.watch) + stop - found
        world.overlapping |= dict.fromkeys(gateways, max(0.0, bound))
        held = math.inf if told is None else told + stop
        world.env.process(_replaced(world, swarm, node, gateways, found, held))
    if told is not None:
        world.env.process(_let_go(world, swarm, node, gateways, told, lasts, missed))


def _let_go(
    world: World, swarm: Swarm, node: str, gateways: Iterable[str], told: float, lasts: float, missed: bool
) -> Steps:
    """Stop them, and have them started again once the node is heard; here, as the Swarm prefers the emptiest node."""
    env = world.env
    yield env.timeout(told)
    for name in gateways:
        for camera in world.cameras[name]:
            if not (missed and camera.id in world.heard):
                world.darkened(camera, env.now)
    yield env.timeout(world.timings.gateway.stop.value)
    for name in gateways:
        world.left(name, node)
    yield env.timeout(max(0.0, lasts - env.now))
    if missed:
        world.alive.add(node)
        world.returned[node].succeed()
        return
    for name in gateways:
        env.process(swarm.restart(_at_home(world.layout.gateways[name]), 0.0))


def _at_home(gateway: Gateway) -> Gateway:
    """The same, preferring its home over its standby."""
    return replace(gateway, home=gateway.standby, standby=gateway.home) if gateway.standby else gateway


def _gateway_fails(world: World, swarm: Swarm, event: GatewayFails) -> None:
    sizes = Counter({name: len(cameras) for name, cameras in world.cameras.items()})
    name = _known(event.gateway, sizes, "gateway") or _largest(sizes, 1)[0]
    world.failed.add(name)
    for camera in world.cameras[name]:
        part = world.timings.gateway.part.value
        world.darkened(camera, -world.chance.between(0, part, "part", camera.id))
    world.env.process(_ended(world, swarm, name, event.noticed_after))


def _ended(world: World, swarm: Swarm, name: str, after: float) -> Steps:
    """Its kernel ends its sessions with it, so no camera holds one; the Swarm may take either of its two nodes."""
    yield world.env.timeout(after)
    gateway = world.layout.gateways[name]
    world.left(name, gateway.home)
    if gateway.standby and world.chance.share("either node", name) < 0.5:
        gateway = replace(gateway, home=gateway.standby, standby=gateway.home)
    yield from swarm.restart(gateway, 0.0)


def _uplinks_flap(world: World, event: UplinkFlaps) -> None:
    sizes = Counter(camera.site for camera in world.layout.cameras)
    sites = [event.site] if event.site else _largest(sizes, event.sites)
    _known(event.site, sizes, "site")
    outages = [(k * event.every, k * event.every + event.down) for k in range(event.times)]
    for camera in sorted(world.layout.cameras, key=lambda one: one.id):
        if camera.site in sites:
            world.outages[camera.id] = outages
            world.env.process(_interrupted(world, camera, outages))


def _interrupted(world: World, camera: Camera, outages: Iterable[tuple[float, float]]) -> Steps:
    """A camera sending by TCP rides out a short outage; after a longer one the gateway has let go and calls again."""
    env, gateway = world.env, world.timings.gateway
    node = world.layout.gateways[camera.gateway].home
    for down, up in outages:
        if env.now >= up:
            continue
        yield env.timeout(max(0.0, down - env.now))
        world.darkened(camera, down)
        again = _sent_again(world, down, up)
        if again - down < gateway.read_timeout.value:
            yield env.timeout(again - env.now)
            world.recorded(camera)
            continue
        yield env.timeout(gateway.read_timeout.value + gateway.retry_pause.value)
        held = min(again, down + world.timings.camera.session_timeout.value)
        yield from call(world, camera, node, held)


def _sent_again(world: World, down: float, up: float) -> float:
    """When the camera's TCP first sends again after the line is back; the pauses double."""
    pause = world.timings.network.data_again.value
    at = down + pause
    while at < up:
        pause *= 2
        at += pause
    return at


def _upgraded(world: World, swarm: Swarm) -> Steps:
    """Each gateway ends its sessions and parts in order, so no camera holds one and none is cut."""
    gateway = world.timings.gateway
    for name, one in sorted(world.layout.gateways.items()):
        world.left(name, one.home)
        for camera in world.cameras[name]:
            world.darkened(camera, world.env.now)
        yield world.env.timeout(gateway.stop.value + gateway.start.value)
        swarm.start(one, one.home, 0.0)
        yield world.env.timeout(gateway.settle.value)


def _power_returns(world: World, event: PowerReturns) -> None:
    """Gateways have called in vain since the power went; as all lost their cameras at once, they call in step."""
    sizes = Counter(camera.ward for camera in world.layout.cameras)
    wards = [event.ward] if event.ward is not None else _largest(sizes, event.wards)
    _known(event.ward, sizes, "ward")
    camera_timings, gateway = world.timings.camera, world.timings.gateway
    cycle = gateway.read_timeout.value + gateway.retry_pause.value
    for camera in sorted(world.layout.cameras, key=lambda one: one.id):
        if camera.ward in wards:
            spread = camera_timings.boot_spread.value
            ready = camera_timings.boot.value + world.chance.between(0, spread, "boot", camera.id)
            world.outages[camera.id] = [(float("-inf"), ready)]
            world.env.process(_powered(world, camera, ready, world.chance.between(0, cycle, "cycle", camera.ward)))


def _powered(world: World, camera: Camera, ready: float, called: float) -> Steps:
    world.darkened(camera, ready)
    frame = 1 / world.timings.camera.frame_rate.value
    yield world.env.timeout(called + world.chance.between(0, frame, "frame", camera.id))
    yield from call(world, camera, world.layout.gateways[camera.gateway].home)


def _fullest(layout: Layout) -> str:
    """The fullest node, one that does not lead if there is another."""
    load: dict[str, float] = defaultdict(float)
    for gateway in layout.gateways.values():
        load[gateway.home] += gateway.weight
    others = [node for node in layout.nodes if node != layout.managers[0]] or list(layout.nodes)
    return max(others, key=lambda node: load[node])


def _rack(layout: Layout, event: RackDies) -> tuple[str, ...]:
    nodes = layout.nodes
    if event.nodes > len(nodes):
        raise ConfigError(
            f"a rack of {event.nodes} nodes",
            where="rack_dies.nodes",
            why=f"there are {len(nodes)} in all",
            next="give fewer",
        )
    _known(event.first, nodes, "node")
    first = nodes.index(event.first) if event.first else len(nodes) - event.nodes
    return nodes[first : first + event.nodes]


def _largest(sizes: Counter[T], count: int) -> list[T]:
    return sorted(sizes, key=lambda name: (-sizes[name], str(name)))[:count]


def _known(name: T | None, names: Iterable[T], what: str) -> T | None:
    if name is not None and name not in (known := set(names)):
        some = ", ".join(sorted(map(str, known))[:5])
        raise ConfigError(
            f"there is no {what} {name}", where="the scenario", why=f"there are {some} …", next="name one of them"
        )
    return name
