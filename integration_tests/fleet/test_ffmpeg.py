"""FFmpeg's own RTSP client and H.264 decoder against the fleet."""

from __future__ import annotations

import json
import subprocess
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from .stand import SECONDS, Stand
from .stream import assert_whole, frames_of, marks_of

pytestmark = pytest.mark.docker

QUIET = ["-nostdin", "-hide_banner", "-v", "error"]
STRICT = ["-xerror", "-err_detect", "explode"]
"""The first fault in what is received ends the program with an error."""


def ffmpeg(transport: str, url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["ffmpeg", *QUIET, *STRICT, "-y", "-rtsp_transport", transport, "-i", url, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def copy(stand: Stand, number: int, transport: str, count: int, captured: Path) -> bytes:
    """So many frames as they came."""
    url = stand.url(stand.camera(number))
    ended = ffmpeg(transport, url, "-c", "copy", "-frames:v", str(count), "-f", "h264", str(captured))
    assert (ended.returncode, ended.stderr) == (0, "")
    return captured.read_bytes()


def probe(transport: str, url: str) -> dict[str, Any]:
    ended = subprocess.run(
        ["ffprobe", "-v", "error", "-rtsp_transport", transport, "-show_streams", "-of", "json", url],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    (stream,) = json.loads(ended.stdout)["streams"]
    found: dict[str, Any] = stream
    return found


@pytest.mark.parametrize("transport", ["tcp", "udp"])
@pytest.mark.parametrize("number", [3, 4], ids=["basic", "digest"])
def test_a_copied_stream_names_camera_and_consecutive_frames(
    stand: Stand, captured: Path, number: int, transport: str
) -> None:
    frames = frames_of(copy(stand, number, transport, 60, captured), number)
    session = stand.session()
    assert (session.camera, session.transport) == (stand.camera(number).id, transport)
    assert session.agent.startswith("Lavf")
    assert_whole(frames, session, 60)


@pytest.mark.parametrize(("number", "transport"), [(1, "tcp"), (3, "udp")], ids=["d1-tcp", "cif-udp"])
def test_probe_finds_the_size_and_the_rate_of_the_inventory(stand: Stand, number: int, transport: str) -> None:
    camera = stand.camera(number)
    found = probe(transport, stand.url(camera))
    assert (found["codec_name"], found["profile"], found["pix_fmt"]) == ("h264", "Main", "yuv420p")
    assert (found["width"], found["height"]) == (camera.stream.width, camera.stream.height)
    assert found["has_b_frames"] == 0
    assert Fraction(found["avg_frame_rate"]) == camera.stream.fps


def test_decoded_pictures_repeat_with_the_clip_and_none_is_damaged_at_its_seam(stand: Stand) -> None:
    camera = stand.camera(3)
    loop = SECONDS * camera.stream.fps
    count = loop * 2 + 10
    ended = ffmpeg("tcp", stand.url(camera), "-fps_mode", "passthrough", "-frames:v", str(count), "-f", "framemd5", "-")
    assert (ended.returncode, ended.stderr) == (0, "")
    pictures = [line.split(",") for line in ended.stdout.splitlines() if not line.startswith("#")]
    assert len(pictures) == count
    digests = [columns[-1].strip() for columns in pictures]
    assert len(set(digests[:loop])) == loop  # else repetition would say nothing
    assert digests[loop:] == digests[:-loop]


@pytest.mark.parametrize("number", [1, 2], ids=["basic", "digest"])
@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_a_wrong_password_is_refused(stand: Stand, number: int, transport: str) -> None:
    camera = stand.camera(number)
    other = stand.password(stand.camera(3 - number))
    for url in (stand.url(camera, "wrong"), stand.url(camera, other), stand.address(camera)):
        ended = ffmpeg(transport, url, "-c", "copy", "-f", "null", "-")
        assert ended.returncode != 0
        assert "401 Unauthorized" in ended.stderr
    assert stand.sessions() == []
    assert stand.fleet.status()["playing"] == 0


def test_another_path_is_not_found(stand: Stand) -> None:
    camera = stand.camera(1)
    ended = ffmpeg("tcp", stand.url(camera).replace(camera.path, "/other"), "-c", "copy", "-f", "null", "-")
    assert ended.returncode != 0
    assert "404" in ended.stderr
    assert stand.sessions() == []


def test_a_frame_that_the_ledger_only_claims_is_a_hole_in_the_stream(stand: Stand, captured: Path) -> None:
    camera = stand.camera(4)
    stand.fleet.start_fault("drop-frames", [camera.id], every=25)
    try:
        frames = [mark.frame for mark in marks_of(copy(stand, 4, "tcp", 60, captured))]
    finally:
        stand.fleet.clear_faults()
    claimed = set(range(frames[0], frames[-1] + 1))
    holes = claimed - set(frames)
    assert len(holes) in (2, 3), frames  # one in 25
    assert stand.session().sent >= claimed
    with pytest.raises(AssertionError):
        assert_whole(frames, stand.session(), 60)
