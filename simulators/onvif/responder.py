"""The UDP socket that answers WS-Discovery for every device of an estate, each from its own address."""

from __future__ import annotations

import asyncio
import logging
import random
import socket
import struct
from collections import OrderedDict
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from simulators.onvif.discovery import GROUP, MAX_DELAY_S, Question, match, parse

if TYPE_CHECKING:
    from simulators.onvif.estate import Estate, Host

logger = logging.getLogger(__name__)

MOST_SWEEPS = 4
"""Multicast questions that are being answered at once; more are passed over, as UDP may."""
_STEP_S = 0.002
_REMEMBERED = 64
_DATAGRAM = 8192
_PKTINFO = 8
"""IP_PKTINFO (ip(7)), which this Python has no name for."""
_PER_WAKE = 16


class Responder:
    """Answers on one socket. A question by multicast goes to all, and nobody's answer meets everybody else's."""

    def __init__(self, estate: Estate, sock: socket.socket) -> None:
        self._estate = estate
        self._sock = sock
        self._loop = asyncio.get_running_loop()
        self._seen: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._sweeps = 0
        self._sent = 0

    def open(self) -> None:
        """Join the group on every interface, and answer."""
        self._sock.setblocking(False)
        self._sock.setsockopt(socket.IPPROTO_IP, _PKTINFO, 1)
        for index, name in socket.if_nameindex():
            membership = struct.pack("@4s4si", socket.inet_aton(GROUP), bytes(4), index)
            try:
                self._sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
            except OSError as error:
                logger.debug("no multicast on %s: %s", name, error)
        self._loop.add_reader(self._sock, self._readable)

    def close(self) -> None:
        """Answer no more."""
        self._loop.remove_reader(self._sock)
        self._sock.close()

    def _readable(self) -> None:
        for _ in range(_PER_WAKE):
            try:
                data, ancillary, _, peer = self._sock.recvmsg(_DATAGRAM, socket.CMSG_SPACE(12))
            except BlockingIOError:
                return
            except OSError as error:
                logger.debug("discovery: %s", error)
                return
            target = _destination(ancillary)
            question = parse(data)
            if question is not None and target:
                self._take(question, target, peer)

    def _take(self, question: Question, target: str, peer: tuple[str, int]) -> None:
        key = (question.message, target)
        if key in self._seen:  # SOAP-over-UDP repeats what it sends
            return
        self._seen[key] = None
        while len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        if target == GROUP:
            self._begin(question, peer)
        elif (host := self._estate.host(target)) is not None:
            self._answer(host, question, peer)

    def _begin(self, question: Question, peer: tuple[str, int]) -> None:
        if self._sweeps >= MOST_SWEEPS:
            return
        hosts = list(self._estate.hosts())
        random.shuffle(hosts)  # so that each waits a random time up to APP_MAX_DELAY, and never all at once
        self._sweeps += 1
        self._sweep(iter(hosts), -(-len(hosts) // round(MAX_DELAY_S / _STEP_S)), question, peer)

    def _sweep(self, hosts: Iterator[Host], step: int, question: Question, peer: tuple[str, int]) -> None:
        some = list(islice(hosts, step))
        for host in some:
            self._answer(host, question, peer)
        if some and self._sock.fileno() >= 0:
            self._loop.call_later(_STEP_S, self._sweep, hosts, step, question, peer)
        else:
            self._sweeps -= 1

    def _answer(self, host: Host, question: Question, peer: tuple[str, int]) -> None:
        if host.silent or not question.concerns(host):
            return
        self._sent += 1
        data = match(self._estate, host, question, self._sent)
        source = struct.pack("@i4s4s", 0, socket.inet_aton(host.address), bytes(4))
        try:
            self._sock.sendmsg([data], [(socket.IPPROTO_IP, _PKTINFO, source)], 0, peer)
        except OSError as error:  # it is UDP: lost
            logger.debug("%s cannot answer %s: %s", host.address, peer[0], error)


def _destination(ancillary: list[tuple[int, int, bytes]]) -> str:
    """The address a datagram was sent to (ip(7), IP_PKTINFO)."""
    for level, kind, data in ancillary:
        if level == socket.IPPROTO_IP and kind == _PKTINFO:
            return socket.inet_ntoa(data[8:12])
    return ""
