"""Programs that play a camera and are not ours; each gives the Annex-B stream that it received."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import av

from citycam.model.camera import Camera

Play = Callable[[Camera, str, str, int, Path], bytes]
"""Camera, password, transport (`tcp`, `udp`), number of frames and a folder in; bytes out, or `Refused`."""
PATIENCE_S = 60


class Refused(Exception):
    """The client gave up; what it said."""


def url(camera: Camera, password: str) -> str:
    """With the account, as a user would write it."""
    return f"rtsp://{camera.username}:{password}@{camera.address}:{camera.port}{camera.path}"


def _run(command: list[str], kept: Path) -> bytes:
    ended = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    if ended.returncode or not kept.exists() or not kept.stat().st_size:
        raise Refused(ended.stderr[-500:])
    return kept.read_bytes()


def ffmpeg(camera: Camera, password: str, transport: str, frames: int, folder: Path) -> bytes:
    """FFmpeg's command line."""
    kept = folder / f"ffmpeg-{transport}-{camera.id}.h264"
    quiet = ["-nostdin", "-v", "error", "-y", "-rtsp_transport", transport]
    copy = ["-c", "copy", "-map", "0:v", "-frames:v", str(frames), "-f", "h264", str(kept)]
    return _run(["ffmpeg", *quiet, "-i", url(camera, password), *copy], kept)


def gstreamer(camera: Camera, password: str, transport: str, frames: int, folder: Path) -> bytes:
    """GStreamer's rtspsrc."""
    kept = folder / f"gstreamer-{transport}-{camera.id}.h264"
    location = f"rtsp://{camera.address}:{camera.port}{camera.path}"
    account = [f"user-id={camera.username}", f"user-pw={password}"] if camera.auth != "none" else []
    parse = ["h264parse", "config-interval=-1", "!", "video/x-h264,stream-format=byte-stream,alignment=au", "!"]
    source = ["rtspsrc", f"location={location}", *account, f"protocols={transport}", "name=src"]
    keep = ["identity", f"eos-after={frames + 1}", "!", "filesink", f"location={kept}"]
    wanted = ["src.", "!", "application/x-rtp,media=video", "!", "rtph264depay", "!"]
    return _run(["gst-launch-1.0", "-q", *source, *wanted, *parse, *keep], kept)


def pyav(camera: Camera, password: str, transport: str, frames: int, _folder: Path) -> bytes:
    """PyAV, whose libraries are newer than the system's."""
    found: list[bytes] = []
    try:
        with av.open(url(camera, password), options={"rtsp_transport": transport}, timeout=PATIENCE_S) as source:
            for packet in source.demux(video=0):
                found.append(bytes(packet))
                if len(found) == frames:
                    break
    except av.FFmpegError as error:
        raise Refused(str(error)) from error
    return b"".join(found)


CLIENTS: dict[str, Play] = {"FFmpeg": ffmpeg, "GStreamer": gstreamer, "PyAV": pyav}
