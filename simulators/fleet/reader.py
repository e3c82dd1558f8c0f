"""A reader: one RTSP connection to one address, what it asked for, and how it is sent that."""

from __future__ import annotations

import logging
import socket
import time
from typing import TYPE_CHECKING

from citycam.wire import watermark
from citycam.wire.sdp import Track, describe
from citycam.wire.transport import TransportSpec
from simulators.faults.fault import Moment
from simulators.fleet.accounts import users_of
from simulators.fleet.cohort import PAYLOAD_TYPES, Lanes
from simulators.fleet.connection import Connection
from simulators.fleet.datagrams import MULTICAST_TTL, PortPair, group_of, group_ports
from simulators.fleet.tally import Tally
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

FIRST_MESSAGE_S = 10.0
_PLAIN = Lanes()


class Reader(Connection):
    """One connection. `odd` is set while its frames need more than one plain send; `tally` while it plays."""

    __slots__ = (
        "_broadcast",
        "_camera",
        "_carrier",
        "_fleet",
        "_muted",
        "_omitted",
        "_ports",
        "_source",
        "conversation",
        "host",
        "lanes",
        "mark",
        "odd",
        "spoke",
        "tally",
    )

    def __init__(
        self, fleet: Fleet, host: Host, sock: socket.socket, peer: tuple[str, int], tls: Tls | None = None
    ) -> None:
        super().__init__(fleet, sock, peer, tls)
        self._fleet = fleet
        self._camera: CameraState | None = None
        self._broadcast: Broadcast | None = None
        self._source: Cohort | None = None
        self._carrier = ""
        self._ports: list[PortPair] = []
        self._omitted = 0
        self._muted = ""
        self.host = host
        self.mark = b""
        self.conversation = Conversation(host, self)
        self.spoke = False
        self.odd = False
        self.lanes: Lanes | None = None
        self.tally: Tally | None = None

    @property
    def playing(self) -> bool:
        """Whether frames are sent."""
        return self.tally is not None

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
        if self.tally is not None:
            self.tally.end(cause)
            self.tally = None

    # Frames, called by the broadcast

    def begin(self, frame: int) -> None:
        """The first frame comes now."""
        self.tally = Tally(self._fleet.ledger, self.camera, self.broadcast, self.conversation.session, frame)
        self._omitted = 0
        wanted = self._wanted
        same = wanted.script is self.broadcast.cohort.script
        self._source = wanted if same or wanted.is_key(frame) else None
        self.odd = self._special
        self.restate()

    @property
    def _special(self) -> bool:
        """Whether frames of this reader are not those of everybody."""
        return (
            self.camera.fault is not None
            or self._omitted != 0
            or self._tls is not None
            or self._source is not self.broadcast.cohort
        )

    def restate(self) -> None:
        """Tell the ledger from which frame on it is to hear of this session."""
        if self.tally is None:
            return
        self._fleet.ledger.play(
            self.camera.id,
            self.tally.session,
            self.broadcast.cohort,
            self.tally.unsettled,
            self.tally.first,
            peer=f"{self.peer[0]}:{self.peer[1]}",
            agent=self.conversation.agent,
            transport="tls" if self._tls is not None else self._carrier,
        )

    def note(self, frame: int, cause: str) -> None:
        """From `frame` on frames are sent (no cause), or skipped for this cause."""
        if self.tally is not None and self.tally.note(frame, cause):
            self.odd = True

    def hold(self, frame: int, rest: bytes) -> None:
        """The kernel took only a part of `frame`; what is left goes out before anything else."""
        if self.tally is not None:
            self.tally.hold(frame)
        self._keep(rest)

    def lost(self, error: OSError, frame: int) -> None:
        """The connection broke while `frame` was sent, so this one did not arrive."""
        self.note(frame, "disconnect")
        logger.info("%s: reader %s is gone: %s", self.camera.id, self.peer[0], error)
        self.close("disconnect")

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
        first = self.tally.first if self.tally is not None else frame.frame
        return Moment(self.camera.id, frame.frame, first, cohort.num / cohort.den, size, cohort.is_key)

    def mute(self, cause: str) -> None:
        """Keep the connection, and neither hear nor say anything on it."""
        self._muted, self.odd = cause, True

    @property
    def muted(self) -> bool:
        """Whether `mute` was called."""
        return bool(self._muted)

    # The connection

    def expired(self, now: float) -> str:
        """Why this connection must go, or an empty string. `now` is of the monotonic clock."""
        dialect = self.host.dialect
        quiet = now - self.heard
        if self.stalled(now, dialect.stall_timeout):
            return "stalled"
        if not self.spoke or (not self.playing and not self.conversation.decoder.idle):
            return "silent" if quiet > FIRST_MESSAGE_S else ""
        told = bool(self._ports) or dialect.tcp_times_out
        if (not self.playing or told) and quiet > dialect.session_timeout:
            return "timeout"
        return ""

    def _heard_rtcp(self) -> None:
        self.heard = time.monotonic()

    def _delay(self) -> float | None:
        return None if self._muted else self.host.dialect.slow_answer

    def _understand(self, data: bytes) -> None:
        answer, alive = self.conversation.receive(data)
        if self.conversation.wrong:
            self._fleet.callers.refused(self.host.address, self.conversation.wrong)
            self.conversation.wrong = 0
        if alive:
            self.heard, self.spoke = time.monotonic(), True
        if answer:
            self._answer(answer)
        if self.conversation.closing:
            self.close("protocol")

    def _keep(self, rest: bytes) -> None:
        self.odd = True
        super()._keep(rest)

    def _bound(self) -> bool:
        return self.tally is not None and self.tally.holds

    def _emptied(self) -> None:
        if self.tally is not None:
            self.tally.release(sent=True)

    def _ended(self, cause: str) -> None:
        self.stop(cause)
        self._fleet.forget(self)
