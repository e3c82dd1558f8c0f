"""MediaMTX in the gateway's image pulls the fleet and records it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from citycam.evidence import fmp4
from citycam.model.camera import Camera, Transport
from integration_tests.recording.gateway import Site, passable, running_gateway, stop
from integration_tests.waiting import wait_for

from .stand import KEY, SECONDS, Stand
from .stream import assert_whole

pytestmark = pytest.mark.docker


@pytest.fixture
def pulled(stand: Stand) -> list[Camera]:
    """Both sizes, Basic and Digest; one of each by TCP, the other by UDP."""
    return [
        camera.model_copy(update={"transport": Transport.UDP if camera.number in (2, 3) else Transport.TCP})
        for camera in stand.cameras
    ]


def recorded(site: Site, camera: Camera, *, steady: bool = True) -> list[int]:
    """Frame numbers on disk in order; every file is closed and every frame is as it was sent.

    Without B-frames, frames are `steady`: each as long as the others.
    """
    numbers: list[int] = []
    for segment in site.segments(camera):
        frames = fmp4.read_frames(segment)
        assert fmp4.is_closed(segment)
        assert (frames.complete, frames.notes) == (True, ())
        assert frames.ok.all()
        assert set(frames.camera.tolist()) <= {camera.number}  # a file may hold nothing but sound
        lengths = [seconds * camera.stream.fps for seconds in frames.duration_s.tolist()]
        assert not steady or {round(length) for length in lengths} <= {1}
        assert sum(lengths) == pytest.approx(len(lengths), abs=1)
        numbers += frames.frame.tolist()
    return numbers


def faults_in(segment: Path) -> str:
    """What FFmpeg's decoder finds wrong with a file."""
    strict = ["-v", "error", "-xerror", "-err_detect", "explode"]
    ended = subprocess.run(
        ["ffmpeg", "-nostdin", *strict, "-i", str(segment), "-f", "null", "-"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return f"{ended.stderr} ({ended.returncode})" if ended.returncode or ended.stderr else ""


def test_every_frame_of_every_camera_is_recorded_once(stand: Stand, pulled: list[Camera], tmp_path: Path) -> None:
    site = Site(passable(tmp_path), KEY)
    site.deliver(pulled)
    with running_gateway(site) as gateway:
        wait_for(
            lambda: {camera.id: len(site.segments(camera)) for camera in pulled},
            lambda files: min(files.values()) > 2,  # each is 4 s long: the end of the clip was passed
            "third file of every camera",
        )
        stop(gateway)
    sessions = {session.camera: session for session in stand.sessions()}
    assert len(sessions) == len(pulled)
    for camera in pulled:
        numbers, session = recorded(site, camera), sessions[camera.id]
        assert session.transport == camera.transport
        assert len(numbers) > SECONDS * camera.stream.fps
        assert_whole(numbers, session, len(numbers))
        assert {segment.name: faults_in(segment) for segment in site.segments(camera)} == {
            segment.name: "" for segment in site.segments(camera)
        }


def test_a_gateway_with_wrong_passwords_is_refused(stand: Stand, pulled: list[Camera], tmp_path: Path) -> None:
    site = Site(passable(tmp_path), b"another key")
    site.deliver(pulled)
    with running_gateway(site) as gateway:

        def refused() -> set[str]:
            lines = b"".join(gateway.get_logs()).decode().splitlines()
            return {camera.id for camera in pulled for line in lines if camera.id in line and "401" in line}

        wait_for(refused, lambda ids: len(ids) == len(pulled), "refusal of every camera")
    assert stand.sessions() == []
    assert [site.segments(camera) for camera in pulled] == [[], [], [], []]
