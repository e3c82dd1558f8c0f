"""Streams of every kind on a running fleet: codecs, sound, sub streams, TLS, multicast, clocks."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from citycam.wire import rtp, sdp
from citycam.wire.transport import parse_transports
from simulators.fleet.datagrams import group_of, group_ports
from simulators.fleet.tests.clips import SETS, SOUND
from simulators.fleet.tests.test_fleet import consecutive, playing, records
from simulators.fleet.tests.viewer import FPS, GOP, Viewer, make_devices, open_fleet, run, sent_frames, until
from simulators.rtsp.device import Device, Stream
from simulators.rtsp.feed import Clock, Feed


def playing_clip(device: Device, name: str, **feed: Any) -> Device:
    """The camera with another clip."""
    return replace(device, main=replace(device.main, feed=Feed(name, device.main.feed.slot, **feed)))


@pytest.mark.parametrize("codec", ["h264", "h265"])
def test_every_frame_comes_once_and_whole(tmp_path: Path, codec: str) -> None:
    async def test() -> None:
        (device,) = make_devices(1)
        device = playing_clip(device, "other")
        async with open_fleet(tmp_path, [device], other={"codec": codec, "size": 3000}) as fleet:
            (viewer,) = await playing(fleet, device)
            await viewer.watch(2 * GOP)
            await fleet.checkpoint()
            assert viewer.codec == codec
            assert consecutive(viewer.frames)
            assert consecutive(viewer.sequences, 2**16)
            assert all(unit.complete for unit in viewer.units)
            assert viewer.units[0].units[: len(SETS[codec])] == SETS[codec]
            assert set(viewer.frames) <= set(sent_frames(fleet.ledger.path, device.id)) | {viewer.frames[-1]}

    run(test())


def test_motion_jpeg_is_accounted_for_by_its_timestamps(tmp_path: Path) -> None:
    async def test() -> None:
        (device,) = make_devices(1)
        device = playing_clip(device, "images")
        async with open_fleet(tmp_path, [device], images={"codec": "mjpeg", "size": 3000}) as fleet:
            viewer = await (await Viewer.connect(fleet, device)).play()
            units = await viewer.look(2 * GOP)
            await fleet.checkpoint()
            assert all(unit.complete and unit.units[0].startswith(b"\xff\xd8") for unit in units)
            steps = [(after.timestamp - before.timestamp) % 2**32 for before, after in pairwise(units)]
            assert set(steps) == {90_000 // FPS}
            (played,) = records(fleet, "play")
            cohort = fleet.broadcast_of(device.main.feed).cohort
            assert units[0].timestamp == cohort.timestamp(played["frame"])

    run(test())


def test_pictures_that_refer_to_later_ones_are_sent_before_them(tmp_path: Path) -> None:
    async def test() -> None:
        (device,) = make_devices(1)
        device = playing_clip(device, "reordered")
        special = {"gop": 4, "shifts": (1, 2, 0, 1)}
        async with open_fleet(tmp_path, [device], reordered=special) as fleet:
            viewer = await (await Viewer.connect(fleet, device)).play()
            await viewer.watch(8)
            assert consecutive(viewer.frames)  # numbers are in the order of sending
            cohort = fleet.broadcast_of(device.main.feed).cohort
            for mark, unit in zip(viewer.marks, viewer.units, strict=True):
                shift = special["shifts"][(mark.frame + cohort.shift) % 4]  # type: ignore[index]
                assert unit.timestamp == cohort.timestamp(mark.frame + shift)

    run(test())


@pytest.mark.parametrize("wanted", [True, False])
def test_sound_comes_beside_the_pictures_to_those_who_set_it_up(tmp_path: Path, wanted: bool) -> None:
    async def test() -> None:
        (device,) = make_devices(1)
        device = playing_clip(device, "loud")
        async with open_fleet(tmp_path, [device], loud={"audio": SOUND}) as fleet:
            viewer = await Viewer.connect(fleet, device)
            described = await viewer.expect("DESCRIBE")
            assert [media.kind for media in sdp.parse(described.body.decode()).media] == ["video", "audio"]
            await viewer.play(sound=wanted)
            await viewer.watch(4 * GOP)
            assert consecutive(viewer.frames)
            if not wanted:
                assert viewer.sound == []
                return
            # A packet is 40 ms, as a frame is.
            assert abs(len(viewer.sound) - len(viewer.frames)) <= 2
            assert consecutive([packet.sequence for packet in viewer.sound], 2**16)
            assert {(packet.payload_type, len(packet.payload)) for packet in viewer.sound} == {(8, 320)}
            steps = {(b.timestamp - a.timestamp) % 2**32 for a, b in pairwise(viewer.sound)}
            assert steps == {320}
            assert {report.ssrc for report in viewer.reports} == {viewer.ssrcs[0], viewer.sound[0].ssrc}

    run(test())


def test_sound_alone_cannot_be_set_up(tmp_path: Path) -> None:
    async def test() -> None:
        (device,) = make_devices(1)
        device = playing_clip(device, "loud")
        async with open_fleet(tmp_path, [device], loud={"audio": SOUND}) as fleet:
            viewer = await Viewer.connect(fleet, device)
            transport = ("Transport", "RTP/AVP/TCP;unicast;interleaved=2-3")
            assert (await viewer.ask("SETUP", transport, track=device.dialect.tracks[1])).status == 455

    run(test())


def test_a_sub_stream_is_the_same_camera_at_another_path(tmp_path: Path) -> None:
    async def test() -> None:
        (device,) = make_devices(1)
        small = Stream("/live/sub", 64_000, Feed("small", device.main.feed.slot))
        device = replace(device, sub=small)
        async with open_fleet(tmp_path, [device], small={"fps": 5, "size": 50}) as fleet:
            (main,) = await playing(fleet, device)
            sub = await (await Viewer.connect(fleet, replace(device, main=small))).play()
            await sub.watch(GOP)
            await main.watch(GOP)
            await fleet.checkpoint()
            assert {mark.camera for mark in (*main.marks, *sub.marks)} == {device.number}
            assert sub.marks[1].scheduled_ns - sub.marks[0].scheduled_ns == 200_000_000
            assert {record["camera"] for record in records(fleet, "play")} == {device.id, f"{device.id}/sub"}
            assert fleet.status()["cameras"] == 1
            assert fleet.replace([])["removed"] == 1
            assert await sub.ended()
            assert await main.ended()

    run(test())


def test_rtsps_is_the_same_stream_in_tls(tmp_path: Path) -> None:
    async def test() -> None:
        devices = make_devices(2, transports=("tcp", "tls"))
        devices[1] = replace(devices[1], dialect=replace(devices[1].dialect, transports=("tcp",)))
        async with open_fleet(tmp_path, devices, tls=True, size=3000) as fleet:
            viewer = await Viewer.connect(fleet, devices[0], tls=True)
            await viewer.play()
            await viewer.watch(3 * GOP)
            await fleet.checkpoint()
            assert consecutive(viewer.frames)
            assert [record["transport"] for record in records(fleet, "play")] == ["tls"]
            assert set(viewer.frames[:-1]) <= set(sent_frames(fleet.ledger.path, devices[0].id))
            with pytest.raises(ConnectionError):  # this model has no RTSPS
                await Viewer.connect(fleet, devices[1], tls=True)
            assert (await viewer.ask("SETUP", ("Transport", "RTP/AVP;unicast;client_port=5000-5001"))).status == 455

    run(test())


def test_a_slow_reader_of_tls_loses_frames_and_never_its_place(tmp_path: Path) -> None:
    async def test() -> None:
        (device,) = make_devices(1, transports=("tcp", "tls"), stall_timeout=30.0)
        async with open_fleet(tmp_path, [device], tls=True, size=60_000) as fleet:
            viewer = await (await Viewer.connect(fleet, device, tls=True)).play()
            await viewer.watch(1)
            (state,) = fleet.cameras[device.id].watching
            viewer.pause()
            await until(lambda: bool(state.tally and state.tally.holds), "the kernel takes no more")
            held = state.broadcast.next_frame
            await until(lambda: state.broadcast.next_frame > held + GOP, "frames are due that cannot be sent")
            viewer.resume()
            await viewer.watch(6 * GOP)
            await until(lambda: not (state.tally and state.tally.holds), "what was held is sent")
            await fleet.checkpoint()
            skipped = {
                frame for record in records(fleet, "skip") for frame in range(record["first"], record["last"] + 1)
            }
            missing = set(range(viewer.frames[0], viewer.frames[-1])) - set(viewer.frames)
            assert missing
            assert missing <= skipped
            assert {record["cause"] for record in records(fleet, "skip")} == {"slow-reader"}

    run(test())


class Member:
    """Somebody in a multicast group of a camera."""

    def __init__(self, device: Device) -> None:
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        group = group_of(device.number, sub=False)
        self.sock.bind((group, group_ports(device.number, 0, sub=False)[0]))
        membership = struct.pack("4s4s", socket.inet_aton(group), socket.inet_aton("127.0.0.1"))
        self.sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
        self.sock.setblocking(False)

    async def packets(self, count: int) -> list[rtp.Packet]:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(20):
            return [rtp.Packet.parse(await loop.sock_recv(self.sock, 2048)) for _ in range(count)]


def test_multicast_packets_are_sent_once_for_all_who_asked(tmp_path: Path) -> None:
    async def test() -> None:
        (device,) = make_devices(1, transports=("tcp", "multicast"))
        async with open_fleet(tmp_path, [device]) as fleet:
            viewers = [await Viewer.connect(fleet, device) for _ in range(2)]
            for viewer in viewers:
                answer = await viewer.expect("SETUP", ("Transport", "RTP/AVP;multicast"))
                (agreed,) = parse_transports(answer.headers.get("Transport") or "")
                assert agreed.multicast
                ports = group_ports(device.number, 0, sub=False)
                assert (agreed.group, agreed.port) == (group_of(device.number, sub=False), ports)
                await viewer.expect("PLAY")
            member = Member(device)
            state = fleet.cameras[device.id]
            await until(lambda: sum(reader.playing for reader in state.watching) == 2, "both play")
            packets = await member.packets(6 * GOP)
            assert consecutive([packet.sequence for packet in packets], 2**16)  # none came twice
            await viewers[0].leave()
            await until(lambda: len(state.watching) == 1, "one has left")
            later = await member.packets(6 * GOP)
            assert consecutive([packet.sequence for packet in (*packets, *later)], 2**16)
            member.sock.close()

    run(test())


def test_a_camera_that_cannot_is_not_asked_for_multicast(tmp_path: Path) -> None:
    async def test() -> None:
        (device,) = make_devices(1)
        async with open_fleet(tmp_path, [device]) as fleet:
            viewer = await Viewer.connect(fleet, device)
            assert (await viewer.ask("SETUP", ("Transport", "RTP/AVP;multicast"))).status == 461

    run(test())


def test_sender_reports_show_the_camera_s_own_clock(tmp_path: Path) -> None:
    async def test() -> None:
        (device,) = make_devices(1)
        clock = Clock(error_ns=90 * 10**9, drift_ppb=20_000)
        device = replace(playing_clip(device, "clip", pace_ppb=20_000, clock=clock), clock=clock)
        async with open_fleet(tmp_path, [device]) as fleet:
            (viewer,) = await playing(fleet, device)
            await viewer.watch(2 * GOP)
            report, mark = viewer.reports[0], viewer.marks[0]
            assert abs(report.wall_ns - clock.read(mark.scheduled_ns)) < 1000
            assert report.wall_ns - mark.scheduled_ns > 90 * 10**9
            assert abs(mark.sent_ns - time.time_ns()) < 30 * 10**9  # the watermark tells the truth
            period = 10**9 / FPS
            steps = [b.scheduled_ns - a.scheduled_ns for a, b in pairwise(viewer.marks)]
            assert all(step == pytest.approx(period / (1 + 20e-6), abs=2) for step in steps)
            ticks = {(b.timestamp - a.timestamp) % 2**32 for a, b in pairwise(viewer.units)}
            assert ticks == {90_000 // FPS}

    run(test())


@pytest.mark.parametrize(
    "transport", ["RTP/AVP;unicast;client_port=15004-15005", "RTP/AVP/TCP;unicast;interleaved=0-1"]
)
def test_by_udp_nobody_waits_long_for_a_rare_key_frame(tmp_path: Path, transport: str) -> None:
    async def test() -> None:
        (device,) = make_devices(1)
        device = playing_clip(device, "rare")
        async with open_fleet(tmp_path, [device], rare={"gop": 5 * FPS, "gops": 1, "size": 60}) as fleet:
            cohort = fleet.broadcast_of(device.main.feed).cohort
            await until(
                lambda: cohort.next_key(now := cohort.frame_at(time.time_ns())) - now > 3 * FPS, "no key frame is near"
            )
            viewer = await Viewer.connect(fleet, device)
            await viewer.expect("SETUP", ("Transport", transport))
            await viewer.expect("PLAY")
            (state,) = fleet.cameras[device.id].watching
            await until(lambda: state.playing, "it plays")
            (played,) = records(fleet, "play")
            assert cohort.is_key(played["frame"]) == ("TCP" in transport)

    run(test())
