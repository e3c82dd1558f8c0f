"""Each fault on a running fleet: it happens when and only where it was asked for, and the ledger says so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from simulators.faults.endless_header import EndlessHeader
from simulators.faults.fault import Fault
from simulators.faults.freeze import Freeze
from simulators.faults.half_open import HalfOpen
from simulators.faults.large_description import LargeDescription
from simulators.faults.lose_frames import LoseFrames
from simulators.faults.new_password import NewPassword
from simulators.faults.reboot import Reboot
from simulators.faults.redirect import Redirect
from simulators.faults.session_limit import SessionLimit
from simulators.faults.slow_start import SlowStart
from simulators.faults.squeeze import Squeeze
from simulators.faults.uplink import Uplink
from simulators.fleet.fleet import Fleet
from simulators.fleet.tests.test_fleet import consecutive, playing, records
from simulators.fleet.tests.viewer import FPS, GOP, Viewer, make_devices, open_fleet, run, sent_frames, until
from simulators.rtsp.device import Device

ILL = frozenset({"cam-000001"})


@asynccontextmanager
async def two(tmp_path: Path) -> AsyncIterator[tuple[Fleet, Device, Device, Viewer, Viewer]]:
    """A camera that will be ill and one that stays well, watched."""
    ill, well = make_devices(2)
    async with open_fleet(tmp_path, [ill, well]) as fleet:
        one, other = await playing(fleet, ill, well)
        yield fleet, ill, well, one, other
        await other.watch(2 * GOP)
        await fleet.checkpoint()
        assert consecutive(other.frames)
        assert fleet.cameras[well.id].dropped == 0
        told = {camera for record in records(fleet, "fault") for camera in record["fault"]["cameras"]}
        assert told <= ILL


def skipped(fleet: Fleet, kind: str) -> set[int]:
    """Frames that the ledger says this fault kept back; there is no other cause."""
    found = records(fleet, "skip")
    assert {record["cause"] for record in found} <= {f"fault:{kind}"}
    assert {record["camera"] for record in found} <= ILL
    return {frame for record in found for frame in range(record["first"], record["last"] + 1)}


@pytest.mark.parametrize(
    "fault",
    [
        LoseFrames(cameras=ILL, part=0.4, seed=3),
        Squeeze(cameras=ILL, bitrate=25_000, seed=3),
    ],
    ids=lambda fault: fault.kind,
)
def test_lost_frames_are_those_the_ledger_names(tmp_path: Path, fault: Fault) -> None:
    async def test() -> None:
        async with two(tmp_path) as (fleet, ill, _, viewer, _):
            fleet.apply(fault)
            await viewer.watch(4 * GOP)
            fleet.heal()
            healed = await viewer.watch(2 * GOP)
            await fleet.checkpoint()
            assert consecutive(healed[GOP:])
            missing = set(range(viewer.frames[0], viewer.frames[-1])) - set(viewer.frames)
            assert missing
            assert missing == skipped(fleet, fault.kind)
            assert missing.isdisjoint(sent_frames(fleet.ledger.path, ill.id))
            assert [record["action"] for record in records(fleet, "fault")] == ["start", "stop"]

    run(test())


def test_a_frozen_camera_sends_and_answers_nothing_and_keeps_the_connection(tmp_path: Path) -> None:
    async def test() -> None:
        async with two(tmp_path) as (fleet, ill, _, viewer, other):
            fleet.apply(Freeze(cameras=ILL))
            silent = await Viewer.connect(fleet, ill)
            silent.writer.write(b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n")
            await other.watch(3 * GOP)
            assert not viewer.reader.at_eof()
            fleet.heal()
            silent.writer.write(b"OPTIONS * RTSP/1.0\r\nCSeq: 2\r\n\r\n")
            answer = await asyncio.wait_for(silent.reader.readuntil(b"\r\n\r\n"), 20)
            assert b"CSeq: 2\r\n" in answer  # the first was never answered
            await viewer.watch(GOP)
            await fleet.checkpoint()
            missing = set(range(viewer.frames[0], viewer.frames[-1])) - set(viewer.frames)
            assert len(missing) >= 2 * GOP
            assert missing == skipped(fleet, "freeze")

    run(test())


def test_a_camera_that_forgot_its_connections_serves_new_ones(tmp_path: Path) -> None:
    async def test() -> None:
        async with two(tmp_path) as (fleet, ill, _, viewer, _):
            fleet.apply(HalfOpen(cameras=ILL))
            (fresh,) = await playing(fleet, ill)
            assert consecutive(fresh.frames)
            assert viewer.frames[-1] < fresh.frames[0]
            fleet.heal()
            assert await viewer.ended()
            await fresh.watch(GOP)
            assert consecutive(fresh.frames)
            assert skipped(fleet, "half-open")

    run(test())


async def _refused(fleet: Fleet, device: Device) -> bool:
    """Whether a connection is reset, at once or as soon as it is used."""
    try:
        return await (await Viewer.connect(fleet, device)).ended()
    except ConnectionResetError:
        return True


@pytest.mark.parametrize("kind", [Reboot, Uplink])
def test_a_camera_that_is_away_comes_back_by_itself(tmp_path: Path, kind: type[Fault]) -> None:
    async def test() -> None:
        async with two(tmp_path) as (fleet, ill, _, viewer, other):
            fleet.apply(kind(cameras=ILL, seconds=0.5))
            assert await _refused(fleet, ill)
            if kind is Uplink:
                await other.watch(1)
                assert not viewer.reader.at_eof()  # it hangs: nobody has told it
            assert await viewer.ended()
            await until(lambda: not fleet.faults, "end of the fault")
            (back,) = await playing(fleet, ill)
            assert consecutive(back.frames)
            stops = [record["cause"] for record in records(fleet, "stop")]
            assert stops == [f"fault:{kind.kind}"]
            assert [record["action"] for record in records(fleet, "fault")] == ["start", "stop"]

    run(test())


def test_the_first_frames_of_a_session_come_late(tmp_path: Path) -> None:
    async def test() -> None:
        async with two(tmp_path) as (fleet, ill, _, viewer, _):
            await viewer.watch(3 * GOP)  # its own start is over
            fleet.apply(SlowStart(cameras=ILL, wait=0.4))
            (late,) = await playing(fleet, ill)
            await fleet.checkpoint()
            assert len(skipped(fleet, "slow-start")) == 0.4 * FPS
            assert consecutive(late.frames)
            await viewer.watch(GOP)
            assert consecutive(viewer.frames)

    run(test())


def test_sessions_that_play_go_on_while_no_new_one_is_had(tmp_path: Path) -> None:
    async def test() -> None:
        async with two(tmp_path) as (fleet, ill, _, viewer, _):
            fleet.apply(SessionLimit(cameras=ILL))
            with pytest.raises(AssertionError, match="PLAY: 453"):
                await (await Viewer.connect(fleet, ill)).play()
            await viewer.watch(GOP)
            assert consecutive(viewer.frames)
            assert skipped(fleet, "session-limit") == set()

    run(test())


def test_a_changed_password_shuts_out_who_knows_the_old_one(tmp_path: Path) -> None:
    async def test() -> None:
        async with two(tmp_path) as (fleet, ill, _, viewer, _):
            fleet.apply(NewPassword(cameras=ILL))
            with pytest.raises(AssertionError, match="DESCRIBE: 401"):
                await (await Viewer.connect(fleet, ill)).play()
            await viewer.watch(GOP)
            assert consecutive(viewer.frames)
            fleet.heal()
            await playing(fleet, ill)

    run(test())


async def _asked(fleet: Fleet, device: Device) -> Viewer:
    viewer = await Viewer.connect(fleet, device)
    await viewer.ask("OPTIONS")
    return viewer


@pytest.mark.parametrize(
    ("fault", "check"),
    [
        (Redirect(cameras=ILL, location="rtsp://192.0.2.9/x"), lambda data: b"Location: rtsp://192.0.2.9/x" in data),
        (LargeDescription(cameras=ILL, size=300_000), lambda data: b"\r\nContent-Length: 300" in data),
        (EndlessHeader(cameras=ILL, size=300_000), lambda data: b"\r\n\r\n" not in data and len(data) > 200_000),
    ],
    ids=lambda value: getattr(value, "kind", ""),
)
def test_a_description_is_not_what_a_client_expects(
    tmp_path: Path, fault: Fault, check: Callable[[bytes], bool]
) -> None:
    async def test() -> None:
        async with two(tmp_path) as (fleet, ill, _, viewer, _):
            asking = await _asked(fleet, ill)
            assert (await asking.ask("DESCRIBE")).status == 200
            fleet.apply(fault)
            asking.send("DESCRIBE")
            data = b""
            while not check(data):
                part = await asyncio.wait_for(asking.reader.read(65536), 20)
                assert part, data[:500]
                data += part
            await viewer.watch(GOP)
            assert consecutive(viewer.frames)

    run(test())


def test_a_fault_takes_the_place_of_another_and_outlives_its_end(tmp_path: Path) -> None:
    async def test() -> None:
        async with two(tmp_path) as (fleet, ill, _, _, _):
            first, second = LoseFrames(cameras=ILL, part=0.5), SessionLimit(cameras=ILL)
            fleet.apply(first)
            fleet.apply(second)
            fleet.end(first)
            assert fleet.cameras[ill.id].fault is second
            fleet.end(first)  # twice does no harm
            fleet.heal()
            assert fleet.cameras[ill.id].fault is None
            assert [record["action"] for record in records(fleet, "fault")] == ["start", "start", "stop", "stop"]

    run(test())
