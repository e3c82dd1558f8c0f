"""The fleet: cameras by address, the socket they all listen on, and what must be done now and then."""

from __future__ import annotations

import asyncio
import gc
import logging
import resource
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from citycam.model.errors import ConfigError
from simulators.faults.fault import Fault
from simulators.fleet.broadcast import Broadcast, Wheel
from simulators.fleet.callers import Callers
from simulators.fleet.cohort import Cohort
from simulators.fleet.connection import abort
from simulators.fleet.figures import Lateness, cpu_seconds, exposition, resident_bytes
from simulators.fleet.hearing import Hearing
from simulators.fleet.ledger import Ledger
from simulators.fleet.listener import listen
from simulators.fleet.ports import Ports
from simulators.fleet.reader import Reader
from simulators.fleet.script import Script, filled
from simulators.fleet.state import CameraState, Host, Totals
from simulators.fleet.tls import Tls, tls_context
from simulators.media.clip import read_clip
from simulators.rtsp.device import Device
from simulators.rtsp.feed import Feed

logger = logging.getLogger(__name__)

CHECKPOINT_S = 1.5
_RAMP_STEP_S = 0.25
_TICKS = 15
_ACCEPTS = 32
_MOST_BUFFERED = 128 * 1024
"""Send buffer of a reader: some seconds of SD; an encoder has no more, and a reader that falls behind loses frames."""


class Door(NamedTuple):
    """A socket that cameras listen on, and what they speak there: TLS if there is a context."""

    listener: socket.socket
    context: ssl.SSLContext | None


class Fleet:
    """All cameras of one process.

    Args:
        root: folder with `media/` and `ledger/`.
        key: secret that camera passwords derive from.
        ports: where every camera listens; the fleet itself serves RTSP and RTSPS.
        sockets: listening sockets by service that are open already, those of a shard; others are opened here.

    Raises:
        OSError: a port is taken or forbidden.
    """

    def __init__(
        self, root: Path, key: bytes, ports: Ports, sockets: Mapping[str, socket.socket] = MappingProxyType({})
    ) -> None:
        self.root = root
        self.key = key
        self.ports = ports
        self.loop = asyncio.get_running_loop()
        self.wheel = Wheel(self.loop)
        self.hearing = Hearing(self.loop, self._overdue_ns)
        self.most_connections = resource.getrlimit(resource.RLIMIT_NOFILE)[0] * 3 // 4
        """Of the whole process; the rest of its open files are for UDP sessions, ledgers and those who control it."""
        self.ledger = Ledger(root / "ledger")
        self.lateness = Lateness()
        self.totals = Totals()
        self.callers = Callers()
        self.cameras: dict[str, CameraState] = {}
        self.faults: list[Fault] = []
        self.started = time.time()
        self._hosts: dict[str, Host] = {}
        self._readers: dict[Reader, None] = {}
        self._scripts: dict[tuple[str, int], Script] = {}
        self._cohorts: dict[Feed, Cohort] = {}
        self._broadcasts: dict[Feed, Broadcast] = {}
        self._sweep: Iterator[Reader] = iter(())
        self._sweep_size = 0
        self._ticks_left = _TICKS
        self._sweep_through = time.time_ns()
        self._doors = [Door(sockets.get("rtsp") or listen(ports.rtsp), None)]
        if ports.rtsps:
            self._doors.append(Door(sockets.get("rtsps") or listen(ports.rtsps), tls_context()))
        self._ramp: Iterator[Device] = iter(())

    def open(self) -> None:
        """Answer, and begin the first ledger.

        Raises:
            EnvironmentFailure: the ledger cannot be written.
        """
        self.ledger.rotate(f"fleet-{datetime.now(UTC):%Y-%m-%dT%H-%M-%S-%f}Z")
        for door in self._doors:
            self.loop.add_reader(door.listener, self._accept, door)
        self.loop.call_later(CHECKPOINT_S / _TICKS, self._tick)
        self.loop.call_later(1.0, self._expire)

    def close(self) -> None:
        """End every session and the ledger."""
        for door in self._doors:
            self.loop.remove_reader(door.listener)
            door.listener.close()
        for reader in list(self._readers):
            reader.close("shutdown")
        self.ledger.close()

    def replace(self, devices: list[Device], ramp_s: float = 0.0) -> dict[str, int]:
        """Make the fleet consist of these cameras; those that did not change are not touched.

        Those that are new are switched on one after another, evenly over `ramp_s` seconds.

        Raises:
            EnvironmentFailure: a clip cannot be read; nothing was changed then.
        """
        streams = [stream for device in devices for stream in (device.main, device.sub) if stream is not None]
        for name in {stream.feed.clip for stream in streams}:
            self._script(name, 1)
        wanted = {device.id: device for device in devices}
        gone = [state for state in self.cameras.values() if wanted.get(state.id) != state.device]
        for state in gone:
            self._remove(state)
        added = [device for device in devices if device.id not in self.cameras]
        self._ramp = iter(added)
        self._switch_on(self._ramp, -(-len(added) // max(1, round(ramp_s / _RAMP_STEP_S))))
        return {"added": len(added), "removed": len(gone), "cameras": len(wanted)}

    def _switch_on(self, ramp: Iterator[Device], step: int) -> None:
        """Add the next `step` cameras, and later the others, unless another ramp has taken this one's place."""
        if ramp is not self._ramp:
            return
        some = list(islice(ramp, step))
        for device in some:
            self._add(device)
        if some:
            gc.collect()
            gc.freeze()  # what is here now stays: no collection ever walks it again
            self.loop.call_later(_RAMP_STEP_S, self._switch_on, ramp, step)

    def _add(self, device: Device) -> None:
        host = self._hosts.get(device.address)
        if host is None:
            host = self._hosts[device.address] = Host(device)
        state = CameraState(device, host, self.totals)
        state.fault = next((fault for fault in self.faults if device.id in fault.cameras), None)
        self.cameras[device.id] = host.streams[device.main.path.rstrip("/")] = state

    def _remove(self, state: CameraState) -> None:
        host = state.host
        del self.cameras[state.id]
        host.drop(state)
        for reader in list(host.connections):
            if any(reader.watches(one) for one in state.all()) or not host.streams:
                reader.close("removed")
        if not host.streams:
            del self._hosts[host.address]

    @property
    def hosts(self) -> Mapping[str, Host]:
        """What answers, by address."""
        return self._hosts

    def script(self, clip: str) -> Script:
        """How a clip is sent."""
        return self._script(clip, 1)

    def _script(self, clip: str, bulk: int) -> Script:
        if (clip, bulk) not in self._scripts:
            self._scripts[clip, bulk] = Script(filled(read_clip(self.root / "media" / clip), bulk))
        return self._scripts[clip, bulk]

    def _cohort(self, feed: Feed) -> Cohort:
        if feed not in self._cohorts:
            self._cohorts[feed] = Cohort(self._script(feed.clip, feed.bulk), feed)
        return self._cohorts[feed]

    def broadcast_of(self, feed: Feed) -> Broadcast:
        """What sends the frames of all cameras with this feed."""
        if feed not in self._broadcasts:
            self._broadcasts[feed] = Broadcast(self._cohort(feed), self.lateness)
        return self._broadcasts[feed]

    def altered(self, cohort: Cohort, fault: Fault) -> Cohort:
        """The cohort as a fault makes it; frames keep their numbers and times, so its frame rate must be the same."""
        feed = fault.alters(cohort.feed)
        if feed == cohort.feed:
            return cohort
        other = self._cohort(feed)
        return other if other.script.fps == cohort.script.fps else cohort

    def check(self, fault: Fault) -> None:
        """Refuse a fault whose pictures a camera cannot send in place of its own.

        Raises:
            ConfigError: another frame rate would be needed.
            EnvironmentFailure: the pictures cannot be read.
        """
        for state in [self.cameras[name] for name in sorted(fault.cameras) if name in self.cameras]:
            feed = state.stream.feed
            fps, other = self._cohort(feed).script.fps, self._cohort(fault.alters(feed)).script.fps
            if fps != other:
                why = f"it sends {fps} frames a second, not {other}"
                raise ConfigError(f"{state.id} cannot send those pictures", where="like", why=why, next="name another")

    def apply(self, fault: Fault) -> None:
        """Give its cameras this fault, in place of one they have; it ends by itself if it has a length."""
        self.faults.append(fault)
        if fault.honest:
            self.ledger.fault(fault.as_dict(), "start")
        cause = f"fault:{fault.kind}"
        for state in self._states(fault):
            self._afflict(state, fault)
            for reader in self._connected(state):
                if fault.resets():
                    reader.reset(cause)
                elif fault.mutes():
                    reader.mute(cause)
        if fault.seconds:
            self.loop.call_later(fault.seconds, self.end, fault)

    def end(self, fault: Fault) -> None:
        """Clear one fault; connections that hung since it began are reset."""
        if not any(one is fault for one in self.faults):
            return
        self.faults = [one for one in self.faults if one is not fault]
        if fault.honest:
            self.ledger.fault(fault.as_dict(), "stop")
        for state in self._states(fault):
            if state.fault is fault:
                self._afflict(state, None)
            if fault.mutes():
                for reader in self._connected(state):
                    if reader.muted:
                        reader.reset(f"fault:{fault.kind}")

    def heal(self) -> None:
        """Clear every fault."""
        for fault in list(self.faults):
            self.end(fault)

    def _states(self, fault: Fault) -> list[CameraState]:
        return [one for name in sorted(fault.cameras) if name in self.cameras for one in self.cameras[name].all()]

    def _connected(self, state: CameraState) -> list[Reader]:
        """Connections that are about this camera, or at its address about none yet."""
        return [reader for reader in state.host.connections if reader.watches(state) or not reader.chosen]

    def _afflict(self, state: CameraState, fault: Fault | None) -> None:
        state.fault = fault
        for reader in state.watching:
            reader.odd = True  # the next frame finds out what it means

    def begin_run(self, run: str) -> Path:
        """Close the ledger, begin the one of `run`, state the open sessions and the faults in it again.

        Raises:
            ConfigError: the name cannot be used.
        """
        readers = list(self._readers)
        before = self.ledger.path
        self._settle(readers)
        self.ledger.rotate(run)
        for reader in readers:
            reader.restate()
        for fault in self.faults:
            if fault.honest:
                self.ledger.fault(fault.as_dict(), "start")
        self.lateness.restart()
        self._restart_sweep()
        logger.info("ledger %s follows %s", self.ledger.path.name, before.name)
        return self.ledger.path

    async def checkpoint(self) -> int:
        """Bring the ledger up to now; up to when it is complete, in ns. Waits a second for half-sent frames."""
        wanted = time.time_ns()
        for _ in range(20):
            self._restart_sweep()
            self._settle(list(self._sweep))
            if self._through() >= wanted:
                break
            await asyncio.sleep(0.05)
        through = self._through()
        self.ledger.checkpoint(through)
        self._restart_sweep()
        return through

    def status(self) -> dict[str, Any]:
        """Figures of the whole fleet."""
        playing = [state.id for state in self.cameras.values() if state.playing]
        totals = self.totals
        return {
            "cameras": len(self.cameras),
            "playing": len(playing),
            "sessions": sum(reader.playing for reader in self._readers),
            "connections": len(self._readers),
            "frames_scheduled": totals.sent + totals.dropped,
            "frames_sent": totals.sent,
            "frames_late": totals.late,
            "frames_dropped": totals.dropped,
            "lateness_ms": self.lateness.summary(),
            "cpu_seconds": cpu_seconds(),
            "rss_bytes": resident_bytes(),
            **self.callers.record(),
            "ledger": f"ledger/{self.ledger.path.name}",
            "playing_cameras": sorted(playing),
        }

    def count(self) -> dict[str, Any]:
        """When this process started (seconds since 1970), its CPU time, and `Lateness.record` of this ledger."""
        return {"started": self.started, "cpu_seconds": cpu_seconds(), **self.lateness.record()}

    def metrics(self) -> str:
        """Prometheus text."""
        sessions = sum(reader.playing for reader in self._readers)
        return exposition(self.cameras.values(), self.lateness, sessions, self.started)

    def forget(self, reader: Reader) -> None:
        """A connection was closed."""
        self._readers.pop(reader, None)
        reader.host.connections.remove(reader)
        self.callers.leave(reader.host.address)

    def _accept(self, door: Door) -> None:
        if not self.hearing.turn(door.listener, self._accept, door):
            return
        try:
            self._accept_some(door)
        finally:
            self.hearing.done()

    def _accept_some(self, door: Door) -> None:
        for _ in range(_ACCEPTS):
            try:
                sock, peer = door.listener.accept()
            except BlockingIOError:
                return
            except OSError as error:  # too many open files: try again when some were closed
                logger.warning("cannot accept a connection: %s", error)
                self.loop.remove_reader(door.listener)
                self.loop.call_later(0.2, self._accept_again, door)
                return
            self._greet(sock, peer, door.context)

    def _accept_again(self, door: Door) -> None:
        if door.listener.fileno() >= 0:
            self.loop.add_reader(door.listener, self._accept, door)

    def _greet(self, sock: socket.socket, peer: tuple[str, int], context: ssl.SSLContext | None) -> None:
        try:
            host = self._hosts.get(sock.getsockname()[0])
            if host is not None and host.fault is not None and host.fault.refuses():
                abort(sock)
                host = None
            if host is not None and context is not None and "tls" not in host.dialect.transports:
                host = None
            full = len(self._readers) >= self.most_connections
            if host is None or full or len(host.connections) >= host.dialect.max_connections:
                sock.close()
                return
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _MOST_BUFFERED)
        except OSError as error:  # it is gone again
            logger.debug("connection from %s: %s", peer[0], error)
            sock.close()
            return
        reader = Reader(self, host, sock, peer, Tls(context) if context is not None else None)
        host.connections.append(reader)
        self.callers.enter(host.address)
        self._readers[reader] = None
        self.loop.add_reader(sock, reader.readable)

    def _tick(self) -> None:
        """A part of the sessions goes into the ledger, so that thousands of them never hold up a frame."""
        self.loop.call_later(CHECKPOINT_S / _TICKS, self._tick)
        self._settle(list(islice(self._sweep, self._sweep_size)))
        self._ticks_left -= 1
        if self._ticks_left:
            self.ledger.flush()
        else:
            self.ledger.checkpoint(self._sweep_through)
            self._restart_sweep()

    def _restart_sweep(self) -> None:
        readers = list(self._readers)
        self._sweep = iter(readers)
        self._sweep_size = -(-len(readers) // _TICKS)
        self._ticks_left = _TICKS
        self._sweep_through = self._through()

    def _settle(self, readers: list[Reader]) -> None:
        for reader in readers:
            if reader.tally is not None:
                reader.tally.settle()

    def _overdue_ns(self) -> int:
        now = time.time_ns()
        return now - self.wheel.pending_ns(now)

    def _through(self) -> int:
        """Every frame due before this was handled, and none of them is half-sent."""
        through = self.wheel.pending_ns(time.time_ns())
        tallies = (reader.tally for reader in self._readers if reader.odd)
        held = (tally.held_since_ns() for tally in tallies if tally is not None)
        return min((instant for instant in held if instant is not None), default=through)

    def _expire(self) -> None:
        self.loop.call_later(1.0, self._expire)
        now = time.monotonic()
        for reader in list(self._readers):
            if cause := reader.expired(now):
                logger.info("%s: reader %s is closed: %s", reader.name, reader.peer[0], cause)
                if cause == "stalled":
                    reader.reset(cause)  # what it does not take must not stay with the kernel
                else:
                    reader.close(cause)
