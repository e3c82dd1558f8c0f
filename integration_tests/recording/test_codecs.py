"""Every kind of stream is recorded by the real gateway and accounted for; what faults cost them is explained."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import av
import pytest

from citycam.evidence import fmp4
from citycam.model.camera import Camera
from simulators.profiles.profile import load_profile

from .models import AAC, B_FRAMES, KINDS, SLICES, Kind, dressed
from .stand import Findings, Stand, standing

pytestmark = pytest.mark.docker

PLAIN = Kind("generic-d1")
FAULT_S = 4.0
STRUCK: list[tuple[Kind, str, dict[str, Any]]] = [
    (PLAIN, "lose-frames", {"part": 0.5}),
    (B_FRAMES[0], "lose-frames", {"part": 0.5}),
    (Kind("mobotix-network", "mjpeg"), "lose-frames", {"part": 0.5}),
    (PLAIN, "timestamp-jump", {"by": 20}),
    (PLAIN, "stream-change", {"like": f"cam-{KINDS.index(B_FRAMES[1]) + 1:06d}"}),
    (PLAIN, "reboot", {}),
]
"""What a camera is and what strikes it."""


@dataclass(frozen=True)
class Recorded:
    """Cameras of all kinds that are well, and after them those that are struck."""

    stand: Stand
    found: Findings

    def of(self, kind: Kind) -> Camera:
        return self.stand.cameras[KINDS.index(kind)]

    def struck(self, number: int) -> Camera:
        return self.stand.cameras[len(KINDS) + number]


@pytest.fixture(scope="module")
def recorded(folder: Path) -> Iterator[Recorded]:
    kinds = [*KINDS, *(kind for kind, _, _ in STRUCK)]
    with standing(folder, len(kinds), slice(None), partial(dressed, kinds=kinds)) as stand:
        stand.begin(stand.cameras)
        stand.pass_time(2)
        for camera, (_, fault, special) in zip(stand.cameras[len(KINDS) :], STRUCK, strict=True):
            stand.fleet.start_fault(fault, [camera.id], seconds=FAULT_S, seed=4, **special)
        stand.pass_time(2 * FAULT_S + 6)  # until the gateway is back everywhere
        yield Recorded(stand, stand.judge(stand.cameras))


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_every_frame_of_every_kind_is_recorded_once(recorded: Recorded, kind: Kind) -> None:
    camera = recorded.of(kind)
    row = recorded.found.camera(camera)
    assert row["frames_sent"] == row["recorded_once"] > 120, row
    assert row["gaps"] == row["duplicated"] == row["damaged"] == 0, row
    assert recorded.found.problems(camera) == []
    assert row["identity"] == ("timestamps" if kind.codec == "mjpeg" else "watermark")
    assert row["time_error_max_ms"] < 1000, row


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_the_recordings_are_of_the_kind_they_are_said_to_be(recorded: Recorded, kind: Kind) -> None:
    camera = recorded.of(kind)
    for path in recorded.stand.site.segments(camera)[1:3]:
        with av.open(str(path)) as file:
            packets = [packet for packet in file.demux() if packet.size]
            video, *sound = file.streams
            pictures = [packet for packet in packets if packet.stream is video]
            assert video.codec_context.name == {"h265": "hevc"}.get(kind.codec, kind.codec)
            assert any(packet.pts != packet.dts for packet in pictures) == (kind in B_FRAMES)
            audio = load_profile(kind.model).encoding.audio
            assert [one.codec_context.name for one in sound] == ([_NAMES[audio.codec]] if audio else [])
            if sound:
                heard = _seconds([packet for packet in packets if packet.stream is sound[0]])
                assert abs(heard - _seconds(pictures)) < 0.5, "there is not as much sound as there are pictures"
        if kind in SLICES:
            assert _slices(path) > 1


_NAMES = {"aac": "aac", "pcmu": "pcm_s16be", "pcma": "pcm_s16be"}
"""How a gateway keeps sound: G.711 goes into fMP4 as plain samples."""


def _seconds(packets: list[Any]) -> float:
    return sum(float((packet.duration or 0) * packet.time_base) for packet in packets)


def _slices(path: Path) -> int:
    """NAL units of a picture beside its watermark; the second of a file is no key frame."""
    frames = fmp4.read_frames(path)
    content = path.read_bytes()
    at, units = int(frames.offset[1]), 0
    while at < int(frames.offset[1] + frames.size[1]):
        at += 4 + int.from_bytes(content[at : at + 4], "big")
        units += 1
    return units - 1


@pytest.mark.parametrize("kind", AAC, ids=str)
def test_a_player_decodes_the_sound(recorded: Recorded, kind: Kind) -> None:
    path = recorded.stand.site.segments(recorded.of(kind))[1]
    with av.open(str(path)) as file:
        samples = sum(frame.samples for frame in file.decode(audio=0))
        assert samples > 2 * file.streams.audio[0].rate


@pytest.mark.parametrize("number", range(len(STRUCK)), ids=[f"{kind} {fault}" for kind, fault, _ in STRUCK])
def test_what_a_fault_costs_is_explained_by_it(recorded: Recorded, number: int) -> None:
    camera, (_, fault, _) = recorded.struck(number), STRUCK[number]
    row, gaps = recorded.found.camera(camera), recorded.found.gaps(camera)
    assert row["unexplained_gaps"] == 0, gaps
    assert row["missing"] == row["missing_explained"], row
    problems = recorded.found.problems(camera)
    lost = sum(gap["frames"] for gap in gaps) + row["damaged"]
    assert lost > 3, row
    assert {gap["cause"] for gap in gaps} <= {f"fault:{fault}"}
    damaged = [one["detail"] for one in problems if one["kind"] == "damaged"]
    assert all(detail.endswith(f"(fault:{fault})") for detail in damaged), damaged
    assert {one["kind"] for one in problems} <= {"missing", "damaged"}
    assert row["last_frame"] > max([gap["last_frame"] for gap in gaps], default=0), "it was recorded again"
