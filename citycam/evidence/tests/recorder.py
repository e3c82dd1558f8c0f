"""Writes segments the way MediaMTX v1.20.1 does, from frames that carry watermarks: what the tests damage."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv4Network
from pathlib import Path

from citycam.evidence.ledger import Clock
from citycam.evidence.run import Marks, Run
from citycam.evidence.segment import file_name
from citycam.evidence.tests.scene import H264, SPS, TIMESCALE, Layout, Sample, Scene
from citycam.inventory.sample import sample_inventory
from citycam.model.camera import camera_id
from citycam.plan.plan import Plan

LATENCY_NS = 3_000_000
SOUND = b"a packet of sound"
SOUND_SCALE = 8000
EPOCH_NS = 1_763_940_000_000_000_000


def box(kind: bytes, *parts: bytes) -> bytes:
    payload = b"".join(parts)
    return struct.pack(">I4s", 8 + len(payload), kind) + payload


def full(kind: bytes, flags: int, *parts: bytes) -> bytes:
    return box(kind, struct.pack(">I", flags), *parts)


MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


def _configuration(layout: Layout) -> tuple[bytes, bytes]:
    """Kind of the sample entry, and the box in it that says how to decode."""
    if layout.codec == "h264":
        lists = [
            struct.pack(">BH", count, len(unit)) + unit for count, unit in zip((0xE1, 1), layout.sets, strict=True)
        ]
        return b"avc1", box(b"avcC", bytes([1, *SPS[1:4], 0xFF]), *lists)
    if layout.codec == "h265":
        arrays = [struct.pack(">BHH", unit[0] >> 1, 1, len(unit)) + unit for unit in layout.sets]
        return b"hvc1", box(b"hvcC", b"\x01", bytes(20), b"\x03", bytes([len(arrays)]), *arrays)
    decoder = bytes((0x6C, 0x11)) + bytes(11)
    return b"mp4v", full(b"esds", 0, _descriptor(3, b"\0\x01\0", _descriptor(4, decoder), _descriptor(6, b"\x02")))


def _descriptor(tag: int, *parts: bytes) -> bytes:
    """Of ISO/IEC 14496-1, its size in four bytes of seven bits as MediaMTX writes it."""
    payload = b"".join(parts)
    return bytes((tag, 0x80, 0x80, 0x80, len(payload))) + payload


def _track(number: int, timescale: int, handler: bytes, entry: bytes) -> bytes:
    tables = [full(b"stsd", 0, struct.pack(">I", 1), entry), full(b"stts", 0, bytes(4)), full(b"stsc", 0, bytes(4)),
              full(b"stsz", 0, bytes(8)), full(b"stco", 0, bytes(4))]  # fmt: skip
    dinf = box(b"dinf", full(b"dref", 0, struct.pack(">I", 1), full(b"url ", 1)))
    head = full(b"vmhd", 1, bytes(8)) if handler == b"vide" else full(b"smhd", 0, bytes(4))
    minf = box(b"minf", head, dinf, box(b"stbl", *tables))
    mdhd = full(b"mdhd", 0, struct.pack(">IIIIHH", 0, 0, timescale, 0, 0x55C4, 0))
    hdlr = full(b"hdlr", 0, bytes(4), handler, bytes(12), b"VideoHandler\x00")
    size = struct.pack(">II", 704 << 16, 576 << 16)
    tkhd = full(b"tkhd", 3, struct.pack(">IIIII", 0, 0, number, 0, 0), bytes(16), MATRIX, size)
    return box(b"trak", tkhd, box(b"mdia", mdhd, hdlr, minf))


def header(duration_ms: int = 0, number: int = 0, stream: bytes = b"s" * 16, time_ns: int = 0, began_ns: int = 0,
           layout: Layout = H264) -> bytes:  # fmt: skip
    """ftyp and moov as `fmp4.Init.Marshal` and `writeInit` write them."""
    kind, configuration = _configuration(layout)
    picture = box(kind, bytes(6), struct.pack(">H", 1), bytes(16), struct.pack(">HH", 704, 576),
                  struct.pack(">IIIH", 0x480000, 0x480000, 0, 1), bytes(32), struct.pack(">Hh", 24, -1),
                  configuration)  # fmt: skip
    sound = box(b"ipcm", bytes(6), struct.pack(">H", 1), bytes(8), struct.pack(">HHII", 1, 16, 0, SOUND_SCALE << 16))
    tracks = [_track(1, TIMESCALE, b"vide", picture)]
    tracks += [_track(2, SOUND_SCALE, b"soun", sound)] * layout.sound
    mvhd = full(b"mvhd", 0, struct.pack(">IIIIIH", 0, 0, 1000, duration_ms, 0x10000, 0x100), bytes(10), MATRIX,
                bytes(24), struct.pack(">I", 0xFFFFFFFF))  # fmt: skip
    mvex = box(b"mvex", *(full(b"trex", 0, struct.pack(">IIIII", one + 1, 1, 0, 0, 0)) for one in range(len(tracks))))
    mtxi = full(b"mtxi", 0, stream, struct.pack(">Qqq", number, began_ns, time_ns))
    return box(b"ftyp", b"mp42", struct.pack(">I", 1), b"mp41mp42isomhlsf") + box(
        b"moov", mvhd, *tracks, mvex, box(b"udta", mtxi)
    )


def part(samples: Sequence[Sample], number: int = 0, layout: Layout = H264) -> bytes:
    """moof and mdat as `fmp4.Part.Marshal` writes them: the tracks in any order."""
    tracks = [(1, list(samples))]
    if layout.sound:
        packets = [Sample(SOUND, True, one.time * SOUND_SCALE // TIMESCALE, 800) for one in samples for _ in "ab"]
        tracks.insert(number % 2, (2, packets))
    moof = _moof(number, tracks, [0] * len(tracks))
    places, at = [], len(moof) + 8
    for _, listed in tracks:
        places.append(at)
        at += sum(len(sample.payload) for sample in listed)
    return _moof(number, tracks, places) + box(b"mdat", *(one.payload for _, listed in tracks for one in listed))


def _moof(number: int, tracks: list[tuple[int, list[Sample]]], places: list[int]) -> bytes:
    trafs = [_traf(track, samples, place) for (track, samples), place in zip(tracks, places, strict=True)]
    return box(b"moof", full(b"mfhd", 0, struct.pack(">I", number)), *trafs)


def _traf(track: int, samples: list[Sample], place: int) -> bytes:
    flags = 0x301 | (0 if all(sample.key for sample in samples) else 0x400)
    flags |= 0x800 if any(sample.shift for sample in samples) else 0
    entries = b"".join(
        struct.pack(">II", sample.duration, len(sample.payload))
        + (struct.pack(">I", 0 if sample.key else 0x10000) if flags & 0x400 else b"")
        + (struct.pack(">i", sample.shift) if flags & 0x800 else b"")
        for sample in samples
    )
    return box(
        b"traf",
        full(b"tfhd", 0x20000, struct.pack(">I", track)),
        full(b"tfdt", 1 << 24, struct.pack(">Q", samples[0].time)),
        full(b"trun", 1 << 24 | flags, struct.pack(">Ii", len(samples), place), entries),
    )


def segment(samples: Sequence[Sample], *, number: int = 0, part_frames: int = 10, closed: bool = True,
            ticks: int | None = None, stream: bytes = b"s" * 16, began_ns: int = 0,
            layout: Layout = H264) -> bytes:  # fmt: skip
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
    head = header(length * 1000 // TIMESCALE if closed else 0, number, stream, began_ns=began_ns, layout=layout)
    return head + b"".join(part(samples, number, layout) for number, samples in enumerate(parts))


@dataclass(frozen=True)
class Recorded:
    """One recorded segment that tests may damage before (`samples`) or after it is written (`path`)."""

    path: Path
    number: int
    first: int
    samples: tuple[Sample, ...]
    began_ns: int = 0
    layout: Layout = H264

    def write(self, samples: Sequence[Sample] | None = None, *, closed: bool = True) -> Recorded:
        """Write with other samples; the header keeps the length of all that were recorded."""
        chosen = self.samples if samples is None else tuple(samples)
        ticks = max(one.time + one.duration for one in self.samples)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        content = segment(
            chosen, number=self.number, ticks=ticks, closed=closed, began_ns=self.began_ns, layout=self.layout
        )
        self.path.write_bytes(content)
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
        since = (first - frames.start) * 10**9 * clock.den // clock.num
        path = folder / file_name(clock.epoch_ns + first * 10**9 * clock.den // clock.num + LATENCY_NS)
        recorded = Recorded(path, index, first, tuple(samples), since, scene.layout)
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
        lines.append(
            {"kind": "play", **start, "transport": "tcp", **timing, "frame": frames.start, "origin": frames.start}
        )
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
