"""What operators do with a camera, by a third-party client: move it, be told of motion, ask which days exist."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from http.client import HTTPConnection
from ipaddress import IPv4Address
from typing import Any

import pytest
from onvif import ONVIFCamera

from citycam.model.camera import Camera, camera_id
from integration_tests.onboarding.stand import Stand
from integration_tests.waiting import wait_for
from simulators.onvif import archive, motion

SECOND = 1_000_000_000
ICT = timedelta(hours=7)


def test_a_camera_moves_and_keeps_its_position(stand: Stand) -> None:
    (camera,) = stand.of("sony-network")

    async def move(client: ONVIFCamera) -> Any:
        ptz = await client.create_ptz_service()
        place = {"PanTilt": {"x": 0.25, "y": -0.125}, "Zoom": {"x": 0.5}}
        await ptz.AbsoluteMove({"ProfileToken": "main-1", "Position": place})
        status = await ptz.GetStatus({"ProfileToken": "main-1"})
        while "MOVING" in (status.MoveStatus.PanTilt, status.MoveStatus.Zoom):
            status = await ptz.GetStatus({"ProfileToken": "main-1"})
        preset = await ptz.SetPreset({"ProfileToken": "main-1", "PresetName": "gate"})
        await ptz.ContinuousMove({"ProfileToken": "main-1", "Velocity": {"PanTilt": {"x": 1, "y": 0}}})
        await ptz.Stop({"ProfileToken": "main-1"})
        return status, preset

    async def look(client: ONVIFCamera) -> Any:
        ptz = await client.create_ptz_service()
        return await ptz.GetStatus({"ProfileToken": "sub-1"}), await ptz.GetPresets({"ProfileToken": "main-1"})

    status, preset = stand.talk(camera, move)
    assert (status.Position.PanTilt.x, status.Position.PanTilt.y, status.Position.Zoom.x) == (0.25, -0.125, 0.5)
    status, presets = stand.talk(camera, look)
    assert status.Position.PanTilt.x >= 0.25
    assert (status.Position.PanTilt.y, status.Position.Zoom.x, status.MoveStatus.PanTilt) == (-0.125, 0.5, "IDLE")
    assert [(one.token, one.Name, one.PTZPosition.PanTilt.x) for one in presets] == [(preset, "gate", 0.25)]


def test_a_camera_without_a_head_has_no_such_service(stand: Stand) -> None:
    (camera,) = stand.of("uniview-network")

    async def look(client: ONVIFCamera) -> Any:
        return set(client.xaddrs)

    assert "http://www.onvif.org/ver20/ptz/wsdl" not in stand.talk(camera, look)


def _restless(pattern: Camera) -> Camera:
    """A camera before which motion begins in a few seconds: the timeline is seeded, so it can be chosen."""
    now = time.time_ns()
    for number in range(1000, 100_000):
        name = camera_id(number)
        if any(change.moving for change in motion.changes(name, 0, now + 4 * SECOND, now + 5 * SECOND)):
            address = IPv4Address("127.19.0.200")
            return pattern.model_copy(update={"id": name, "address": address, "serial": f"S{number:06d}"})
    raise AssertionError("nothing moves anywhere")


def test_motion_is_told_when_it_begins(stand: Stand) -> None:
    camera = _restless(stand.of("sony-network")[0])
    stand.fleet.set_cameras([*stand.cameras, camera])

    async def watch(client: ONVIFCamera) -> list[Any]:
        manager = await client.create_pullpoint_manager(timedelta(seconds=60), lambda: None)
        service = manager.get_service()
        seen: list[Any] = []
        while not any(message.PropertyOperation == "Changed" for _, message in seen):
            answer = await service.PullMessages({"Timeout": timedelta(seconds=30), "MessageLimit": 10})
            seen += [(one.Topic._value_1, one.Message._value_1) for one in answer.NotificationMessage or []]
        await manager.shutdown()
        return seen

    try:
        seen = stand.talk(camera, watch)
    finally:
        stand.fleet.set_cameras(stand.cameras)
    assert {topic for topic, _ in seen} == {"tns1:VideoSource/MotionAlarm"}
    assert seen[0][1].PropertyOperation == "Initialized"
    _, last = seen[-1]
    told = [item.Value for item in last.Data.SimpleItem] == ["true"]
    at_ns = int(last.UtcTime.timestamp() * 1000) * (SECOND // 1000)
    due = list(motion.changes(camera.id, 0, at_ns - SECOND // 10, at_ns + SECOND // 10))
    assert [change.moving for change in due] == [told]
    assert [item.Value for item in last.Source.SimpleItem] == ["source-1"]


def test_a_recorder_says_which_days_exist(stand: Stand) -> None:
    channel = stand.of("hikvision-recorder")[1]

    async def ask(client: ONVIFCamera) -> Any:
        search = await client.create_search_service()
        summary = await search.GetRecordingSummary()
        job = await search.FindRecordings({"Scope": {}, "KeepAliveTime": timedelta(seconds=60)})
        found = await search.GetRecordingSearchResults({"SearchToken": job})
        wish = {
            "StartPoint": summary.DataFrom,
            "EndPoint": summary.DataUntil,
            "Scope": {"IncludedRecordings": ["recording-2"]},
            "SearchFilter": {},
            "IncludeStartState": False,
            "KeepAliveTime": timedelta(seconds=60),
        }
        job = await search.FindEvents(wish)
        return found, await search.GetEventSearchResults({"SearchToken": job})

    found, events = stand.talk(channel, ask)
    assert [one.RecordingToken for one in found.RecordingInformation] == [f"recording-{n}" for n in (1, 2, 3)]
    assert (found.SearchState, events.SearchState) == ("Completed", "Completed")
    changes = [(one.Time + ICT, one.Event.Message._value_1.Data.SimpleItem[0].Value == "true") for one in events.Result]
    now = time.time_ns()
    today = (datetime.fromtimestamp(now / SECOND, UTC) + ICT).date()
    assert _days(changes, today) == archive.days(channel.id, 0, now, 30)
    assert len(_days(changes, today)) < 30, "this recorder has gaps"


def _days(changes: list[tuple[datetime, bool]], today: date) -> list[date]:
    """The days between each beginning and the end after it; the last recording goes on."""
    found: list[date] = []
    begins = [at.date() for at, present in changes if present]
    ends = [at.date() for at, present in changes if not present] + [today + timedelta(days=1)]
    for first, end in zip(begins, ends, strict=True):
        found += [first + timedelta(days=count) for count in range((end - first).days)]
    return found


def test_a_reboot_is_one(stand: Stand) -> None:
    (camera,) = stand.of("exposed-network")

    async def reboot(client: ONVIFCamera) -> Any:
        return await (await client.create_devicemgmt_service()).SystemReboot()

    assert "30 seconds" in stand.talk(camera, reboot)
    try:
        wait_for(stand.fleet.faults, lambda seen: "reboot" in str(seen), "reboot")
        with pytest.raises(OSError, match=r"reset|refused"):
            _get(stand, camera, "/snapshot/1.jpg")
    finally:
        stand.fleet.clear_faults()
    assert _get(stand, camera, "/snapshot/1.jpg") == 401


def test_a_frozen_camera_answers_nothing(stand: Stand) -> None:
    (camera,) = stand.of("exposed-network")
    stand.fleet.start_fault("freeze", [camera.id])
    try:
        with pytest.raises(TimeoutError):
            _get(stand, camera, "/snapshot/1.jpg")
    finally:
        stand.fleet.clear_faults()
    assert _get(stand, camera, "/snapshot/1.jpg") == 401


def _get(stand: Stand, camera: Camera, path: str) -> int:
    connection = HTTPConnection(str(camera.address), stand.http, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()
