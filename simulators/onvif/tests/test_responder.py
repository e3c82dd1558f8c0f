"""The responder on a real socket: each device answers from its own address, a repetition and a stranger get nothing."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import replace

from wsdiscovery.actions.probe import constructProbe  # type: ignore[import-untyped]
from wsdiscovery.message import createSOAPMessage  # type: ignore[import-untyped]

from simulators.fleet.listener import datagrams_sharded
from simulators.onvif.discovery import GROUP
from simulators.onvif.responder import Responder
from simulators.onvif.tests.devices import FakeEstate

COUNT = 40


def estate() -> FakeEstate:
    made = FakeEstate()
    for number in range(1, COUNT + 1):
        made.add(address=f"127.19.252.{number}", serial=f"S{number}")
    return made


def exchange(found: FakeEstate, questions: list[tuple[bytes, str]], expected: int) -> list[tuple[float, str]]:
    """Ask, and collect answers: when each came and from where. Waits for `expected` of them, then for no more."""

    async def body() -> list[tuple[float, str]]:
        loop = asyncio.get_running_loop()
        sock = datagrams_sharded(0, 1)[0]
        port = sock.getsockname()[1]
        responder = Responder(found, sock)
        responder.open()
        heard: list[tuple[float, str]] = []
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.setblocking(False)
            client.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
            begin = loop.time()
            for data, address in questions:
                client.sendto(data, (address, port))
            try:
                while True:
                    patience = 10 if len(heard) < expected else 0.7
                    async with asyncio.timeout(patience):
                        _, peer = await loop.sock_recvfrom(client, 9000)
                    heard.append((loop.time() - begin, peer[0]))
            except TimeoutError:
                return heard
            finally:
                responder.close()

    return asyncio.run(body())


def probe() -> bytes:
    data: str = createSOAPMessage(constructProbe([], []))
    return data.encode()


def test_a_question_to_one_is_answered_by_that_one() -> None:
    heard = exchange(estate(), [(probe(), "127.19.252.7"), (probe(), "127.19.252.9")], 2)
    assert [address for _, address in heard] == ["127.19.252.7", "127.19.252.9"]


def test_a_question_to_all_is_answered_by_all_one_after_another() -> None:
    heard = exchange(estate(), [(probe(), GROUP)], COUNT)
    addresses = [address for _, address in heard]
    assert sorted(addresses) == sorted(host.address for host in estate().hosts())
    assert addresses != sorted(addresses, key=lambda address: int(address.rpartition(".")[2])), "in no order"


def test_a_repeated_question_is_one_question() -> None:
    same = probe()
    assert len(exchange(estate(), [(same, "127.19.252.1")] * 3, 1)) == 1
    assert len(exchange(estate(), [(same, GROUP)] * 2, COUNT)) == COUNT


def test_who_is_not_there_silent_or_hidden_says_nothing() -> None:
    found = estate()
    found.there["127.19.252.1"].silent = True
    found.there["127.19.252.2"].equipment = replace(found.there["127.19.252.2"].equipment, discovery=False)
    asked = [(probe(), f"127.19.252.{number}") for number in (1, 2, 200, 3)]
    assert [address for _, address in exchange(found, [*asked, (b"garbage", "127.19.252.4")], 1)] == ["127.19.252.3"]
