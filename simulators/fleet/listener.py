"""The sockets a fleet listens on: one for a fleet of one process, or one a shard, each with its own addresses."""

from __future__ import annotations

import ctypes
import socket
import struct
from dataclasses import asdict
from ipaddress import IPv4Address

from simulators.fleet.ports import Ports

_BACKLOG = 4096
_SO_ATTACH_REUSEPORT_CBPF = 51
_LOAD_WORD, _MODULO, _RETURN_A = 0x20, 0x94, 0x16
_DESTINATION = 0xFFF00000 + 16
"""Destination address in the IP header, seen from SKF_NET_OFF (linux/filter.h)."""


def shard_of(address: IPv4Address | str, shards: int) -> int:
    """Which shard the device at an address belongs to: its number as a whole, so the channels of a recorder stay."""
    return int(IPv4Address(address)) % shards


def listen(port: int) -> socket.socket:
    """A socket that accepts connections to every address.

    Raises:
        OSError: the port is taken or forbidden.
    """
    sock = _bound(port, shared=False)
    sock.listen(_BACKLOG)
    return sock


def listen_sharded(port: int, shards: int) -> list[socket.socket]:
    """Sockets of which the i-th accepts the connections to the addresses of shard i.

    The kernel asks a BPF program which socket of the group a connection belongs to (socket(7),
    SO_ATTACH_REUSEPORT_CBPF). Whoever made the sockets must keep them open: a group that loses one is counted anew.

    Raises:
        OSError: the port is taken or forbidden.
    """
    if shards == 1:
        return [listen(port)]
    _bound(port, shared=False).close()  # a group could be joined by others of this user, who would get our connections
    sockets = [_bound(port, shared=True) for _ in range(shards)]
    for sock in sockets:  # in the order in which they listen they are numbered
        sock.listen(_BACKLOG)
    _attach(sockets[0], shards)
    return sockets


def open_sharded(ports: Ports, shards: int) -> list[dict[str, socket.socket]]:
    """The sockets of each shard by service, for all services that are not off.

    Raises:
        OSError: a port is taken or forbidden; `filename` says which.
    """
    groups: list[dict[str, socket.socket]] = [{} for _ in range(shards)]
    try:
        for service, port in asdict(ports).items():
            if not port:
                continue
            try:
                sockets = datagrams_sharded(port, shards) if service == "discovery" else listen_sharded(port, shards)
            except OSError as error:
                raise OSError(error.errno, error.strerror, f"{service} {port}") from error
            for group, sock in zip(groups, sockets, strict=True):
                group[service] = sock
    except OSError:
        for sock in (sock for group in groups for sock in group.values()):
            sock.close()
        raise
    return groups


def datagrams_sharded(port: int, shards: int) -> list[socket.socket]:
    """UDP sockets of which the i-th gets the datagrams to the addresses of shard i, and every one those to its groups.

    Raises:
        OSError: the port is taken or forbidden.
    """
    sockets = [_bound(port, shared=True, kind=socket.SOCK_DGRAM) for _ in range(shards)]
    if shards > 1:
        _attach(sockets[0], shards)
    return sockets


def _bound(port: int, *, shared: bool, kind: int = socket.SOCK_STREAM) -> socket.socket:
    sock = socket.socket(socket.AF_INET, kind | socket.SOCK_NONBLOCK)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.bind(("0.0.0.0", port))
    except OSError:
        sock.close()
        raise
    return sock


def _attach(sock: socket.socket, shards: int) -> None:
    """`return destination % shards`, as struct sock_fprog of struct sock_filter."""
    lines = [(_LOAD_WORD, 0, 0, _DESTINATION), (_MODULO, 0, 0, shards), (_RETURN_A, 0, 0, 0)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *line) for line in lines))
    program = struct.pack("@HP", len(lines), ctypes.addressof(code))
    sock.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_REUSEPORT_CBPF, program)
