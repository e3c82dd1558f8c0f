"""A reader: one RTSP connection to one address, its socket, and what the ledger is told of it."""

from __future__ import annotations

import logging
import socket
import ssl
import struct
import time
from typing import TYPE_CHECKING

from citycam.wire import watermark
from citycam.wire.sdp import Track, describe
from citycam.wire.transport import TransportSpec
from simulators.faults.fault import Moment
from simulators.fleet.accounts import users_of
from simulators.fleet.cohort import PAYLOAD_TYPES, Lanes
from simulators.fleet.datagrams import MULTICAST_TTL, PortPair, group_of, group_ports
from simulators.rtsp.conversation import Conversation, Start

if TYPE_CHECKING:
    from citycam.wire.rtsp import Response
    from simulators.faults.fault import Fault
    from simulators.fleet.broadcast import Broadcast
    from simulators.fleet.cohort import Cohort, Rendered
    from simulators.fleet.fleet import Fleet
    from simulators.fleet.state import CameraState, Host
    from simulators.fleet.tls import Tls

logger = logging.getLogger(__name__)

MOST_UNSENT_ANSWERS = 64 * 1024
FIRST_MESSAGE_S = 10.0
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER of no time at all: closing sends RST."""
_RECEIVE = 2 * 1024
"""What is heard at once: a few requests. Who says more is heard again when frames and others had their turn."""
_PLAIN = Lanes()


class Reader:
    """One connection. `odd` is set while its frames need more than one plain send."""

    __slots__ = (
        "_broadcast",
        "_camera",
        "_carrier",
        "_deaf",
        "_first",
        "_fleet",
        "_held",
        "_late",
        "_muted",
        "_omitted",
        "_ports",
        "_rest",
        "_run_cause",
        "_run_first",
        "_source",
        "_stalled",
        "_thinking",
        "_tls",
        "_writing",
        "closed",
        "conversation",
        "heard",
        "host",
        "lanes",
        "mark",
        "odd",
        "peer",
        "playing",
        "send",
        "session",
        "sock",
        "spoke",
    )

    def __init__(
        self, fleet: Fleet, host: Host, sock: socket.socket, peer: tuple[str, int], tls: Tls | None = None
    ) -> None:
        self._fleet = fleet
        self._camera: CameraState | None = None
        self._broadcast: Broadcast | None = None
        self._source: Cohort | None = None
        self._tls = tls
        self._carrier = ""
        self._ports: list[PortPair] = []
        self.host = host
        self.sock = sock
        self.send = sock.send
        self.peer = peer
        self.mark = b""
        self.conversation = Conversation(host, self)
        self.heard = time.monotonic()
        self.spoke = False
        self.closed = False
        self.playing = False
        self.odd = False
        self.session = ""
        self.lanes: Lanes | None = None
        self._rest = b""
        self._writing = False
        self._stalled = 0.0
        self._held = -1
        self._first = 0
        self._run_first = 0
        self._run_cause = ""
        self._omitted = 0
        self._late = 0
        self._muted = ""
        self._deaf = False
        self._thinking = False

    @property
    def camera(self) -> CameraState:
        """The camera that was asked for; there is one once `select` was true."""
        assert self._camera is not None
        return self._camera

    @property
    def broadcast(self) -> Broadcast:
        """What sends the camera's frames."""
        assert self._broadcast is not None
        return self._broadcast

    @property
    def name(self) -> str:
        """The camera's id, or the address while none was asked for."""
        return self._camera.id if self._camera is not None else self.host.address

    @property
    def chosen(self) -> bool:
        """Whether a camera was asked for."""
        return self._camera is not None

    @property
    def multicast(self) -> bool:
        """Whether frames go to the camera's multicast group."""
        return self._carrier == "multicast"

    def watches(self, camera: CameraState) -> bool:
        """Whether this connection is about `camera`."""
        return self._camera is camera

    @property
    def _fault(self) -> Fault | None:
        return self._camera.fault if self._camera is not None else self.host.fault

    # What the conversation asks for (simulators.rtsp.conversation.Delivery)

    def accounts(self) -> dict[str, str]:
        """See `Delivery`."""
        users, fault = users_of(self.host, self._fleet.key), self._fault
        return {user.name: user.password if fault is None else fault.password(user.password) for user in users}

    def encode(self, method: str, answer: Response) -> bytes:
        """See `Delivery`."""
        return self._fault.answers(method, answer) if self._fault is not None else answer.encode()

    def select(self, target: str) -> bool:
        """See `Delivery`."""
        camera = self.host.find(target)
        if camera is None or (self.conversation.session and camera is not self._camera):
            return False
        if camera is not self._camera:
            self._camera = camera
            self._broadcast = self._fleet.broadcast_of(camera.stream.feed)
            self.mark = self._mark(self._broadcast.cohort)
        return True

    def _mark(self, cohort: Cohort) -> bytes:
        """What tells this camera from others of a cohort."""
        return watermark.camera_part(self.camera.device.number) if cohort.script.marked else b""

    @property
    def _wanted(self) -> Cohort:
        """What the camera sends as it is now: what its cohort does, unless a fault changes that."""
        cohort, fault = self.broadcast.cohort, self.camera.fault
        return cohort if fault is None else self._fleet.altered(cohort, fault)

    def tracks(self) -> int:
        """See `Delivery`."""
        return 1 if self._wanted.sound is None else 2

    def description(self) -> str:
        """See `Delivery`."""
        device, cohort = self.camera.device, self._wanted
        script, sound, names = cohort.script, cohort.sound, device.dialect.tracks
        tracks = [
            Track(
                script.codec,
                names[0],
                PAYLOAD_TYPES[script.codec],
                sets=script.sets,
                fps=script.fps,
                bandwidth=self.camera.stream.bitrate,
            )
        ]
        if sound is not None:
            tracks.append(Track(sound.codec, names[1], sound.payload_type, rate=sound.rate, config=sound.config))
        return describe(
            address=device.address, name=device.dialect.server, session_id=device.number, tracks=tuple(tracks)
        )

    def prepare(self, track: int, wish: TransportSpec) -> TransportSpec | None:
        """See `Delivery`. `destination` is never obeyed: a camera must not flood third parties (RFC 2326 12.39)."""
        carrier = "multicast" if wish.multicast else "tcp" if wish.tcp else "udp"
        if carrier not in (self.host.dialect.transports if self._tls is None else ("tcp",)):
            return None
        if track and carrier != self._carrier:
            return None
        if not track:
            self._close_ports()
        self._carrier = carrier
        sound = self._wanted.sound
        ssrc = sound.ssrc if track and sound is not None else self._wanted.ssrc
        if wish.tcp:
            channel = min(wish.channels[0], 254) if wish.channels else 2 * track
            self.lanes = Lanes(channel) if self.lanes is None or not track else self.lanes._replace(audio=channel)
            return TransportSpec(True, channels=(channel, channel + 1), ssrc=ssrc)
        self.lanes = None
        return self._prepare_datagrams(track, wish, ssrc)

    def _prepare_datagrams(self, track: int, wish: TransportSpec, ssrc: int) -> TransportSpec | None:
        where, ports = self.peer[0], wish.client_port
        if wish.multicast:
            number, sub = self.camera.device.number, self.camera.sub_stream
            where, ports = group_of(number, sub=sub), group_ports(number, track, sub=sub)
        if ports is None or 0 in ports:
            return None
        try:
            pair = PortPair(self.camera.device.address, (where, ports), self._heard_rtcp)
        except OSError as error:
            logger.warning("%s: no UDP ports for %s: %s", self.camera.id, where, error)
            return None
        for old in self._ports[track:]:
            old.close()
        self._ports[track:] = [pair]
        if wish.multicast:
            return TransportSpec(False, multicast=True, group=where, port=ports, ttl=MULTICAST_TTL, ssrc=ssrc)
        return TransportSpec(False, client_port=ports, server_port=pair.ports, ssrc=ssrc)

    def start(self) -> list[Start] | None:
        """See `Delivery`."""
        if not self.host.admits() or (self.camera.fault is not None and not self.camera.fault.admits()):
            return None
        first = self.broadcast.join(self)
        self.session = self.conversation.session
        self.camera.watching.append(self)
        self._fleet.wheel.add(self.broadcast)
        cohort = self._wanted
        if self._ports:
            # A key frame may be seconds away, and gortsplib gives up who is silent in the first second.
            self._ports[0].send_each([], cohort.render(self.broadcast.next_frame, 0).report())
        starts = [Start(0, *cohort.starts(first))]
        if cohort.sound is not None and (len(self._ports) > 1 or (self.lanes is not None and self.lanes.audio >= 0)):
            starts.append(Start(1, *cohort.sound.starts(first)))
        return starts

    def pause(self) -> None:
        """See `Delivery`."""
        self._halt("pause")

    def stop(self, cause: str) -> None:
        """See `Delivery`."""
        self._halt(cause)
        self._close_ports()

    def _close_ports(self) -> None:
        for pair in self._ports:
            pair.close()
        self._ports.clear()

    def _halt(self, cause: str) -> None:
        if self._broadcast is None or self._camera is None:
            return
        self._broadcast.leave(self)
        if self in self._camera.watching:
            self._camera.watching.remove(self)
        if not self.playing:
            return
        self._release(sent=False)
        handled = self._broadcast.next_frame - 1
        self.settle(handled)
        self.playing = False
        self._fleet.ledger.stop(self._camera.id, self.session, handled, cause)

    # Frames, called by the broadcast

    def begin(self, frame: int) -> None:
        """The first frame comes now."""
        self.playing = True
        self._first, self._run_first, self._run_cause = frame, frame, ""
        self._late = self.broadcast.late
        self._omitted = 0
        wanted = self._wanted
        same = wanted.script is self.broadcast.cohort.script
        self._source = wanted if same or wanted.is_key(frame) else None
        self.odd = self._special
        self.restate(frame)

    @property
    def _special(self) -> bool:
        """Whether frames of this reader are not those of everybody."""
        return (
            self.camera.fault is not None
            or self._omitted != 0
            or self._tls is not None
            or self._source is not self.broadcast.cohort
        )

    def restate(self, frame: int) -> None:
        """Tell the ledger that this session gets frames from `frame` on."""
        self._fleet.ledger.play(
            self.camera.id,
            self.session,
            self.broadcast.cohort,
            frame,
            self._first,
            peer=f"{self.peer[0]}:{self.peer[1]}",
            agent=self.conversation.agent,
            transport="tls" if self._tls is not None else self._carrier,
        )

    @property
    def unsettled(self) -> int:
        """The first frame the ledger does not know of yet."""
        return self._held if self._held >= 0 else self._run_first

    def held_since_ns(self) -> int | None:
        """When the frame is due that is only half with the kernel; None if there is none."""
        return self.broadcast.cohort.scheduled(self._held) if self._held >= 0 else None

    def send_carefully(self, frame: Rendered) -> None:
        """A frame for a reader that is slow or speaks TLS, or whose camera has a fault."""
        own = self._own(frame)
        if own is None or self.lanes is None:
            return
        number = own.frame
        if self._rest and not self._flush():
            self.note(number, "slow-reader")
            return
        head, tail, size = own.stream(self.lanes, self._omitted)
        whole = b"".join((head, self._mark(own.cohort), tail))
        if self._tls is not None:
            whole = self._tls.seal(whole)
            size = len(whole)
        try:
            sent = self.send(whole)
        except BlockingIOError:
            if self._tls is None:
                self.note(number, "slow-reader")
                return
            sent = 0  # what was sealed must be sent
        if sent == size:
            self.note(number, "")
            self.odd = self._special
        else:
            self.hold(number, whole[sent:])

    def send_datagrams(self, frame: Rendered) -> None:
        """A frame by UDP, packet by packet."""
        own = self._own(frame)
        if own is None or not self._ports:
            return
        if self.multicast and self.camera.sender is not self:
            self.note(own.frame, "")  # another reader's frames are this one's too
            return
        report = own.report() if own.key else b""
        packets = own.datagrams(self._omitted)
        mark = self._mark(own.cohort)
        fault = self.camera.fault
        if fault is None:
            sent, lost = self._ports[0].send(packets, mark, report), ""
        else:
            before, head, tail, after = packets
            whole = [*before, *([head + mark + tail] if head else []), *after]
            left = fault.mangles(whole, self._moment(own))
            sent = self._ports[0].send_each(left, report)
            lost = f"fault:{fault.kind}" if set(left) != set(whole) else ""
        for pair in self._ports[1:]:
            pair.send_each(own.sound(), own.audio_report() if own.key else b"")
        self.note(own.frame, lost if sent else "send-refused")

    def _own(self, frame: Rendered) -> Rendered | None:
        """The frame as this camera sends it; None if something is wrong that keeps it back, and the ledger knows."""
        if self._muted:
            self.note(frame.frame, self._muted)
            return None
        fault = self.camera.fault
        self._switch(frame.frame)
        if self._source is None:
            self.note(frame.frame, f"fault:{fault.kind}" if fault is not None else "no-key-frame")
            return None
        own = frame.of(self._source)
        if fault is None or not fault.omits(self._moment(own)):
            return own
        self._omitted += own.packets  # the encoder never made it: sequence numbers go on
        self.note(own.frame, f"fault:{fault.kind}" if fault.honest else "")
        return None

    def _switch(self, frame: int) -> None:
        """Send what is wanted now; other pictures begin with a key frame of theirs, and sequence numbers go on."""
        wanted, source = self._wanted, self._source
        if wanted is source:
            return
        if source is not None and wanted.script is source.script:
            self._source = wanted
        elif wanted.is_key(frame):
            self._source = wanted
            if source is not None:
                self._omitted += wanted.sequence(frame) - source.sequence(frame)

    def _moment(self, frame: Rendered) -> Moment:
        cohort = frame.cohort
        _, _, size = frame.stream(_PLAIN, 0)
        return Moment(self.camera.id, frame.frame, self._first, cohort.num / cohort.den, size, cohort.is_key)

    def mute(self, cause: str) -> None:
        """Keep the connection, and neither hear nor say anything on it."""
        self._muted, self.odd = cause, True

    @property
    def muted(self) -> bool:
        """Whether `mute` was called."""
        return bool(self._muted)

    def note(self, frame: int, cause: str) -> None:
        """From `frame` on frames are sent (no cause), or skipped for this cause."""
        if cause == self._run_cause or self._held >= 0:
            return
        self._write_run(frame - 1)
        self._run_cause = cause
        self.odd = True

    def hold(self, frame: int, rest: bytes) -> None:
        """The kernel took only a part of `frame`; what is left goes out before anything else."""
        self._write_run(frame - 1)
        self._held = frame
        self._run_first, self._run_cause = frame + 1, "slow-reader"
        self.odd = True
        self._keep(rest)

    def settle(self, through: int) -> None:
        """Write what is known up to frame `through` into the ledger and the counters."""
        if self._held < 0:
            self._write_run(through)
        late = self.broadcast.late
        self.camera.count_late(late - self._late)
        self._late = late

    def lost(self, error: OSError, frame: int) -> None:
        """The connection broke while `frame` was sent, so this one did not arrive."""
        self.note(frame, "disconnect")
        logger.info("%s: reader %s is gone: %s", self.camera.id, self.peer[0], error)
        self.close("disconnect")

    def _write_run(self, through: int) -> None:
        first, count = self._run_first, through - self._run_first + 1
        if count <= 0:
            return
        self._run_first = through + 1
        if self._run_cause:
            self._fleet.ledger.skip(self.camera.id, self.session, first, through, self._run_cause)
            self.camera.count_dropped(count)
        else:
            self._fleet.ledger.span(self.camera.id, self.session, first, through, self.broadcast.cohort)
            self.camera.count_sent(count)

    def _release(self, *, sent: bool) -> None:
        """The half-sent frame is out, or never will be."""
        frame, self._held = self._held, -1
        if frame < 0:
            return
        if sent:
            self._fleet.ledger.span(self.camera.id, self.session, frame, frame, self.broadcast.cohort)
            self.camera.count_sent(1)
        else:
            self._fleet.ledger.skip(self.camera.id, self.session, frame, frame, "slow-reader")
            self.camera.count_dropped(1)

    # The connection

    def readable(self) -> None:
        """Bytes have come, or the end."""
        if self._rest or self._thinking:  # who does not take what it is told is not heard
            self._deaf = True
            self._fleet.loop.remove_reader(self.sock)
        elif self._fleet.hearing.turn(self.sock, self.readable):
            try:
                self._hear()
            finally:
                self._fleet.hearing.done()

    def _hear(self) -> None:
        try:
            data = self.sock.recv(_RECEIVE)
        except BlockingIOError:
            return
        except OSError as error:
            logger.debug("%s: %s: %s", self.name, self.peer[0], error)
            data = b""
        if not data:
            self.close("disconnect")
            return
        if self._muted:
            return
        if self._tls is not None:
            data = self._unseal(data)
            if not data:
                return
        delay = self.host.dialect.slow_answer
        if delay:
            self._thinking = True
            self._fleet.loop.call_later(delay, self._understand_late, data)
        else:
            self._understand(data)

    def _understand_late(self, data: bytes) -> None:
        self._thinking = False
        self._understand(data)
        self._listen_again()

    def _listen_again(self) -> None:
        if self._deaf and not (self.closed or self._rest or self._thinking):
            self._deaf = False
            self._fleet.loop.add_reader(self.sock, self.readable)

    def _unseal(self, data: bytes) -> bytes:
        assert self._tls is not None
        try:
            data, answer, going = self._tls.receive(data)
        except ssl.SSLError as error:
            logger.debug("%s: %s: %s", self.name, self.peer[0], error)
            self.close("protocol")
            return b""
        if answer:
            self._write(answer)
        if not going:
            self.close("disconnect")
            return b""
        return data

    def _understand(self, data: bytes) -> None:
        if self.closed:
            return
        answer, alive = self.conversation.receive(data)
        if alive:
            self.heard, self.spoke = time.monotonic(), True
        if answer:
            self._answer(answer)
        if self.conversation.closing:
            self.close("protocol")

    def expired(self, now: float) -> str:
        """Why this connection must go, or an empty string. `now` is of the monotonic clock."""
        dialect = self.host.dialect
        quiet = now - self.heard
        if self._stalled and now - self._stalled > dialect.stall_timeout:
            return "stalled"
        if not self.spoke or (not self.playing and not self.conversation.decoder.idle):
            return "silent" if quiet > FIRST_MESSAGE_S else ""
        told = bool(self._ports) or dialect.tcp_times_out
        if (not self.playing or told) and quiet > dialect.session_timeout:
            return "timeout"
        return ""

    def reset(self, cause: str) -> None:
        """End session and connection as a device does that has forgotten them: by RST."""
        if not self.closed:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            self.close(cause)

    def close(self, cause: str) -> None:
        """End session and connection."""
        if self.closed:
            return
        self.closed = True
        self.stop(cause)
        loop = self._fleet.loop
        loop.remove_reader(self.sock)
        if self._writing:
            loop.remove_writer(self.sock)
        self.sock.close()
        self._fleet.forget(self)

    def _heard_rtcp(self) -> None:
        self.heard = time.monotonic()

    def _answer(self, data: bytes) -> None:
        self._write(data if self._tls is None else self._tls.seal(data))

    def _write(self, data: bytes) -> None:
        if self.closed:
            return
        sent = 0
        if not self._rest:
            try:
                sent = self.sock.send(data)
            except BlockingIOError:
                sent = 0
            except OSError as error:
                logger.debug("%s: %s: %s", self.name, self.peer[0], error)
                self.close("disconnect")
                return
        if sent < len(data):
            self.odd = True
            self._keep(self._rest + data[sent:])
        if len(self._rest) > MOST_UNSENT_ANSWERS and self._held < 0:
            self.close("protocol")

    def _keep(self, rest: bytes) -> None:
        self._rest = rest
        self._stalled = self._stalled or time.monotonic()
        if not self._writing:
            self._writing = True
            self._fleet.loop.add_writer(self.sock, self._writable)

    def _writable(self) -> None:
        try:
            self._flush()
        except OSError as error:
            logger.debug("%s: %s: %s", self.name, self.peer[0], error)
            self.close("disconnect")

    def _flush(self) -> bool:
        """Send what was left over; whether all of it is out now."""
        try:
            sent = self.sock.send(self._rest)
        except BlockingIOError:
            return False
        if sent:
            self._stalled = time.monotonic()
        self._rest = self._rest[sent:]
        if self._rest:
            return False
        self._stalled = 0.0
        self._writing = False
        self._fleet.loop.remove_writer(self.sock)
        self._listen_again()
        self._release(sent=True)
        return True
