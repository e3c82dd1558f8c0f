from __future__ import annotations

import socket

import pytest

from simulators.fleet.bench import free_port
from simulators.fleet.listener import listen, listen_sharded, shard_of

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


def test_a_taken_port_is_refused() -> None:
    port = free_port()
    with listen(port), pytest.raises(OSError, match="in use"):
        listen_sharded(port, 2)
