"""Each fault on a running fleet: it happens when and only where it was asked for, and the ledger says so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import groupby, pairwise
from pathlib import Path

import pytest

from citycam.model.errors import ConfigError
from simulators import faults
from simulators.faults.burst import Burst
from simulators.faults.clock_drift import ClockDrift
from simulators.faults.clock_jump import ClockJump
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
from simulators.faults.ssrc_jump import SsrcJump
from simulators.faults.stream_change import StreamChange, with_clip
from simulators.faults.timestamp_jump import TimestampJump
from simulators.faults.uplink import Uplink
from simulators.fleet.fleet import Fleet
from simulators.fleet.tests.test_fleet import consecutive, playing, records
from simulators.fleet.tests.viewer import FPS, GOP, Viewer, make_devices, open_fleet, run, sent_frames, until
from simulators.rtsp.device import Device
from simulators.rtsp.feed import EPOCH_NS, Feed

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


async def altered(fleet: Fleet, fault: Fault, viewer: Viewer, *, key: bool = False) -> tuple[int, int]:
    """Apply a fault, watch it and what comes after it; how many pictures came before and until it was over."""
    fleet.check(fault)
    before = len(viewer.units)
    fleet.apply(fault)
    await viewer.look((4 if key else 3) * GOP)
    fleet.heal()
    during = len(viewer.units)
    await viewer.look((4 if key else 2) * GOP)
    await fleet.checkpoint()
    return before, during


def whole(viewer: Viewer, fleet: Fleet, kind: str) -> None:
    """No frame is lost by the fault, packets are numbered as if nothing had happened, and the ledger knows of it."""
    assert consecutive(viewer.frames)
    assert consecutive(viewer.sequences, 2**16)
    assert records(fleet, "skip") == []
    assert [(one["fault"]["kind"], one["action"]) for one in records(fleet, "fault")] == [
        (kind, "start"),
        (kind, "stop"),
    ]


def test_clock_jump_shows_in_sender_reports_alone(tmp_path: Path) -> None:
    async def test() -> None:
        async with two(tmp_path) as (fleet, _, _, viewer, other):
            reports = len(viewer.reports)
            await altered(fleet, ClockJump(cameras=ILL, by=3600.0), viewer)
            whole(viewer, fleet, "clock-jump")
            offsets = [
                report.wall_ns - next(mark.scheduled_ns for mark, unit in zip(viewer.marks, viewer.units, strict=False)
                                      if unit.timestamp == report.timestamp)
                for report in viewer.reports
            ]  # fmt: skip
            assert [round(offset / 1e9) for offset in offsets[:reports]] == [0] * reports
            assert 3600 in {round(offset / 1e9) for offset in offsets[reports:]}
            assert round(offsets[-1] / 1e9) == 0
            assert len({unit.timestamp for unit in viewer.units}) == len(viewer.units)
            assert abs(other.reports[-1].wall_ns - other.marks[-1].scheduled_ns) < 10 * 10**9

    run(test())


def test_clock_drift_grows_since_the_clock_was_set(tmp_path: Path) -> None:
    async def test() -> None:
        async with two(tmp_path) as (fleet, ill, _, viewer, _):
            fleet.apply(ClockDrift(cameras=ILL, ppm=100))
            reports = len(viewer.reports)
            await viewer.look(3 * GOP)
            expected = (viewer.marks[-1].scheduled_ns - EPOCH_NS) * 100 / 1e6
            assert viewer.reports[-1].wall_ns - viewer.marks[-1].scheduled_ns == pytest.approx(expected, abs=10**9)
            assert len(viewer.reports) > reports
            clock = fleet.cameras[ill.id].clock
            assert clock.drift_ppb == 100_000
            fleet.heal()
            assert fleet.cameras[ill.id].clock.drift_ppb == 0
            await fleet.checkpoint()
            whole(viewer, fleet, "clock-drift")

    run(test())


def test_ssrc_jump_changes_the_source_and_nothing_else(tmp_path: Path) -> None:
    async def test() -> None:
        async with two(tmp_path) as (fleet, _, _, viewer, other):
            await altered(fleet, SsrcJump(cameras=ILL, seed=5), viewer)
            whole(viewer, fleet, "ssrc-jump")
            one, changed, again = [source for source, _ in groupby(viewer.ssrcs)]
            assert one == again != changed
            assert len(set(other.ssrcs)) == 1

    run(test())


@pytest.mark.parametrize("by", [30.0, -30.0])
def test_timestamp_jump_leaps_there_and_back(tmp_path: Path, by: float) -> None:
    async def test() -> None:
        async with two(tmp_path) as (fleet, _, _, viewer, _):
            await altered(fleet, TimestampJump(cameras=ILL, by=by), viewer)
            whole(viewer, fleet, "timestamp-jump")
            tick, leap = 90_000 // FPS, round(by * 90_000)
            steps = [(b.timestamp - a.timestamp) % 2**32 for a, b in pairwise(viewer.units)]
            leaps = [step for step in steps if step != tick]
            assert leaps == [(tick + leap) % 2**32, (tick - leap) % 2**32]

    run(test())


def test_burst_fills_every_picture_up(tmp_path: Path) -> None:
    async def test() -> None:
        async with two(tmp_path) as (fleet, _, _, viewer, _):
            before, during = await altered(fleet, Burst(cameras=ILL, times=8), viewer, key=True)
            whole(viewer, fleet, "burst")
            sizes = [sum(map(len, unit.units)) for unit in viewer.units]
            large = [place for place, size in enumerate(sizes) if size > 1000]
            assert consecutive(large)
            assert before <= large[0] <= before + 2 * GOP
            assert during - GOP <= large[-1] < during + 2 * GOP
            assert viewer.units[large[0]].key
            assert viewer.units[large[-1] + 1].key

    run(test())


def test_stream_change_takes_over_another_codec_at_a_key_frame(tmp_path: Path) -> None:
    async def test() -> None:
        ill, well = make_devices(2)
        well = replace(well, main=replace(well.main, feed=Feed("other", well.main.feed.slot)))
        async with open_fleet(tmp_path, [ill, well], other={"codec": "h265"}) as fleet:
            one, other = await playing(fleet, ill, well)
            record = with_clip({"kind": "stream-change", "cameras": [ill.id], "like": well.id}, {well.id: "other"}.get)
            fault = faults.parse(record)
            fleet.check(fault)
            fleet.apply(fault)
            units = await one.look(4 * GOP)
            slices = [unit.units[-1][:2] for unit in units]
            changed = next(place for place, head in enumerate(slices) if head == b"\x26\x01")  # IDR_W_RADL
            assert changed < 2 * GOP
            assert set(slices[changed:]) == {b"\x26\x01", b"\x02\x01"}
            assert consecutive(one.frames)
            assert consecutive(one.sequences, 2**16)
            anew = await (await Viewer.connect(fleet, ill)).play()
            assert anew.codec == "h265"
            await anew.watch(2 * GOP)
            assert consecutive(anew.frames)
            assert {mark.camera for mark in anew.marks} == {ill.number}
            await other.watch(GOP)
            assert consecutive(other.frames)
            assert [one["action"] for one in records(fleet, "fault")] == ["start"]

    run(test())


def test_a_stream_of_another_frame_rate_is_refused(tmp_path: Path) -> None:
    async def test() -> None:
        ill, well = make_devices(2)
        well = replace(well, main=replace(well.main, feed=Feed("slow", 0)))
        async with open_fleet(tmp_path, [ill, well], slow={"fps": 5}) as fleet:
            with pytest.raises(ConfigError, match="cannot send those pictures"):
                fleet.check(StreamChange(cameras=ILL, like=well.id, clip="slow"))
            with pytest.raises(ConfigError, match="no such camera"):
                with_clip({"kind": "stream-change", "cameras": [ill.id], "like": "cam-000099"}, lambda _: None)

    run(test())
