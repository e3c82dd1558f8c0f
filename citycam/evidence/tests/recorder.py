"""Writes segments the way MediaMTX v1.20.1 does, from frames that carry watermarks: what the tests damage."""

from __future__ import annotations

import json
import random
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Network
from pathlib import Path

from citycam.evidence.ledger import Clock
from citycam.evidence.run import Marks, Run
from citycam.evidence.segment import file_name
from citycam.inventory.sample import sample_inventory
from citycam.model.camera import camera_id
from citycam.plan.plan import Plan
from citycam.wire import watermark

TIMESCALE = 90_000
SPS = bytes.fromhex("6742c01ed9016096101000000300100000030320f162ea00")
PPS = bytes.fromhex("68cb8cb2")
LATENCY_NS = 3_000_000
EPOCH_NS = 1_763_940_000_000_000_000


@dataclass(frozen=True)
class Sample:
    """A sample as the recorder gets it: length-prefixed NAL units; `time` in ticks from the segment's start."""

    payload: bytes
    key: bool
    time: int
    duration: int


def avcc(units: Iterable[bytes]) -> bytes:
    return b"".join(len(unit).to_bytes(4, "big") + unit for unit in units)


@dataclass(frozen=True)
class Scene:
    """Pictures all cameras send: `gop` frames, first a key frame, of random bytes."""

    gop: int = 20
    key_size: int = 400
    delta_size: int = 120
    seed: int = 7
    pictures: list[bytes] = field(init=False)
    checks: list[int] = field(init=False)

    def __post_init__(self) -> None:
        random_bytes = random.Random(self.seed).randbytes
        units = [b"\x65" + random_bytes(self.key_size)]
        units += [b"\x41" + random_bytes(self.delta_size) for _ in range(self.gop - 1)]
        object.__setattr__(self, "pictures", units)
        object.__setattr__(self, "checks", [watermark.media_check([unit]) for unit in units])

    def payload(self, camera: int, frame: int, clock: Clock) -> bytes:
        due = clock.epoch_ns + frame * 10**9 * clock.den // clock.num
        place = frame % self.gop
        mark = watermark.nal(watermark.Watermark(camera, frame, due, due + 1_000_000, self.checks[place]))
        return avcc([*([SPS, PPS] if place == 0 else []), mark, self.pictures[place]])

    def samples(self, camera: int, first: int, stop: int, clock: Clock) -> list[Sample]:
        ticks = TIMESCALE * clock.den // clock.num
        return [
            Sample(self.payload(camera, frame, clock), frame % self.gop == 0, (frame - first) * ticks, ticks)
            for frame in range(first, stop)
        ]


def box(kind: bytes, *parts: bytes) -> bytes:
    payload = b"".join(parts)
    return struct.pack(">I4s", 8 + len(payload), kind) + payload


def full(kind: bytes, flags: int, *parts: bytes) -> bytes:
    return box(kind, struct.pack(">I", flags), *parts)


MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


def header(duration_ms: int = 0, number: int = 0, stream: bytes = b"s" * 16, time_ns: int = 0) -> bytes:
    """ftyp and moov as `fmp4.Init.Marshal` and `writeInit` write them."""
    avc = box(b"avcC", bytes([1, *SPS[1:4], 0xFF, 0xE1]), struct.pack(">H", len(SPS)), SPS, b"\x01",
              struct.pack(">H", len(PPS)), PPS)  # fmt: skip
    avc1 = box(b"avc1", bytes(6), struct.pack(">H", 1), bytes(16), struct.pack(">HH", 704, 576),
               struct.pack(">IIIH", 0x480000, 0x480000, 0, 1), bytes(32), struct.pack(">Hh", 24, -1), avc)  # fmt: skip
    tables = [full(b"stsd", 0, struct.pack(">I", 1), avc1), full(b"stts", 0, bytes(4)), full(b"stsc", 0, bytes(4)),
              full(b"stsz", 0, bytes(8)), full(b"stco", 0, bytes(4))]  # fmt: skip
    dinf = box(b"dinf", full(b"dref", 0, struct.pack(">I", 1), full(b"url ", 1)))
    minf = box(b"minf", full(b"vmhd", 1, bytes(8)), dinf, box(b"stbl", *tables))
    mdhd = full(b"mdhd", 0, struct.pack(">IIIIHH", 0, 0, TIMESCALE, 0, 0x55C4, 0))
    hdlr = full(b"hdlr", 0, bytes(4), b"vide", bytes(12), b"VideoHandler\x00")
    tkhd = full(
        b"tkhd", 3, struct.pack(">IIIII", 0, 0, 1, 0, 0), bytes(16), MATRIX, struct.pack(">II", 704 << 16, 576 << 16)
    )
    mvhd = full(b"mvhd", 0, struct.pack(">IIIIIH", 0, 0, 1000, duration_ms, 0x10000, 0x100), bytes(10), MATRIX,
                bytes(24), struct.pack(">I", 0xFFFFFFFF))  # fmt: skip
    mvex = box(b"mvex", full(b"trex", 0, struct.pack(">IIIII", 1, 1, 0, 0, 0)))
    mtxi = full(b"mtxi", 0, stream, struct.pack(">Qqq", number, 0, time_ns))
    trak = box(b"trak", tkhd, box(b"mdia", mdhd, hdlr, minf))
    return box(b"ftyp", b"mp42", struct.pack(">I", 1), b"mp41mp42isomhlsf") + box(
        b"moov", mvhd, trak, mvex, box(b"udta", mtxi)
    )


def part(samples: Sequence[Sample], number: int = 0) -> bytes:
    """moof and mdat as `fmp4.Part.Marshal` writes them."""
    flags = 0x301 | (0 if all(sample.key for sample in samples) else 0x400)
    entries = b"".join(
        struct.pack(">II", sample.duration, len(sample.payload))
        + (struct.pack(">I", 0 if sample.key else 0x10000) if flags & 0x400 else b"")
        for sample in samples
    )
    size = 88 + len(entries)
    trun = full(b"trun", 1 << 24 | flags, struct.pack(">Ii", len(samples), size + 8), entries)
    traf = box(
        b"traf",
        full(b"tfhd", 0x20000, struct.pack(">I", 1)),
        full(b"tfdt", 1 << 24, struct.pack(">Q", samples[0].time)),
        trun,
    )
    moof = box(b"moof", full(b"mfhd", 0, struct.pack(">I", number)), traf)
    assert len(moof) == size
    return moof + box(b"mdat", *(sample.payload for sample in samples))


def segment(samples: Sequence[Sample], *, number: int = 0, part_frames: int = 10, closed: bool = True,
            ticks: int | None = None, stream: bytes = b"s" * 16) -> bytes:  # fmt: skip
    """A whole file; `ticks` is its length when the samples given are not all that were recorded.

    A new part begins wherever decode time jumps, because trun cannot say so.
    """
    length = ticks if ticks is not None else max((one.time + one.duration for one in samples), default=0)
    parts: list[list[Sample]] = []
    for sample in samples:
        last = parts[-1] if parts else None
        if last and len(last) < part_frames and last[-1].time + last[-1].duration == sample.time:
            last.append(sample)
        else:
            parts.append([sample])
    return header(length * 1000 // TIMESCALE if closed else 0, number, stream) + b"".join(
        part(samples, number) for number, samples in enumerate(parts)
    )


@dataclass(frozen=True)
class Recorded:
    """One recorded segment that tests may damage before (`samples`) or after it is written (`path`)."""

    path: Path
    number: int
    first: int
    samples: tuple[Sample, ...]

    def write(self, samples: Sequence[Sample] | None = None, *, closed: bool = True) -> Recorded:
        """Write with other samples; the header keeps the length of all that were recorded."""
        chosen = self.samples if samples is None else tuple(samples)
        ticks = max(one.time + one.duration for one in self.samples)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_bytes(segment(chosen, number=self.number, ticks=ticks, closed=closed))
        return replace(self, samples=chosen)

    def offset(self, index: int) -> int:
        """Where the payload of a sample begins in the file."""
        return self.path.read_bytes().index(self.samples[index].payload)


@dataclass(frozen=True)
class Archive:
    """A run folder with recordings of a few cameras, all sound."""

    run: Run
    plan: Plan
    clock: Clock
    segments: dict[str, list[Recorded]]


def record(
    run: Run, gateway: str, camera: str, frames: range, clock: Clock, scene: Scene, segment_frames: int
) -> list[Recorded]:
    """Record frames of one camera into the run's archive."""
    folder = run.archive / gateway / camera
    number = int(camera.removeprefix("cam-"))
    result = []
    for index, first in enumerate(range(frames.start, frames.stop, segment_frames)):
        samples = scene.samples(number, first, min(first + segment_frames, frames.stop), clock)
        began = clock.epoch_ns + first * 10**9 * clock.den // clock.num + LATENCY_NS
        recorded = Recorded(folder / file_name(began), index, first, tuple(samples))
        result.append(recorded.write())
    return result


def write_ledger(
    path: Path, cameras: Iterable[str], frames: range, clock: Clock, through_ns: int, *extra: dict[str, object]
) -> None:
    """A ledger that says every frame was sent."""
    lines: list[dict[str, object]] = [
        {"kind": "header", "schema_version": 1, "run": "test", "started_ns": clock.epoch_ns}
    ]
    timing = {"epoch": clock.epoch_ns, "num": clock.num, "den": clock.den}
    for camera in cameras:
        start = {"t": clock.epoch_ns, "camera": camera, "session": camera, "peer": "127.0.0.1:1", "agent": "test"}
        lines.append({"kind": "play", **start, "transport": "tcp", **timing, "frame": frames.start})
        lines.append(
            {
                "kind": "span",
                "camera": camera,
                "session": camera,
                "first": frames.start,
                "last": frames.stop - 1,
                **timing,
            }
        )
    lines += [
        *extra,
        {"kind": "checkpoint", "t": through_ns, "through_ns": through_ns},
        {"kind": "close", "t": through_ns},
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


def plan_of(cameras: int, gateway: str = "gateway-1") -> Plan:
    ids = [camera_id(number) for number in range(1, cameras + 1)]
    inventory = sample_inventory(cameras, 7, IPv4Network("198.18.64.0/18"))
    return Plan(environment="test", inventory_digest="sha256:0", cameras=inventory, gateways={gateway: ids})


def archive(root: Path, cameras: int = 2, frames: int = 120, segment_frames: int = 40, margin: int = 10,
            scene: Scene | None = None, fps: int = 10) -> Archive:  # fmt: skip
    """Record `frames` frames of each camera; the window leaves out `margin` frames at either end."""
    run = Run.create(root, "test")
    clock = Clock(EPOCH_NS, fps, 1)
    plan = plan_of(cameras)
    marks = Marks(clock.epoch_ns + margin * 10**9 // fps, clock.epoch_ns + (frames - margin) * 10**9 // fps)
    run.write_json("marks.json", {"start_ns": marks.start_ns, "stop_ns": marks.stop_ns})
    scene = scene or Scene()
    ids = plan.gateways["gateway-1"]
    segments = {camera: record(run, "gateway-1", camera, range(frames), clock, scene, segment_frames) for camera in ids}
    write_ledger(run.ledger, ids, range(frames), clock, marks.stop_ns)
    return Archive(run, plan, clock, segments)
