"""A reader: one RTSP connection to one address, its socket, and what the ledger is told of it."""

from __future__ import annotations

import logging
import socket
import struct
import time
from typing import TYPE_CHECKING

from citycam.model.credentials import camera_password
from citycam.wire import watermark
from citycam.wire.sdp import describe
from citycam.wire.transport import TransportSpec
from simulators.faults.fault import Moment
from simulators.fleet.datagrams import PortPair
from simulators.rtsp.conversation import Conversation, Start

if TYPE_CHECKING:
    from citycam.wire.rtsp import Response
    from simulators.faults.fault import Fault
    from simulators.fleet.broadcast import Broadcast
    from simulators.fleet.cohort import Rendered
    from simulators.fleet.fleet import Fleet
    from simulators.fleet.state import CameraState, Host

logger = logging.getLogger(__name__)

MOST_UNSENT_ANSWERS = 64 * 1024
FIRST_MESSAGE_S = 10.0
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER of no time at all: closing sends RST."""
_RECEIVE = 16 * 1024


class Reader:
    """One connection. `odd` is set while its frames need more than one plain send."""

    __slots__ = (
        "_broadcast",
        "_camera",
        "_datagrams",
        "_first",
        "_fleet",
        "_held",
        "_late",
        "_muted",
        "_omitted",
        "_rest",
        "_run_cause",
        "_run_first",
        "_stalled",
        "_writing",
        "channel",
        "closed",
        "conversation",
        "heard",
        "host",
        "mark",
        "odd",
        "peer",
        "playing",
        "sendmsg",
        "session",
        "sock",
        "spoke",
    )

    def __init__(self, fleet: Fleet, host: Host, sock: socket.socket, peer: tuple[str, int]) -> None:
        self._fleet = fleet
        self._camera: CameraState | None = None
        self._broadcast: Broadcast | None = None
        self.host = host
        self.sock = sock
        self.sendmsg = sock.sendmsg
        self.peer = peer
        self.mark = b""
        self.conversation = Conversation(host, self)
        self.heard = time.monotonic()
        self.spoke = False
        self.closed = False
        self.playing = False
        self.odd = False
        self.session = ""
        self.channel = 0
        self._datagrams: PortPair | None = None
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

    def watches(self, camera: CameraState) -> bool:
        """Whether this connection is about `camera`."""
        return self._camera is camera

    @property
    def _fault(self) -> Fault | None:
        return self._camera.fault if self._camera is not None else self.host.fault

    # What the conversation asks for (simulators.rtsp.conversation.Delivery)

    def password(self) -> str:
        """See `Delivery`."""
        password = camera_password(self._fleet.key, self.host.serial)
        return self._fault.password(password) if self._fault is not None else password

    def encode(self, method: str, answer: Response) -> bytes:
        """See `Delivery`."""
        return self._fault.answers(method, answer) if self._fault is not None else answer.encode()

    def select(self, target: str) -> bool:
        """See `Delivery`."""
        camera = self.host.cameras.get(target)
        if camera is None or (self.conversation.session and camera is not self._camera):
            return False
        if camera is not self._camera:
            self._camera = camera
            self._broadcast = self._fleet.broadcast_of(camera.device)
            self.mark = watermark.camera_part(camera.device.number)
        return True

    def description(self) -> str:
        """See `Delivery`."""
        device = self.camera.device
        script = self.broadcast.cohort.script
        return describe(
            address=device.address,
            name=device.dialect.server,
            control=device.dialect.track,
            sps=script.sps,
            pps=script.pps,
            fps=script.fps,
            bandwidth=device.bitrate,
            session_id=device.number,
        )

    def prepare(self, wish: TransportSpec) -> TransportSpec | None:
        """See `Delivery`. `destination` is never obeyed: a camera must not flood third parties (RFC 2326 12.39)."""
        ssrc = self.broadcast.cohort.ssrc
        if wish.multicast or ("tcp" if wish.tcp else "udp") not in self.host.dialect.transports:
            return None
        if self._datagrams is not None:
            self._datagrams.close()
            self._datagrams = None
        if wish.tcp:
            self.channel = min(wish.channels[0], 254) if wish.channels else 0
            return TransportSpec(True, channels=(self.channel, self.channel + 1), ssrc=ssrc)
        if wish.client_port is None or 0 in wish.client_port:
            return None
        try:
            self._datagrams = PortPair(self.camera.device.address, (self.peer[0], wish.client_port), self._heard_rtcp)
        except OSError as error:
            logger.warning("%s: no UDP ports for %s: %s", self.camera.id, self.peer[0], error)
            return None
        self.channel = -1
        return TransportSpec(False, client_port=wish.client_port, server_port=self._datagrams.ports, ssrc=ssrc)

    def start(self) -> Start | None:
        """See `Delivery`."""
        if not self.host.admits() or (self.camera.fault is not None and not self.camera.fault.admits()):
            return None
        first = self.broadcast.join(self)
        self.session = self.conversation.session
        self.camera.watching.append(self)
        self._fleet.wheel.add(self.broadcast)
        cohort = self.broadcast.cohort
        return Start(cohort.sequence(first) & 0xFFFF, cohort.timestamp(first))

    def pause(self) -> None:
        """See `Delivery`."""
        self._halt("pause")

    def stop(self, cause: str) -> None:
        """See `Delivery`."""
        self._halt(cause)
        if self._datagrams is not None:
            self._datagrams.close()
            self._datagrams = None

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
        """The first frame, a key frame, comes now."""
        self.playing = True
        self._first, self._run_first, self._run_cause = frame, frame, ""
        self._late = self.broadcast.late
        self.odd = self.camera.fault is not None
        self.restate(frame)

    def restate(self, frame: int) -> None:
        """Tell the ledger that this session gets frames from `frame` on."""
        self._fleet.ledger.play(
            self.camera.id,
            self.session,
            self.broadcast.cohort,
            frame,
            peer=f"{self.peer[0]}:{self.peer[1]}",
            agent=self.conversation.agent,
            transport="tcp" if self._datagrams is None else "udp",
        )

    @property
    def unsettled(self) -> int:
        """The first frame the ledger does not know of yet."""
        return self._held if self._held >= 0 else self._run_first

    def held_since_ns(self) -> int | None:
        """When the frame is due that is only half with the kernel; None if there is none."""
        return self.broadcast.cohort.scheduled(self._held) if self._held >= 0 else None

    def send_carefully(self, frame: Rendered) -> None:
        """A frame for a reader that is slow, or whose camera has a fault."""
        if self._impeded(frame):
            return
        number = frame.frame
        if self._rest and not self._flush():
            self.note(number, "slow-reader")
            return
        head, tail, size = frame.stream(self.channel, self._omitted)
        pieces = (head, self.mark, tail)
        try:
            sent = self.sendmsg(pieces)
        except BlockingIOError:
            self.note(number, "slow-reader")
            return
        if sent == size:
            self.note(number, "")
            self.odd = self.camera.fault is not None or bool(self._omitted)
        else:
            self.hold(number, b"".join(pieces)[sent:])

    def send_datagrams(self, frame: Rendered) -> None:
        """A frame by UDP, packet by packet."""
        if self._datagrams is None or self._impeded(frame):
            return
        report = frame.report() if frame.key else b""
        packets = frame.datagrams(self._omitted)
        fault = self.camera.fault
        if fault is None:
            self.note(frame.frame, "" if self._datagrams.send(packets, self.mark, report) else "send-refused")
            return
        before, head, tail, after = packets
        whole = [*before, head + self.mark + tail, *after]
        left = fault.mangles(whole, self._moment(frame))
        sent = self._datagrams.send_each(left, report)
        lost = f"fault:{fault.kind}" if set(left) != set(whole) else ""
        self.note(frame.frame, lost if sent else "send-refused")

    def _impeded(self, frame: Rendered) -> bool:
        """Whether something is wrong that keeps this frame back; the ledger then knows."""
        fault = self.camera.fault
        if self._muted:
            self.note(frame.frame, self._muted)
            return True
        if fault is None or not fault.omits(self._moment(frame)):
            return False
        self._omitted += frame.packets  # the encoder never made it: sequence numbers go on
        self.note(frame.frame, f"fault:{fault.kind}" if fault.honest else "")
        return True

    def _moment(self, frame: Rendered) -> Moment:
        cohort = self.broadcast.cohort
        _, _, size = frame.stream(0, 0)
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
        delay = self.host.dialect.slow_answer
        if delay:
            self._fleet.loop.call_later(delay, self._understand, data)
        else:
            self._understand(data)

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
        told = self._datagrams is not None or dialect.tcp_times_out
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
        self._release(sent=True)
        return True
