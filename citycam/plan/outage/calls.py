"""How a gateway calls a camera until it records it: dialling, set-up, the first key frame, refusals and time-outs."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, TypeAlias

import simpy

from citycam.plan.outage.layout import Camera
from citycam.plan.outage.world import World

Steps: TypeAlias = Generator[simpy.Event, Any, None]

DIALS = (0, 1, 3, 7)
"""When a SYN is sent, in units of the first pause: it doubles (RFC 6298, section 5.5)."""


def call(world: World, camera: Camera, node: str, held_until: float = 0.0) -> Steps:
    """Call the camera from a gateway on `node` until a frame is recorded.

    `held_until` is when the camera lets go of the session it had; one that takes a single session refuses until then.
    MediaMTX waits the same pause after every failure, and gives up what was silent for its read time-out. A call for
    which the node has no CPU within that time fails like one that is not answered.
    """
    gateway = world.timings.gateway
    pause, patience = gateway.retry_pause.value, gateway.read_timeout.value
    exchange = world.timings.camera.round_trips.value * world.timings.camera.round_trip.value
    env, setup = world.env, world.setup(node)
    while True:
        world.called(node)
        answered = _answered(world, camera)
        if answered is None:
            yield env.timeout(patience + pause)
            continue
        yield env.timeout(answered - env.now)
        if env.now < held_until and world.single_session(camera):
            yield env.timeout(exchange + pause)
            continue
        if setup.wait(env.now) > patience:
            yield env.timeout(patience + pause)
            continue
        yield env.timeout(setup.done(env.now, gateway.setup_cpu.value) - env.now + exchange)
        yield from _first_frame(world, camera, node)
        if world.reachable(camera, env.now) > env.now:
            yield env.timeout(patience + pause)
            continue
        world.recorded(camera)
        return


def _answered(world: World, camera: Camera) -> float | None:
    """When one of the SYNs of a call that begins now arrives; None when none does in time."""
    first = world.timings.network.syn_again.value
    for pause in DIALS:
        sent = world.env.now + pause * first
        if pause * first < world.timings.gateway.read_timeout.value and world.reachable(camera, sent) == sent:
            return sent
    return None


def _first_frame(world: World, camera: Camera, node: str) -> Steps:
    """Wait for the camera's next key frame, and until line and node have carried it."""
    key_frame = world.timings.camera.key_frame.value
    bits = camera.bitrate * key_frame * world.timings.camera.key_frame_share.value
    env = world.env
    if key_frame:
        phase = world.chance.between(0, key_frame, "key frame", camera.id)
        yield env.timeout((phase - env.now) % key_frame)
    for way in (world.line(camera.site), world.ingress(node)):
        if way is not None:
            queue, rate = way
            yield env.timeout(queue.done(env.now, bits / rate) - env.now)
