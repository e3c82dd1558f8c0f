"""One small decoded picture per camera, taken from the recordings of a run: what the report shows."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterable
from pathlib import Path

import av
from PIL import Image

from citycam.evidence.ledger import SECOND
from citycam.evidence.run import Run
from citycam.evidence.segment import file_time_ns, segments_of
from citycam.plan.plan import Plan

WIDTH = 240
MAXIMUM_BYTES = 12_000
_QUALITIES = (80, 70, 60, 45, 30, 15)

log = logging.getLogger(__name__)


def extract(run: Run, plan: Plan, limit: int) -> list[Path]:
    """Decode one key frame of up to `limit` cameras, spread evenly over the plan; returns the pictures written.

    A camera without a decodable key frame gets none; that is the audit's to judge.
    """
    home = sorted(plan.gateway_of().items())
    count = min(limit, len(home))
    chosen = [home[index * len(home) // count] for index in range(count)]
    middle = (run.marks().start_ns + run.marks().stop_ns) // 2
    run.thumbnails.mkdir(parents=True, exist_ok=True)
    written = []
    for camera, gateway in chosen:
        folders = [archive / gateway / camera for archive in run.archives().values()]
        picture = _first_picture(_by_distance(folders, middle))
        if picture is not None:
            path = run.thumbnails / f"{camera}.jpg"
            path.write_bytes(_jpeg(picture))
            written.append(path)
    return written


def _by_distance(folders: Iterable[Path], moment_ns: int) -> list[Path]:
    """Segments, those that begin nearest to a moment first."""
    segments = [path for folder in folders for path in segments_of(folder)]
    return sorted(segments, key=lambda path: abs((file_time_ns(path.name) or -SECOND) - moment_ns))


def _first_picture(segments: list[Path]) -> Image.Image | None:
    for path in segments:
        try:
            with av.open(str(path)) as container:
                stream = container.streams.video[0]
                stream.codec_context.skip_frame = "NONKEY"
                for frame in container.decode(stream):
                    return Image.fromarray(frame.to_ndarray(format="rgb24"))
        except (av.error.FFmpegError, IndexError) as error:
            log.warning("no picture from %s: %s", path, error)
    return None


def _jpeg(picture: Image.Image) -> bytes:
    """At most `WIDTH` wide, as good as fits into `MAXIMUM_BYTES`."""
    picture.thumbnail((WIDTH, WIDTH))
    content = b""
    for quality in _QUALITIES:
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=quality, optimize=True)
        content = buffer.getvalue()
        if len(content) <= MAXIMUM_BYTES:
            break
    return content
