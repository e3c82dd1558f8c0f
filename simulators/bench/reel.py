"""The one clip that every server of a bench sends, in the form that each of them reads."""

from __future__ import annotations

import json
import struct
import subprocess
from pathlib import Path

from citycam.model.camera import Stream
from citycam.model.errors import EnvironmentFailure
from citycam.model.workspace import cache_folder
from citycam.wire import watermark
from simulators.fleet.bench import loopback_cameras
from simulators.fleet.cohort import Cohort, Lanes
from simulators.fleet.script import Script
from simulators.media.clip import Clip, read_clip
from simulators.media.library import CATALOGUE, kind_of, prepare_media
from simulators.rtsp.feed import Feed

_START_CODE = b"\x00\x00\x00\x01"


class Reel:
    """The first generated clip of a stream. Files are made in `folder`, which lives as long as the bench.

    Raises:
        EnvironmentFailure: ffmpeg is missing or fails.
    """

    def __init__(self, stream: Stream, folder: Path) -> None:
        self.stream = stream
        self.media = folder / "media"
        (camera,) = loopback_cameras(1, 554, stream)
        name, *_ = prepare_media([camera], None, cache_folder(), self.media).clips_of(camera)
        # Cameras are spread over all clips of their kind; others read one file, so there is one.
        catalogue = {"schema_version": 1, "clips": {kind_of(camera): [name]}}
        (self.media / CATALOGUE).write_text(json.dumps(catalogue), encoding="utf-8")
        self._clip = read_clip(self.media / name)
        self.annexb = folder / "reel.h264"
        self.annexb.write_bytes(annexb(self._clip))
        self.mp4 = _copied(["-framerate", str(stream.fps), "-i", str(self.annexb)], folder / "reel.mp4")

    def frames(self, path: Path, seconds: int, *, marked: bool = True) -> None:
        """Write what a cohort sends in that time, with its watermark or without, as `native/sendloop.c` reads it."""
        cohort = Cohort(Script(self._clip), Feed(self._clip.name, 0))
        first = cohort.next_key(cohort.frame_at(cohort.epoch_ns))
        with path.open("wb") as file:
            for number in range(first, first + seconds * self.stream.fps):
                head, tail, _ = cohort.render(number, cohort.scheduled(number)).stream(Lanes(), 0)
                if not marked:
                    head, tail = unmarked(head, tail)
                file.write(struct.pack("=II", len(head), len(tail)) + head + tail)


def annexb(clip: Clip) -> bytes:
    """The clip as a byte stream (ITU-T H.264 annex B), parameter sets before every key frame."""
    data = bytearray()
    for unit in clip.reels[0]:
        for piece in (*(clip.sets if unit.key else ()), *unit.slices):
            data += _START_CODE + piece
    return bytes(data)


def unmarked(head: bytes, tail: bytes) -> tuple[bytes, bytes]:
    """A frame (`Rendered.stream`) in one piece without the packet of its watermark; the second piece is empty."""
    at, last = 0, 0
    while at < len(head):  # the watermark's packet is the last of `head` and goes on in `tail`
        last, at = at, at + 4 + int.from_bytes(head[at + 2 : at + 4], "big")
    rest = at - len(head)
    before = head[:last]
    return before + tail[rest - watermark.CAMERA_SIZE :], b""


def lengthened(source: Path, target: Path, loops: int) -> Path:
    """The file played `loops` times more, as a file.

    Raises:
        EnvironmentFailure: ffmpeg is missing or fails.
    """
    return _copied(["-stream_loop", str(loops), "-i", str(source)], target)


def _copied(source: list[str], target: Path) -> Path:
    command = ["ffmpeg", "-nostdin", "-v", "error", "-y", *source, "-c", "copy", str(target)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise EnvironmentFailure("cannot run ffmpeg", why=str(error), next="run `make setup`") from error
    if done.returncode:
        raise EnvironmentFailure("the clip cannot be put into a file", where=str(target), why=done.stderr.strip())
    return target
