"""Defects to put into a sound archive, each with the findings an exact audit must give, and no others."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace

from citycam.evidence.segment import file_name, file_time_ns
from citycam.evidence.tests.recorder import Archive, Recorded
from citycam.evidence.tests.scene import Sample
from citycam.wire import watermark

Named = tuple[str, str, str, int, int]
"""camera, kind, segment, frame, count"""


@dataclass(frozen=True)
class Place:
    """A segment that no other defect touches, and a source of choices."""

    archive: Archive
    camera: str
    at: int
    chance: random.Random

    @property
    def segment(self) -> Recorded:
        return self.archive.segments[self.camera][self.at]

    @property
    def frames(self) -> int:
        return len(self.segment.samples)

    def run(self, longest: int = 9) -> tuple[int, int]:
        """Index and length of a run of samples."""
        length = self.chance.randint(1, min(longest, self.frames - 1))
        return self.chance.randint(0, self.frames - length), length

    def named(self, kind: str, index: int, count: int, segment: str | None = None) -> Named:
        name = self.segment.path.name if segment is None else segment
        return self.camera, kind, name, self.segment.first + index, count


def cut(place: Place) -> set[Named]:
    index, count = place.run()
    samples = place.segment.samples
    place.segment.write(samples[:index] + samples[index + count :])
    return {place.named("missing", index, count)}


def cut_head(place: Place) -> set[Named]:
    count = place.chance.randint(1, 9)
    place.segment.write(place.segment.samples[count:])
    return {place.named("missing", 0, count)}


def cut_tail(place: Place) -> set[Named]:
    count = place.chance.randint(1, 9)
    place.segment.write(place.segment.samples[:-count])
    return {place.named("missing", place.frames - count, count)}


def repeat_samples(place: Place) -> set[Named]:
    index, count = place.run()
    samples = place.segment.samples
    end = index + count
    place.segment.write(samples[:end] + samples[index:])
    return {place.named("duplicated", index, count)}


def repeat_segment(place: Place) -> set[Named]:
    time_ns = (file_time_ns(place.segment.path.name) or 0) + place.chance.randint(600_000_000, 2_000_000_000)
    copy = place.segment.path.with_name(file_name(time_ns))
    shutil.copyfile(place.segment.path, copy)
    return {place.named("duplicated", 0, place.frames, copy.name)}


def move_sample(place: Place) -> set[Named]:
    index = place.chance.randrange(place.frames)
    target = place.chance.choice([at for at in range(place.frames) if abs(at - index) > 1])
    order = [at for at in range(place.frames) if at != index]
    order.insert(target, index)
    slots = place.segment.samples
    moved = [
        replace(slots[one], time=slot.time, duration=slot.duration) for one, slot in zip(order, slots, strict=True)
    ]
    place.segment.write(moved)
    return {place.named("reordered", index, 1)}


def _flip(place: Place, offset: int) -> None:
    content = bytearray(place.segment.path.read_bytes())
    content[offset] ^= place.chance.randint(1, 255)
    place.segment.path.write_bytes(content)


def _mark(place: Place, index: int) -> int:
    """Where in a sample the length of its watermark stands."""
    return place.segment.samples[index].payload.index(watermark.prefix(place.segment.layout.codec)) - 4


def _row(place: Place) -> int:
    return 4 + watermark.size(place.segment.layout.codec)


def corrupt_media(place: Place) -> set[Named]:
    index = place.chance.randrange(place.frames)
    sample = place.segment.samples[index]
    mark = _mark(place, index) + _row(place)
    _flip(place, place.segment.offset(index) + place.chance.randrange(mark, len(sample.payload)))
    return {place.named("damaged", index, 1)}


def corrupt_watermark(place: Place) -> set[Named]:
    index = place.chance.randrange(place.frames)
    mark = _mark(place, index)
    _flip(place, place.segment.offset(index) + mark + place.chance.randrange(_row(place)))
    return {place.named("damaged", index, 1)}


def corrupt_parameter_sets(place: Place) -> set[Named]:
    keys = [index for index, sample in enumerate(place.segment.samples) if sample.key]
    index = place.chance.choice(keys)
    lead = _mark(place, index)
    _flip(place, place.segment.offset(index) + place.chance.randrange(lead))
    return {place.named("damaged", index, 1)}


def truncate(place: Place) -> set[Named]:
    index = place.chance.randrange(place.frames)
    size = place.segment.offset(index) + place.chance.randrange(len(place.segment.samples[index].payload))
    place.segment.path.write_bytes(place.segment.path.read_bytes()[:size])
    return {place.named("missing", index, place.frames - index)}


def remove_file(place: Place) -> set[Named]:
    place.segment.path.unlink()
    return {place.named("missing", 0, place.frames, "")}


def spoil_header(place: Place) -> set[Named]:
    content = bytearray(place.segment.path.read_bytes())
    content[4:400] = bytes(396)
    place.segment.path.write_bytes(content)
    name = place.segment.path.name
    return {(place.camera, "unreadable", name, -1, 0), place.named("missing", 0, place.frames)}


def foreign_sample(place: Place) -> set[Named]:
    index = place.chance.randrange(place.frames)
    other = next(one for one in place.archive.segments if one != place.camera)
    samples = list(place.segment.samples)
    alien = place.archive.segments[other][place.at].samples[index]
    samples[index] = replace(alien, time=samples[index].time)
    place.segment.write(samples)
    return {place.named("foreign", index, 1), place.named("missing", index, 1)}


def forget_in_ledger(place: Place) -> set[Named]:
    """Frames that the ledger does not know."""
    index, count = place.run()
    first = place.segment.first + index
    path = place.archive.run.ledger
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    spans = []
    for line in lines:
        if line["kind"] == "span" and line["camera"] == place.camera and line["first"] <= first <= line["last"]:
            spans.append(line | {"last": first - 1})
            spans.append(line | {"first": first + count})
        else:
            spans.append(line)
    path.write_text("".join(json.dumps(line) + "\n" for line in spans if line.get("first", 0) <= line.get("last", 0)))
    return {place.named("unsent", index, count)}


SINGLE: tuple[Callable[[Place], set[Named]], ...] = (
    cut,
    cut_head,
    cut_tail,
    repeat_samples,
    repeat_segment,
    move_sample,
    corrupt_media,
    corrupt_watermark,
    corrupt_parameter_sets,
    truncate,
    remove_file,
    spoil_header,
    foreign_sample,
    forget_in_ledger,
)


def swap_segments(archive: Archive, one: str, other: str, at: int) -> set[Named]:
    """The recordings of two cameras at the same time change places."""
    first, second = archive.segments[one][at], archive.segments[other][at]
    content = first.path.read_bytes()
    first.path.write_bytes(second.path.read_bytes())
    second.path.write_bytes(content)
    return {
        (camera, kind, segment.path.name, segment.first, len(segment.samples))
        for camera, segment in ((one, first), (other, second))
        for kind in ("foreign", "missing")
    }


def shifted(samples: tuple[Sample, ...], ticks: int) -> list[Sample]:
    """Samples later by some ticks."""
    return [replace(sample, time=sample.time + ticks) for sample in samples]
