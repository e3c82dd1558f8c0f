"""What one client, or all of them, may take from a fleet."""

from __future__ import annotations

import asyncio
from pathlib import Path

from citycam.wire.rtsp import Headers, Request
from simulators.fleet import datagrams
from simulators.fleet.tests.test_fleet import consecutive, playing, records
from simulators.fleet.tests.viewer import GOP, Viewer, make_devices, open_fleet, run, until

FLOOD = Request("OPTIONS", "rtsp://camera/", Headers({"CSeq": "1"})).encode() * 20_000


def test_the_process_has_a_limit_of_connections_too(tmp_path: Path) -> None:
    async def test() -> None:
        one, two = make_devices(2)
        async with open_fleet(tmp_path, [one, two]) as fleet:
            fleet.most_connections = 1
            (watching,) = await playing(fleet, one)
            assert await (await Viewer.connect(fleet, two)).ended()
            await watching.watch(GOP)
            await watching.leave()
            await until(lambda: not fleet.status()["connections"], "free place")
            await playing(fleet, two)

    run(test())


def test_who_does_not_read_answers_is_not_heard_and_costs_no_memory(tmp_path: Path) -> None:
    async def test() -> None:
        flooded, device = make_devices(2, stall_timeout=1.0)
        async with open_fleet(tmp_path, [flooded, device]) as fleet:
            (watching,) = await playing(fleet, device)
            deaf = await Viewer.connect(fleet, flooded)
            deaf.pause()
            deaf.writer.write(FLOOD)
            (reader,) = fleet.cameras[flooded.id].host.connections
            await until(lambda: reader._deaf, "a client that is not heard any more")
            assert len(reader._rest) < 64 * 1024
            await watching.watch(GOP)
            await until(lambda: reader.closed, "end of the stalled client")
            assert consecutive(watching.frames)

    run(test())


def test_who_reads_late_is_heard_again_and_gets_every_answer(tmp_path: Path) -> None:
    async def test() -> None:
        (device,) = make_devices(1, stall_timeout=30.0)
        async with open_fleet(tmp_path, [device]) as fleet:
            viewer = await Viewer.connect(fleet, device)
            viewer.pause()
            viewer.writer.write(FLOOD)
            (reader,) = fleet.cameras[device.id].host.connections
            await until(lambda: reader._deaf, "a client that is not heard any more")
            viewer.resume()
            content = b""
            while content.count(b"RTSP/1.0 200 OK") < 20_000:
                content += await asyncio.wait_for(viewer.reader.read(1 << 20), 20)

    run(test())


def test_a_camera_that_answers_slowly_thinks_of_one_thing_at_a_time(tmp_path: Path) -> None:
    async def test() -> None:
        (device,) = make_devices(1, slow_answer=0.05)
        async with open_fleet(tmp_path, [device]) as fleet:
            viewer = await Viewer.connect(fleet, device)
            viewer.writer.write(FLOOD)
            (reader,) = fleet.cameras[device.id].host.connections
            await until(lambda: reader._deaf, "a client that waits for its answers")
            first = await asyncio.wait_for(viewer.reader.read(64 * 1024), 20)
            assert first.startswith(b"RTSP/1.0 200 OK")
            assert first.count(b"RTSP/1.0") < 200
            await viewer.leave()
            await until(lambda: reader.closed, "end of the connection")
            (other,) = await playing(fleet, device)
            assert consecutive(other.frames)

    run(test())


def test_a_flood_of_rtcp_is_read_a_packet_at_a_time(tmp_path: Path) -> None:
    async def test() -> None:
        heard = 0

        def hear() -> None:
            nonlocal heard
            heard += 1

        loop = asyncio.get_running_loop()
        client, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0))
        port = client.get_extra_info("sockname")[1]
        pair = datagrams.PortPair("127.18.99.7", ("127.0.0.1", (port, port)), hear)
        began = loop.time()
        while heard < 3:
            for _ in range(50):
                client.sendto(b"x" * 100, ("127.18.99.7", pair.ports[1]))
            await asyncio.sleep(0)
        assert loop.time() - began >= 2 * datagrams.REST_S
        pair.close()
        client.close()

    run(test())


def test_what_a_stalled_client_was_sent_does_not_stay_with_the_kernel(tmp_path: Path) -> None:
    async def test() -> None:
        (device,) = make_devices(1, stall_timeout=0.2)
        async with open_fleet(tmp_path, [device], size=60_000) as fleet:
            (viewer,) = await playing(fleet, device)
            viewer.pause()
            await until(lambda: bool(records(fleet, "stop")), "end of the session")
            viewer.resume()
            try:
                while await asyncio.wait_for(viewer.reader.read(1 << 20), 20):
                    pass
                raise AssertionError("it was closed in order")
            except ConnectionResetError:
                pass

    run(test())
