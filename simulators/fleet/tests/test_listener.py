from __future__ import annotations

import socket

import pytest

from simulators.fleet.bench import free_port
from simulators.fleet.listener import datagrams_sharded, listen, listen_sharded, open_sharded, shard_of
from simulators.fleet.ports import Ports

ADDRESSES = [f"127.19.{third}.{fourth}" for third in range(3) for fourth in range(1, 40)]


@pytest.mark.parametrize("shards", [1, 2, 3, 5])
def test_each_shard_accepts_the_connections_to_its_own_addresses(shards: int) -> None:
    port = free_port()
    listeners = listen_sharded(port, shards)
    clients = [socket.create_connection((address, port), timeout=5) for address in ADDRESSES]
    try:
        seen = {}
        for index, listener in enumerate(listeners):
            for _ in range(sum(shard_of(address, shards) == index for address in ADDRESSES)):
                sock, _ = listener.accept()
                seen[sock.getsockname()[0]] = index
                sock.close()
        assert seen == {address: shard_of(address, shards) for address in ADDRESSES}
    finally:
        for sock in (*clients, *listeners):
            sock.close()


@pytest.mark.parametrize("shards", [1, 3])
def test_each_shard_gets_the_datagrams_to_its_own_addresses(shards: int) -> None:
    port = free_port()
    sockets = datagrams_sharded(port, shards)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for address in ADDRESSES:
            sender.sendto(address.encode(), (address, port))
    for index, sock in enumerate(sockets):
        sock.settimeout(5)
        mine = [address for address in ADDRESSES if shard_of(address, shards) == index]
        assert [sock.recv(100).decode() for _ in mine] == mine
        sock.close()


def test_services_that_are_off_have_no_socket_and_a_taken_port_is_named() -> None:
    rtsp, http = free_port(), free_port()
    ports = Ports(rtsp, 0, http, 0, 0)
    groups = open_sharded(ports, 2)
    try:
        assert [sorted(group) for group in groups] == [["http", "rtsp"]] * 2
        with pytest.raises(OSError, match="in use") as caught:
            open_sharded(Ports(free_port(), 0, http, 0, 0), 2)
        assert caught.value.filename == f"http {http}"
    finally:
        for sock in (sock for group in groups for sock in group.values()):
            sock.close()


def test_a_taken_port_is_refused() -> None:
    port = free_port()
    with listen(port), pytest.raises(OSError, match="in use"):
        listen_sharded(port, 2)
