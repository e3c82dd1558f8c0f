"""Programs that play a camera and are not ours; each gives the stream of pictures that it received.

That is Annex B for H.264 and H.265, and images one after another for Motion JPEG.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import av

from citycam.model.camera import Camera
from citycam.model.codec import Codec
from simulators.fleet.ports import Ports
from simulators.profiles.profile import load_profile

PATIENCE_S = 60


class View(NamedTuple):
    """What is to be played: a camera, by `tcp`, `udp`, `tls` or `multicast`, so many frames; a folder for files."""

    camera: Camera
    password: str
    ports: Ports
    transport: str
    frames: int
    folder: Path

    @property
    def codec(self) -> Codec:
        """Of the pictures."""
        return self.camera.stream.codec

    def address(self, account: str = "") -> str:
        """The URL."""
        scheme, port = ("rtsps", self.ports.rtsps) if self.transport == "tls" else ("rtsp", self.ports.rtsp)
        return f"{scheme}://{account}{self.camera.address}:{port}{self.camera.path}"

    @property
    def url(self) -> str:
        """With the account, as a user would write it."""
        return self.address(f"{self.camera.username}:{self.password}@")

    def kept(self, client: str) -> Path:
        """A file for this view alone."""
        return self.folder / f"{client}-{self.transport}-{self.camera.id}.{self.codec}"


Play = Callable[[View], bytes]
"""Gives the stream, or raises `Refused`."""


class Refused(Exception):
    """The client gave up; what it said."""


def _run(command: list[str], kept: Path, *, farewell: bool = True) -> bytes:
    """What the program kept. Without `farewell` it may end as it likes: what was kept is judged by itself."""
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
        well, said = ended.returncode == 0, ended.stderr
    except subprocess.TimeoutExpired:
        well, said = False, f"it did not end within {PATIENCE_S} s"
    if (farewell and not well) or not kept.exists() or not kept.stat().st_size:
        raise Refused(said[-500:])
    return kept.read_bytes()


_FFMPEG = {"tcp": "tcp", "udp": "udp", "tls": "tcp", "multicast": "udp_multicast"}
_FORMAT = {"h264": "h264", "h265": "hevc", "mjpeg": "mjpeg"}


def ffmpeg(view: View) -> bytes:
    """FFmpeg's command line."""
    kept = view.kept("ffmpeg")
    quiet = ["-nostdin", "-v", "error", "-y", "-rtsp_transport", _FFMPEG[view.transport]]
    copy = ["-c", "copy", "-map", "0:v", "-frames:v", str(view.frames), "-f", _FORMAT[view.codec], str(kept)]
    return _run(["ffmpeg", *quiet, "-i", view.url, *copy], kept)


_PROTOCOLS = {"tcp": "tcp", "udp": "udp", "tls": "tcp", "multicast": "udp-mcast"}
_DEPAY = {
    "h264": "rtph264depay ! h264parse config-interval=-1 ! video/x-h264,stream-format=byte-stream,alignment=au",
    "h265": "rtph265depay ! h265parse config-interval=-1 ! video/x-h265,stream-format=byte-stream,alignment=au",
    "mjpeg": "rtpjpegdepay",
}


def gstreamer(view: View) -> bytes:
    """GStreamer's rtspsrc."""
    kept, camera = view.kept("gstreamer"), view.camera
    account = [f"user-id={camera.username}", f"user-pw={view.password}"] if camera.auth != "none" else []
    how = [f"protocols={_PROTOCOLS[view.transport]}", "tls-validation-flags=0", "name=src"]
    source = ["rtspsrc", f"location={view.address()}", *account, *how]
    keep = ["identity", f"eos-after={view.frames + 1}", "!", "filesink", f"location={kept}", "buffer-mode=unbuffered"]
    wanted = ["src.", "!", "application/x-rtp,media=video", "!", *_DEPAY[view.codec].split(), "!"]
    if view.transport in ("udp", "multicast") and load_profile(camera.model).encoding.audio is not None:
        # A pad that nobody wants would end the stream if it came first; sound ends by itself, as the pictures do.
        sound = [
            "src.",
            "!",
            "application/x-rtp,media=audio",
            "!",
            "identity",
            "eos-after=2",
            "!",
            "fakesink",
            "async=false",
        ]
        wanted = [*sound, *wanted]
    # At the end of the stream it may close the connection before its own PAUSE is through, and call that an error; by
    # TLS it sometimes falls over its own pads. So each frame is written as it comes.
    command = ["gst-launch-1.0", "-q", *source, *wanted, *keep]
    try:
        return _run(command, kept, farewell=False)
    except Refused as refused:
        if "not-linked" not in str(refused):
            raise
        # By TCP the same can happen, where a branch for the sound seldom ends: once more then.
        return _run(command, kept, farewell=False)


def pyav(view: View) -> bytes:
    """PyAV, whose libraries are newer than the system's."""
    found: list[bytes] = []
    try:
        with av.open(view.url, options={"rtsp_transport": _FFMPEG[view.transport]}, timeout=PATIENCE_S) as source:
            for packet in source.demux(video=0):
                found.append(bytes(packet))
                if len(found) == view.frames:
                    break
    except av.FFmpegError as error:
        raise Refused(str(error)) from error
    return b"".join(found)


CLIENTS: dict[str, Play] = {"FFmpeg": ffmpeg, "GStreamer": gstreamer, "PyAV": pyav}
