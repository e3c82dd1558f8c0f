"""The fleet on the loopback: what viewers are sent, and that the ledger says just that."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from citycam.model.errors import ConfigError
from simulators.faults.drop_frames import DropFrames
from simulators.faults.freeze import Freeze
from simulators.fleet import reader as reader_module
from simulators.fleet.fleet import Fleet
from simulators.fleet.tests.viewer import GOP, Viewer, ledger_of, make_devices, open_fleet, run, sent_frames, until
from simulators.rtsp.device import Device


def consecutive(numbers: Sequence[int], modulus: int = 2**64) -> bool:
    return all(after == (before + 1) % modulus for before, after in pairwise(numbers))


async def playing(fleet: Fleet, *devices: Device) -> list[Viewer]:
    """A viewer of each, that has seen a GOP."""
    viewers = [await (await Viewer.connect(fleet, device)).play() for device in devices]
    await asyncio.gather(*(viewer.watch(GOP) for viewer in viewers))
    return viewers


def records(fleet: Fleet, kind: str) -> list[dict[str, Any]]:
    fleet.ledger.flush()
    return [record for record in ledger_of(fleet.ledger.path) if record["kind"] == kind]


def test_viewers_get_each_frame_once_and_the_ledger_says_so(tmp_path: Path) -> None:
    async def test() -> None:
        devices = make_devices(3)
        async with open_fleet(tmp_path, devices) as fleet:
            viewers = await playing(fleet, *devices)
            await asyncio.gather(*(viewer.watch(2 * GOP) for viewer in viewers))
            through = await fleet.checkpoint()
            for device, viewer in zip(devices, viewers, strict=True):
                cohort = fleet.broadcast_of(device.main.feed).cohort
                assert {mark.camera for mark in viewer.marks} == {device.number}
                assert cohort.is_key(viewer.frames[0])
                assert consecutive(viewer.frames)
                assert consecutive(viewer.sequences, 2**16)
                written = sent_frames(fleet.ledger.path, device.id)
                assert written[: len(viewer.frames)] == viewer.frames
                assert cohort.scheduled(written[-1] + 1) >= through  # all that was due before it is above it
            status = fleet.status()
            assert (status["playing"], status["sessions"], status["frames_dropped"]) == (3, 3, 0)

    run(test())


def test_a_session_ends_with_its_cause_and_the_others_go_on(tmp_path: Path) -> None:
    async def test() -> None:
        (device,) = make_devices(1, max_sessions=3)
        async with open_fleet(tmp_path, [device]) as fleet:
            stays, asks, breaks = await playing(fleet, device, device, device)
            assert (await asks.ask("TEARDOWN")).status == 200
            await breaks.leave()
            await until(lambda: fleet.status()["sessions"] == 1, "two sessions ended")
            await stays.watch(2 * GOP)
            assert consecutive(stays.frames)
            stops = {record["session"]: record["cause"] for record in records(fleet, "stop")}
            assert stops == {asks.session: "teardown", breaks.session: "disconnect"}

    run(test())


def test_a_new_run_takes_over_in_mid_stream_and_no_frame_is_lost_or_twice(tmp_path: Path) -> None:
    async def test() -> None:
        devices = make_devices(2)
        async with open_fleet(tmp_path, devices) as fleet:
            viewers = await playing(fleet, *devices)
            before = fleet.ledger.path
            after = fleet.begin_run("next")
            await asyncio.gather(*(viewer.watch(GOP) for viewer in viewers))
            await fleet.checkpoint()
            for device, viewer in zip(devices, viewers, strict=True):
                written = sent_frames(before, device.id) + sent_frames(after, device.id)
                assert consecutive(written)
                assert written[: len(viewer.frames)] == viewer.frames
            plays = {record["camera"]: record["origin"] for record in records(fleet, "play")}
            assert plays == {device.id: viewer.frames[0] for device, viewer in zip(devices, viewers, strict=True)}
            assert ledger_of(before)[-1]["kind"] == "close"

    run(test())


def test_a_new_run_is_told_of_the_faults_that_are_there(tmp_path: Path) -> None:
    async def test() -> None:
        async with open_fleet(tmp_path, make_devices(1)) as fleet:
            fleet.apply(DropFrames(cameras=frozenset({"cam-000001"}), every=9))
            fleet.apply(Freeze(cameras=frozenset({"cam-000001"}), seconds=60))
            fleet.begin_run("next")
            (told,) = records(fleet, "fault")
            assert (told["action"], told["fault"]["kind"]) == ("start", "freeze")

    run(test())


def test_a_run_of_a_wrong_name_leaves_the_ledger_as_it_is(tmp_path: Path) -> None:
    async def test() -> None:
        async with open_fleet(tmp_path, make_devices(1)) as fleet:
            before = fleet.ledger.path
            with pytest.raises(ConfigError):
                fleet.begin_run("../up")
            assert fleet.ledger.path == before
            assert await fleet.checkpoint() > 0

    run(test())


def test_frames_that_are_only_claimed_are_missing_and_sequence_numbers_hide_it(tmp_path: Path) -> None:
    async def test() -> None:
        ill, well = make_devices(2)
        async with open_fleet(tmp_path, [ill, well]) as fleet:
            viewers = await playing(fleet, ill, well)
            fleet.apply(DropFrames(cameras=frozenset({ill.id}), every=4))
            await asyncio.gather(*(viewer.watch(4 * GOP) for viewer in viewers))
            fleet.heal()
            healed = [(await viewer.watch(2 * GOP))[GOP:] for viewer in viewers]
            await fleet.checkpoint()
            sick = viewers[0]
            missing = set(range(sick.frames[0], sick.frames[-1])) - set(sick.frames)
            cohort = fleet.broadcast_of(ill.main.feed).cohort
            assert len(missing) >= 4
            assert not any(cohort.is_key(frame) for frame in missing)
            assert missing <= set(sent_frames(fleet.ledger.path, ill.id))
            assert records(fleet, "fault") == []  # the ledger does not tell
            assert consecutive(sick.sequences, 2**16)
            assert consecutive(viewers[1].frames)
            assert all(map(consecutive, healed))

    run(test())


def test_a_fault_waits_for_a_camera_that_comes_later(tmp_path: Path) -> None:
    async def test() -> None:
        first, second = make_devices(2)
        async with open_fleet(tmp_path, [first]) as fleet:
            fleet.apply(DropFrames(cameras=frozenset({second.id}), every=3))
            fleet.replace([first, second])
            (viewer,) = await playing(fleet, second)
            await viewer.watch(2 * GOP)
            assert not consecutive(viewer.frames)

    run(test())


def test_cameras_that_did_not_change_are_not_touched(tmp_path: Path) -> None:
    async def test() -> None:
        same, changed, gone = make_devices(3)
        async with open_fleet(tmp_path, [same, changed, gone]) as fleet:
            viewers = await playing(fleet, same, changed, gone)
            counts = fleet.replace([same, replace(changed, username="other"), *make_devices(4)[3:]])
            assert counts == {"added": 2, "removed": 2, "cameras": 3}
            await viewers[0].watch(2 * GOP)
            assert consecutive(viewers[0].frames)
            for viewer in viewers[1:]:
                assert await viewer.ended()
            assert {record["camera"] for record in records(fleet, "stop")} == {changed.id, gone.id}

    run(test())


def test_a_slow_reader_loses_frames_and_the_ledger_names_each(tmp_path: Path) -> None:
    async def test() -> None:
        slow, quick = make_devices(2)
        async with open_fleet(tmp_path, [slow, quick], size=30_000) as fleet:
            lagging, viewer = await playing(fleet, slow, quick)
            (state,) = fleet.cameras[slow.id].watching
            lagging.pause()
            while not (state.tally and state.tally.holds):  # until the kernel takes no more
                await viewer.watch(1)
            await viewer.watch(2 * GOP)
            lagging.resume()
            while lagging.frames[-1] < viewer.frames[-1]:
                await lagging.watch(1)
            await fleet.checkpoint()
            received = set(lagging.frames)
            written = sent_frames(fleet.ledger.path, slow.id)
            assert received == {frame for frame in written if frame <= lagging.frames[-1]}
            skips = [record for record in records(fleet, "skip") if record["camera"] == slow.id]
            assert {record["cause"] for record in skips} == {"slow-reader"}
            skipped = [frame for record in skips for frame in range(record["first"], record["last"] + 1)]
            assert sorted(written + skipped) == list(range(min(written), max(written + skipped) + 1))
            assert consecutive(viewer.frames)
            assert fleet.cameras[quick.id].dropped == 0

    run(test())


def test_a_reader_that_takes_nothing_is_disconnected(tmp_path: Path) -> None:
    async def test() -> None:
        (device,) = make_devices(1, stall_timeout=0.2)
        async with open_fleet(tmp_path, [device], size=60_000) as fleet:
            (viewer,) = await playing(fleet, device)
            viewer.pause()
            await until(lambda: not fleet.status()["connections"], "stalled reader disconnected")
            assert [record["cause"] for record in records(fleet, "stop")] == ["stalled"]

    run(test())


def test_who_says_nothing_or_only_half_a_request_is_disconnected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader_module, "FIRST_MESSAGE_S", 0.1)

    async def test() -> None:
        (device,) = make_devices(1)
        async with open_fleet(tmp_path, [device]) as fleet:
            (watching,) = await playing(fleet, device)
            silent, half = [await Viewer.connect(fleet, device) for _ in range(2)]
            assert (await half.ask("OPTIONS")).status == 200
            half.writer.write(b"DESCRIBE rtsp://")
            assert await silent.ended()
            assert await half.ended()
            await watching.watch(GOP)
            assert consecutive(watching.frames)

    run(test())


def test_a_session_that_does_not_play_times_out(tmp_path: Path) -> None:
    async def test() -> None:
        (device,) = make_devices(1, session_timeout=0.2)
        async with open_fleet(tmp_path, [device]) as fleet:
            viewer = await Viewer.connect(fleet, device)
            assert (await viewer.ask("DESCRIBE")).status == 200
            started = time.monotonic()
            assert await viewer.ended()
            assert time.monotonic() - started >= 0.2

    run(test())


def test_sessions_and_connections_are_limited_and_freed(tmp_path: Path) -> None:
    async def test() -> None:
        (device,) = make_devices(1, max_sessions=1, max_connections=2)
        async with open_fleet(tmp_path, [device]) as fleet:
            (first,) = await playing(fleet, device)
            second = await Viewer.connect(fleet, device)
            with pytest.raises(AssertionError, match="PLAY: 453"):
                await second.play()
            third = await Viewer.connect(fleet, device)
            assert await third.ended()
            await first.leave()
            await until(lambda: fleet.status()["connections"] == 1, "the first one's place is free")
            (fourth,) = await playing(fleet, device)
            assert consecutive(fourth.frames)

    run(test())


def test_an_address_without_camera_answers_nothing(tmp_path: Path) -> None:
    async def test() -> None:
        first, second = make_devices(2)
        async with open_fleet(tmp_path, [first]) as fleet:
            stranger = await Viewer.connect(fleet, second)
            assert await stranger.ended()
            assert fleet.status()["connections"] == 0

    run(test())


def test_metrics_count_what_the_ledger_says(tmp_path: Path) -> None:
    async def test() -> None:
        (device,) = make_devices(1)
        async with open_fleet(tmp_path, [device]) as fleet:
            await playing(fleet, device)
            await fleet.checkpoint()
            sent = len(sent_frames(fleet.ledger.path, device.id))
            assert f'citycam_fleet_frames_sent_total{{camera="{device.id}"}} {sent}\n' in fleet.metrics()

    run(test())


def test_channels_of_a_recorder_are_told_apart_by_their_paths(tmp_path: Path) -> None:
    async def test() -> None:
        one, two = make_devices(2, max_sessions=2)
        two = replace(
            two, address=one.address, serial=one.serial, auth=one.auth, main=replace(two.main, path="/live?channel=2")
        )
        async with open_fleet(tmp_path, [one, two]) as fleet:
            viewers = await playing(fleet, one, two)
            assert [{mark.camera for mark in viewer.marks} for viewer in viewers] == [{1}, {2}]
            third = await Viewer.connect(fleet, two)
            with pytest.raises(AssertionError, match="PLAY: 453"):  # sessions are the recorder's, not the channel's
                await third.play()
            assert fleet.replace([one])["removed"] == 1
            await viewers[0].watch(GOP)
            assert consecutive(viewers[0].frames)
            assert await viewers[1].ended()

    run(test())


def test_a_stream_that_is_set_up_cannot_become_another(tmp_path: Path) -> None:
    async def test() -> None:
        one, two = make_devices(2)
        two = replace(two, address=one.address, serial=one.serial, auth=one.auth, main=replace(two.main, path="/other"))
        async with open_fleet(tmp_path, [one, two]) as fleet:
            (viewer,) = await playing(fleet, one)
            viewer.device = two
            assert (await viewer.ask("DESCRIBE")).status == 404
            assert (await viewer.watch(GOP))[-1]
            assert {mark.camera for mark in viewer.marks} == {1}

    run(test())


def test_a_paused_stream_sends_nothing_and_goes_on_with_a_key_frame(tmp_path: Path) -> None:
    async def test() -> None:
        (device,) = make_devices(1, public=("OPTIONS", "DESCRIBE", "SETUP", "PLAY", "PAUSE", "TEARDOWN"))
        async with open_fleet(tmp_path, [device]) as fleet:
            (viewer,) = await playing(fleet, device)
            assert (await viewer.ask("PAUSE")).status == 200
            before = len(viewer.frames)
            assert fleet.status()["sessions"] == 0
            assert (await viewer.ask("PLAY")).status == 200
            first = (await viewer.watch(1))[0]
            assert fleet.broadcast_of(device.main.feed).cohort.is_key(first)
            assert len(viewer.frames) == before + 1
            assert [record["cause"] for record in records(fleet, "stop")] == ["pause"]

    run(test())


@pytest.mark.parametrize("heard", [True, False])
def test_a_camera_that_wants_keep_alives_over_tcp_ends_a_silent_session(tmp_path: Path, heard: bool) -> None:
    async def test() -> None:
        (device,) = make_devices(1, session_timeout=0.3, tcp_times_out=True)
        async with open_fleet(tmp_path, [device]) as fleet:
            (viewer,) = await playing(fleet, device)
            (state,) = fleet.cameras[device.id].watching
            for _ in range(12 * GOP if heard else 0):
                viewer.writer.write(b"OPTIONS * RTSP/1.0\r\nCSeq: 99\r\n\r\n")
                await viewer.watch(1)
            assert state.playing is True or not heard
            await until(lambda: state.closed, "end of the silent session")
            assert [record["cause"] for record in records(fleet, "stop")] == ["timeout"]

    run(test())


def test_a_slow_camera_answers_each_request_later(tmp_path: Path) -> None:
    async def test() -> None:
        (device,) = make_devices(1, slow_answer=0.05)
        async with open_fleet(tmp_path, [device]) as fleet:
            started = time.monotonic()
            (viewer,) = await playing(fleet, device)
            assert time.monotonic() - started >= 4 * 0.05
            assert consecutive(viewer.frames)
            viewer.writer.write(b"OPTIONS * RTSP/1.0\r\nCSeq: 99\r\n\r\n")
            await viewer.leave()
            await until(lambda: not fleet.status()["connections"], "the reader that left is forgotten")

    run(test())
