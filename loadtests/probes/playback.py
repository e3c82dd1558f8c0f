"""Play one interval of every camera back, as a user would, and compare it frame by frame with what was sent."""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Protocol

import av
import pyarrow as pa
import pyarrow.parquet as pq

from citycam.evidence.boxes import MalformedSegment
from citycam.evidence.fmp4 import read_frames
from citycam.model.camera import Camera, number_of
from citycam.model.errors import ConfigError
from citycam.plan.plan import Plan
from loadtests.clients.edge import first_answering, trust
from loadtests.clients.playback import Clip, PlaybackClient
from loadtests.probes.comparison import SentFrames, compare, compare_counted
from loadtests.settings import LoadSettings

LEAD_S = 3.0
"""Clips begin with whole groups of pictures, some seconds early; the ledger of the run may not know those frames."""

SCHEMA = pa.schema(
    (
        pa.field("camera", pa.string()),
        pa.field("gateway", pa.string()),
        pa.field("start_ns", pa.int64()),
        pa.field("duration_ms", pa.float64()),
        pa.field("status", pa.int32()),
        pa.field("frames_expected", pa.int32()),
        pa.field("frames_found", pa.int32()),
        pa.field("frames_wrong", pa.int32()),
        pa.field("decoded", pa.bool_()),
        pa.field("ok", pa.bool_()),
        pa.field("why", pa.string()),
        pa.field("edge", pa.string()),
    )
)


class Marks(Protocol):
    """The window of a run (ns since 1970)."""

    @property
    def start_ns(self) -> int:
        """First instant that is judged."""

    @property
    def stop_ns(self) -> int:
        """First instant that is not."""


@dataclass(frozen=True)
class Playback:
    """One row of `playback.parquet`."""

    camera: str
    gateway: str
    start_ns: int
    duration_ms: float
    status: int
    frames_expected: int
    frames_found: int
    frames_wrong: int
    decoded: bool
    ok: bool
    why: str
    edge: str = ""


@dataclass(frozen=True)
class Wanted:
    """An interval of one camera."""

    camera: str
    gateway: str
    start_ns: int
    clip_s: float
    fps: int

    @property
    def stop_ns(self) -> int:
        """First instant after it."""
        return self.start_ns + round(self.clip_s * 1e9)


def probe_playback(
    settings: LoadSettings,
    plan: Plan,
    ledger: SentFrames,
    marks: Marks,
    clip_s: float,
    out: Path,
    *,
    workers: int = 4,
    on_progress: Callable[[int, int], None] | None = None,
) -> list[Playback]:
    """Ask an edge for one interval of every camera and write `out` (`playback.parquet`), one row a camera.

    It is the first edge that answers when the probe begins; every row names it.

    The interval is chosen by the settings' seed and lies in the run's window. A few cameras are asked at a time, so
    that the probe is a user among others and no load test. `on_progress(done, all)` is called in this thread.

    Raises:
        ConfigError: the window is shorter than the interval.
    """
    gateways = plan.gateway_of()
    earliest_ns, latest_ns = _begins(marks, clip_s)
    context = trust(settings.ca_file)
    settings = first_answering(settings, context)
    client = PlaybackClient(settings, context)

    def one(camera: Camera) -> Playback:
        start_ns = random.Random(f"{settings.seed}/playback/{camera.id}").randint(earliest_ns, latest_ns)
        wanted = Wanted(camera.id, gateways[camera.id], start_ns, clip_s, camera.stream.fps)
        return replace(examine(client, ledger, wanted), edge=settings.edge.https)

    rows = []
    with ThreadPoolExecutor(workers, thread_name_prefix="playback") as pool:
        for row in pool.map(one, plan.cameras):
            rows.append(row)
            if on_progress:
                on_progress(len(rows), len(plan.cameras))
    write(rows, out)
    return rows


def _begins(marks: Marks, clip_s: float) -> tuple[int, int]:
    """First and last instant at which an interval may begin.

    Raises:
        ConfigError: none fits.
    """
    latest_ns = marks.stop_ns - round(clip_s * 1e9)
    if latest_ns < marks.start_ns:
        seconds = (marks.stop_ns - marks.start_ns) / 1e9
        raise ConfigError(
            f"an interval of {clip_s:g} s does not fit into {seconds:g} s of recording", next="record longer"
        )
    return min(marks.start_ns + round(LEAD_S * 1e9), latest_ns), latest_ns


def examine(client: PlaybackClient, ledger: SentFrames, wanted: Wanted) -> Playback:
    """Fetch one interval, compare it with the ledger, decode it."""
    expected = len(ledger.sent(wanted.camera, wanted.start_ns, wanted.stop_ns))
    clip = client.fetch(wanted.camera, wanted.gateway, wanted.start_ns, wanted.clip_s, keep=True)
    if clip.error is not None:
        return _row(wanted, clip, (expected, 0, 0), decoded=False, why=[str(clip.error) or type(clip.error).__name__])
    try:
        frames = read_frames(clip.body)
    except MalformedSegment as error:
        return _row(wanted, clip, (expected, 0, 0), decoded=False, why=[str(error)])
    interval = wanted.start_ns, wanted.stop_ns
    if frames.header.coding.prefix:
        found = compare(frames, number_of(wanted.camera), ledger, wanted.camera, interval)
    else:
        found = compare_counted(frames.decode_time_s, wanted.fps, ledger, wanted.camera, interval)
    why = list(found.complaints)
    if not found.expected:
        why.append("the camera sent nothing in this interval")
    if not frames.complete:
        why.append("the file ends in the middle of a part")
    trouble = decode(clip.body, len(frames.frame))
    if trouble:
        why.append(trouble)
    return _row(wanted, clip, (found.expected, found.found, found.wrong), decoded=not trouble, why=why)


def decode(clip: bytes, expected: int) -> str:
    """Decode every picture of a clip; what went wrong, or an empty text."""
    pictures = 0
    try:
        with av.open(io.BytesIO(clip), mode="r", format="mp4") as container:
            stream = container.streams.video[0]
            stream.codec_context.options = {"err_detect": "explode"}
            for picture in container.decode(stream):
                if picture.is_corrupt:
                    return f"picture {pictures} is damaged"
                pictures += 1
    except (av.error.FFmpegError, IndexError) as error:
        return f"cannot be decoded after {pictures} pictures: {error}"
    return "" if pictures == expected else f"{pictures} pictures decode, {expected} frames are there"


def write(rows: Sequence[Playback], out: Path) -> None:
    """Write `playback.parquet`."""
    columns = {one.name: [getattr(row, one.name) for row in rows] for one in fields(Playback)}
    pq.write_table(pa.table(columns, schema=SCHEMA), out)


def _row(wanted: Wanted, clip: Clip, counts: tuple[int, int, int], *, decoded: bool, why: Sequence[str]) -> Playback:
    expected, found, wrong = counts
    return Playback(
        camera=wanted.camera,
        gateway=wanted.gateway,
        start_ns=wanted.start_ns,
        duration_ms=wanted.clip_s * 1000,
        status=clip.status,
        frames_expected=expected,
        frames_found=found,
        frames_wrong=wrong,
        decoded=decoded,
        ok=not why,
        why="; ".join(why),
    )
