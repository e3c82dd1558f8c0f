"""The fleet as ONVIF sees it: devices by address, their streams, pictures, clocks, users; what is done to them."""

from __future__ import annotations

import asyncio
import socket
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from citycam.model.credentials import camera_password
from citycam.wire.digest import Challenge, authorization
from citycam.wire.rtsp import Decoder, Headers, Request, Response
from simulators.canaries.default_credentials import USER
from simulators.faults.freeze import Freeze
from simulators.faults.half_open import HalfOpen
from simulators.faults.new_password import NewPassword
from simulators.faults.reboot import Reboot
from simulators.fleet.bench import free_port
from simulators.fleet.estate import FleetEstate
from simulators.fleet.fleet import Fleet
from simulators.fleet.ports import Ports
from simulators.fleet.services import open_services
from simulators.fleet.tests.clips import SOUND, jpeg_image
from simulators.fleet.tests.viewer import KEY, make_devices, open_fleet, run
from simulators.onvif.estate import Sound, User, Video
from simulators.onvif.tests.devices import PLATE
from simulators.rtsp.device import Device, Stream
from simulators.rtsp.feed import Clock, Feed

ADDRESS = "127.18.98.1"


def devices(count: int = 1, **about: Any) -> list[Device]:
    return [
        replace(device, mac=f"02:00:00:00:00:0{device.number}", **{"equipment": PLATE, **about})
        for device in make_devices(count)
    ]


def recorder(channels: int) -> list[Device]:
    """Channels of one recorder, not in their order."""
    made = [
        replace(device, address=ADDRESS, serial="R1", channel=number, main=Stream(f"/{number}", 1, Feed("clip", 0)))
        for number, device in enumerate(devices(channels), 1)
    ]
    return made[::-1]


def test_a_device_that_knows_no_onvif_is_not_there(tmp_path: Path) -> None:
    async def body() -> None:
        async with open_fleet(tmp_path, [*devices(1), replace(devices(2)[1], equipment=None)]) as fleet:
            estate = FleetEstate(fleet)
            assert [host.address for host in estate.hosts()] == [ADDRESS]
            assert estate.host("127.18.98.2") is estate.host("127.18.98.3") is None
            found = estate.host(ADDRESS)
            assert found is not None
            about = (found.serial, found.mac, found.auth, found.realm)
            assert about == ("S1", "02:00:00:00:00:01", "digest", "IP Camera")

    run(body())


def test_streams_are_those_that_are_sent(tmp_path: Path) -> None:
    sub = Stream("/sub", 64_000, Feed("small", 0))

    async def body() -> None:
        small = {"fps": 5, "gop": 10, "codec": "mjpeg"}
        async with open_fleet(tmp_path, devices(1, sub=sub), clip={"audio": SOUND}, small=small) as fleet:
            host = FleetEstate(fleet).host(ADDRESS)
            assert host is not None
            (channel,) = host.channels()
            main = channel.main
            assert main == Video("/live", "h264", 16, 16, 25, 256_000, 5, "Baseline")
            assert channel.sub is not None
            assert (channel.sub.path, channel.sub.codec, channel.sub.fps) == ("/sub", "mjpeg", 5)
            assert channel.sound == Sound("pcma", 8000)

    run(body())


def test_a_recorder_has_its_channels_in_order(tmp_path: Path) -> None:
    async def body() -> None:
        async with open_fleet(tmp_path, recorder(3)) as fleet:
            (host,) = FleetEstate(fleet).hosts()
            assert [channel.number for channel in host.channels()] == [1, 2, 3]
            assert [channel.main.path for channel in host.channels()] == ["/1", "/2", "/3"]

    run(body())


def test_the_picture_is_that_of_the_second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def body() -> None:
        async with open_fleet(tmp_path, devices()) as fleet:
            host = FleetEstate(fleet).host(ADDRESS)
            assert host is not None
            assert host.snapshot(1) is None, "there are none"
        for number in range(3):
            (tmp_path / "media" / "clip" / f"snapshot-{number:03d}.jpg").write_bytes(jpeg_image(bytes([number])))
        async with open_fleet(tmp_path / "again", devices()) as fleet:
            for number in range(3):
                (fleet.root / "media" / "clip" / f"snapshot-{number:03d}.jpg").write_bytes(jpeg_image(bytes([number])))
            host = FleetEstate(fleet).host(ADDRESS)
            assert host is not None
            for second in (30, 31.9, 32, 33):
                monkeypatch.setattr(time, "time", lambda second=second: second)
                assert host.snapshot(1) == jpeg_image(bytes([int(second) % 3]))
            assert host.snapshot(2) is None

    run(body())


def test_the_clock_is_wrong_as_the_camera_is_until_it_is_set(tmp_path: Path) -> None:
    async def body() -> None:
        async with open_fleet(tmp_path, devices(1, clock=Clock(error_ns=-3_600_000_000_000))) as fleet:
            host = FleetEstate(fleet).host(ADDRESS)
            assert host is not None
            assert abs(host.clock_ns() - time.time_ns() + 3_600_000_000_000) < 10**9
            host.set_clock(5 * 10**18)
            assert 0 <= host.clock_ns() - 5 * 10**18 < 10**9

    run(body())


def test_users_set_over_onvif_count_for_rtsp(tmp_path: Path) -> None:
    async def body() -> None:
        async with open_fleet(tmp_path, devices()) as fleet:
            host = FleetEstate(fleet).host(ADDRESS)
            assert host is not None
            own = camera_password(KEY, "S1")
            assert list(host.users()) == [User("admin", own)]
            host.set_users([User("admin", own), User("vms", "another", "User")])
            assert await status(fleet, "vms", "another") == 200
            assert await status(fleet, "admin", own) == 200
            host.set_users([User("vms", "another")])
            assert await status(fleet, "admin", own) == 401

    run(body())


async def status(fleet: Fleet, name: str, password: str) -> int:
    """What DESCRIBE is answered to this account."""
    reader, writer = await asyncio.open_connection(ADDRESS, fleet.ports.rtsp)
    url, pairs = f"rtsp://{ADDRESS}/live", [("CSeq", "1")]
    try:
        writer.write(Request("DESCRIBE", url, Headers(pairs)).encode())
        refusal = await answered(reader)
        challenge = Challenge.parse(refusal.headers.get("WWW-Authenticate") or "")
        pairs.append(("Authorization", authorization(challenge, "DESCRIBE", url, name, password)))
        writer.write(Request("DESCRIBE", url, Headers(pairs)).encode())
        return (await answered(reader)).status
    finally:
        writer.close()


async def answered(reader: asyncio.StreamReader) -> Response:
    decoder = Decoder()
    while True:
        for message in decoder.feed(await asyncio.wait_for(reader.read(4096), 10)):
            assert isinstance(message, Response)
            return message


def test_a_default_account_is_there_where_the_flaw_is(tmp_path: Path) -> None:
    async def body() -> None:
        plate = replace(PLATE, canaries=("default-credentials",))
        async with open_fleet(tmp_path, devices(1, equipment=plate)) as fleet:
            host = FleetEstate(fleet).host(ADDRESS)
            assert host is not None
            assert USER in host.users()
            assert await status(fleet, USER.name, USER.password) == 200

    run(body())


def test_faults_of_the_device_are_seen(tmp_path: Path) -> None:
    cameras = frozenset({"cam-000001"})

    async def body() -> None:
        async with open_fleet(tmp_path, devices()) as fleet:
            estate = FleetEstate(fleet)
            host = estate.host(ADDRESS)
            assert host is not None
            silences = []
            for fault in (None, Freeze(cameras=cameras), HalfOpen(cameras=cameras)):
                if fault is not None:
                    fleet.apply(fault)
                silences.append(host.silent)
                fleet.heal()
            assert silences == [False, True, False], "a camera that is half-open serves new connections"
            fleet.apply(NewPassword(cameras=cameras, seed=7))
            assert host.users()[0].password == camera_password(KEY, "S1") + "-7-new"
            fleet.heal()
            fleet.apply(Reboot(cameras=cameras))
            assert estate.host(ADDRESS) is None
            assert list(estate.hosts()) == []

    run(body())


def test_a_reboot_is_a_fault_in_the_ledger(tmp_path: Path) -> None:
    async def body() -> None:
        async with open_fleet(tmp_path, recorder(2)) as fleet:
            (host,) = FleetEstate(fleet).hosts()
            host.reboot()
            while not fleet.faults:
                await asyncio.sleep(0)
            (fault,) = fleet.faults
            assert (fault.kind, fault.seconds) == ("reboot", PLATE.boot)
            assert sorted(fault.cameras) == ["cam-000001", "cam-000002"]

    run(body())


def test_the_state_of_a_device_lives_as_long_as_it_does(tmp_path: Path) -> None:
    async def body() -> None:
        async with open_fleet(tmp_path, devices()) as fleet:
            estate = FleetEstate(fleet)
            one, other = estate.host(ADDRESS), estate.host(ADDRESS)
            assert one is not None
            assert other is not None
            assert fleet.hosts[ADDRESS].onvif is None, "nobody asked"
            assert one.state is other.state
            assert one.secret("a") != one.secret("b")
            fleet.replace([])
            fleet.replace(devices())
            again = estate.host(ADDRESS)
            assert again is not None
            assert again.state is not one.state

    run(body())


def test_services_open_their_ports_or_say_which_is_taken(tmp_path: Path) -> None:
    async def body() -> None:
        async with open_fleet(tmp_path, devices()) as fleet:
            http, telnet = free_port(), free_port()
            fleet.ports = Ports(fleet.ports.rtsp, 0, http, free_port(), telnet)
            services = await open_services(fleet, {})
            reader, writer = await asyncio.open_connection(ADDRESS, http)
            writer.write(b"GET / HTTP/1.1\r\n\r\n")
            assert (await reader.readline()).startswith(b"HTTP/1.1 404")
            writer.close()
            services.close()
            with socket.socket() as taken:
                taken.bind(("0.0.0.0", telnet))
                taken.listen()
                with pytest.raises(OSError, match="in use") as caught:
                    await open_services(fleet, {})
            assert caught.value.filename == f"telnet {telnet}"
            with socket.socket() as free:
                free.bind(("0.0.0.0", http))
            fleet.ports = Ports(fleet.ports.rtsp, 0, 0, 0, 0)
            (await open_services(fleet, {})).close()

    run(body())
