"""GStreamer's rtspsrc, which shares no code with FFmpeg, against the fleet."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from .stand import SECONDS, Stand
from .stream import assert_whole, frames_of

pytestmark = pytest.mark.docker

PARSED = ["h264parse", "!", "video/x-h264,stream-format=byte-stream,alignment=au", "!"]


def launch(
    stand: Stand, number: int, transport: str, password: str, *pipeline: str
) -> subprocess.CompletedProcess[str]:
    camera = stand.camera(number)
    source = [f"location={stand.address(camera)}", f"user-id={camera.username}", f"user-pw={password}"]
    return subprocess.run(
        ["gst-launch-1.0", "-q", "rtspsrc", *source, f"protocols={transport}", "!", "rtph264depay", "!", *pipeline],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("transport", ["tcp", "udp"])
@pytest.mark.parametrize("number", [3, 4], ids=["basic", "digest"])
def test_a_parsed_stream_names_camera_and_consecutive_frames(
    stand: Stand, captured: Path, number: int, transport: str
) -> None:
    keep = ["identity", "eos-after=61", "!", "filesink", f"location={captured}"]  # the 61st is the end
    ended = launch(stand, number, transport, stand.password(stand.camera(number)), *PARSED, *keep)
    assert (ended.returncode, ended.stderr) == (0, "")
    frames = frames_of(captured.read_bytes(), number)
    session = stand.session()
    assert (session.camera, session.transport) == (stand.camera(number).id, transport)
    assert session.agent.startswith("GStreamer")
    assert_whole(frames, session, 60)


def test_every_picture_is_decoded_over_the_end_of_the_clip(stand: Stand, tmp_path: Path) -> None:
    stream, raw = stand.camera(3).stream, tmp_path / "raw"
    count = SECONDS * stream.fps + 25
    show = ["avdec_h264", "max-errors=0", "!", "video/x-raw,format=I420", "!"]
    keep = ["identity", f"eos-after={count + 1}", "!", "filesink", f"location={raw}"]
    ended = launch(stand, 3, "tcp", stand.password(stand.camera(3)), *PARSED, *show, *keep)
    assert (ended.returncode, ended.stderr) == (0, "")
    size = stream.width * stream.height * 3 // 2
    data = raw.read_bytes()
    assert len(data) == count * size
    pictures = [data[at : at + size] for at in range(0, len(data), size)]
    loop = SECONDS * stream.fps
    assert pictures[loop:] == pictures[:-loop]
    assert len(set(pictures)) == loop


@pytest.mark.parametrize("number", [1, 2], ids=["basic", "digest"])
def test_a_wrong_password_is_refused(stand: Stand, number: int) -> None:
    ended = launch(stand, number, "tcp", "wrong", "fakesink")
    assert ended.returncode != 0
    assert "Unauthorized" in ended.stderr
    assert stand.sessions() == []
