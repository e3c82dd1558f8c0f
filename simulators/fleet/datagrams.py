"""UDP sockets of a session: RTP and RTCP from the camera's own address, an even port and the next (RFC 3550 11)."""

from __future__ import annotations

import asyncio
import errno
import socket
import struct
from collections.abc import Callable, Iterator, Sequence
from ipaddress import IPv4Address

FIRST_PORT, LAST_PORT = 20_000, 20_198
MULTICAST_TTL = 1
"""Of multicast packets: they stay in the camera's own network."""
REST_S = 0.5
"""RTCP says that somebody is there, and need not say so more often."""
_MOST_RECEIVED = 4096
"""Bytes that wait with the kernel for a socket; what comes to RTP ports is never read."""
FIRST_GROUP_PORT, GROUP_PORTS = 24_000, 40_000
_GROUPS = int(IPv4Address("239.128.0.0"))
_UDP_SEGMENT = 103
"""Ancillary data of a send: cut into datagrams of this size (udp(7)); at most 64, and 64 kB in all."""
_MOST_SEGMENTS, _MOST_BYTES = 64, 65_000
_NO_SEGMENTS = (errno.EIO, errno.EINVAL, errno.ENOPROTOOPT, errno.EOPNOTSUPP)


def group_of(number: int, *, sub: bool) -> str:
    """The multicast group of a stream, of the locally scoped ones (RFC 2365 6.1): each camera has two."""
    return str(IPv4Address(_GROUPS + 2 * number + sub))


def group_ports(number: int, track: int, *, sub: bool) -> tuple[int, int]:
    """Where members of a group listen: RTP and RTCP of a track.

    Streams have different ports too, for as long as there are any: a member that listens on every address hears all
    groups that its machine has joined.
    """
    first = FIRST_GROUP_PORT + (2 * number + sub) * 4 % GROUP_PORTS + 2 * track
    return first, first + 1


def trains(packets: Sequence[bytes]) -> Iterator[list[bytes]]:
    """Packets in their order, in runs that one send takes: equally long, but for the last, which may be shorter."""
    train: list[bytes] = []
    size = total = 0
    for packet in packets:
        length = len(packet)
        if train and (length > size or total % size or len(train) == _MOST_SEGMENTS or total + length > _MOST_BYTES):
            yield train
            train, total = [], 0
        if not train:
            size = length
        train.append(packet)
        total += length
    if train:
        yield train


class PortPair:
    """Two connected sockets. They only take packets of their one reader.

    Args:
        address: the camera's.
        reader: address of the reader or of a multicast group, and the RTP and RTCP ports there.
        heard: called when RTCP comes from the reader.

    Raises:
        OSError: the address cannot be used or no pair of ports is free.
    """

    _segments = True
    """Whether the kernel cuts several packets out of one send, which is cheaper by half."""

    def __init__(self, address: str, reader: tuple[str, tuple[int, int]], heard: Callable[[], None]) -> None:
        self._heard = heard
        where, ports = reader
        multicast = IPv4Address(where).is_multicast
        # What goes to a group comes from its ports, since Transport has no server_port there; gortsplib takes no other.
        self._rtp, self._rtcp = _bind(address, [ports[0]] if multicast else range(FIRST_PORT, LAST_PORT, 2))
        self.ports: tuple[int, int] = (self._rtp.getsockname()[1], self._rtcp.getsockname()[1])
        try:
            if multicast:
                for sock in (self._rtp, self._rtcp):
                    sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(address))
                    sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, MULTICAST_TTL)
            self._rtp.connect((where, ports[0]))
            self._rtcp.connect((where, ports[1]))
            self._loop = asyncio.get_running_loop()
            self._loop.add_reader(self._rtcp, self._readable)
        except BaseException:
            self._rtp.close()
            self._rtcp.close()
            raise

    def send(self, packets: tuple[list[bytes], bytes, bytes, list[bytes]], mark: bytes, report: bytes) -> bool:
        """Send a frame (`Rendered.datagrams`) and a sender report; whether the kernel took all of the frame."""
        before, head, tail, after = packets
        try:
            for packet in before:
                self._rtp.send(packet)
            if head:
                self._rtp.sendmsg((head, mark, tail))
            for train in trains(after):
                self._send_train(train)
            if report:
                self._rtcp.send(report)
        except OSError:  # a full buffer, or an earlier packet found no open port (ICMP): the frame is not whole
            return False
        return True

    def _send_train(self, train: list[bytes]) -> None:
        if len(train) > 1 and self._segments:
            try:
                self._rtp.sendmsg(train, [(socket.IPPROTO_UDP, _UDP_SEGMENT, struct.pack("=H", len(train[0])))])
            except OSError as error:
                if error.errno not in _NO_SEGMENTS:
                    raise
                self._segments = False  # an interface without checksums, or whose MTU is less: nothing was sent
            else:
                return
        for packet in train:
            self._rtp.send(packet)

    def send_each(self, packets: list[bytes], report: bytes) -> bool:
        """Send packets as they are, and a sender report; whether the kernel took all packets."""
        try:
            for packet in packets:
                self._rtp.send(packet)
            if report:
                self._rtcp.send(report)
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Free the ports."""
        self._loop.remove_reader(self._rtcp)
        self._rtp.close()
        self._rtcp.close()

    def _readable(self) -> None:
        try:
            self._rtcp.recv(2048)
        except OSError:  # also how a connected socket tells of an ICMP refusal
            return
        self._loop.remove_reader(self._rtcp)
        self._loop.call_later(REST_S, self._listen_again)
        self._heard()

    def _listen_again(self) -> None:
        if self._rtcp.fileno() >= 0:
            self._loop.add_reader(self._rtcp, self._readable)


def _bind(address: str, first: Sequence[int]) -> tuple[socket.socket, socket.socket]:
    """Sockets with one of these ports and the next; where there is no choice, others may have them too."""
    refused: OSError | None = None
    for port in first:
        pair: list[socket.socket] = []
        try:
            for number in (port, port + 1):
                pair.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK))
                pair[-1].setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _MOST_RECEIVED)
                pair[-1].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, len(first) == 1)
                pair[-1].bind((address, number))
        except OSError as error:
            refused = error
            for sock in pair:
                sock.close()
        else:
            return pair[0], pair[1]
    raise refused or OSError("no ports")
