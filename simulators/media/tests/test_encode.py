"""Every way to encode, done by the real ffmpeg and read back by a decoder that is not ours."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.video.frame import PictureType

from citycam.model.camera import Stream
from citycam.model.errors import EnvironmentFailure
from citycam.wire import aac
from citycam.wire.payloads import depacketizer, payloads
from citycam.wire.rtp import Packet
from simulators.media import video
from simulators.media.annexb import join
from simulators.media.clip import SNAPSHOT, Audio, Clip, Unit, read_clip
from simulators.media.encode import encode
from simulators.media.recipe import GENERATED, Recipe
from simulators.media.sound import adts, make
from simulators.profiles.encoding import H264, H265, Mjpeg, Sound

SMALL = Stream(width=176, height=144, fps=5, bitrate=64_000)
PLAIN: dict[str, Any] = {"profile": "main", "gop": "1s"}
DAY = [0.5] * 6 + [1] * 14 + [2] * 4


def h264(**changes: Any) -> H264:
    return H264.model_validate(PLAIN | changes)


def encoder(codec: str, **changes: Any) -> H264 | H265 | Mjpeg:
    if codec == "h264":
        return h264(**changes)
    return H265.model_validate({"gop": "1s"} | changes) if codec == "h265" else Mjpeg.model_validate(changes)


def stream(**changes: Any) -> Stream:
    return SMALL.model_copy(update=changes)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clips of four seconds."""
    monkeypatch.setattr("simulators.media.recipe.GENERATED_SECONDS", 4.0)


def made(
    cache: Path, encoding: H264 | H265 | Mjpeg, wanted: Stream = SMALL, sound: Sound | None = None
) -> tuple[Clip, Path]:
    folder = encode(Recipe("pattern", "test", wanted, encoding, sound), cache)
    return read_clip(folder), folder


def byte_stream(clip: Clip, units: tuple[Unit, ...]) -> bytes:
    """As a player would be given it."""
    if clip.codec == "mjpeg":
        return b"".join(unit.slices[0] for unit in units)
    return b"".join(join((*clip.sets, *unit.slices) if unit.key else unit.slices) for unit in units)


def decoded(clip: Clip, data: bytes) -> list[av.VideoFrame]:
    """Its pictures; the decoder stops at the first fault."""
    form = {"h264": "h264", "h265": "hevc", "mjpeg": "mjpeg"}[clip.codec]
    with av.open(io.BytesIO(data), "r", format=form, options={"err_detect": "explode"}) as source:
        source.streams.video[0].codec_context.options = {"err_detect": "explode"}
        return list(source.decode(video=0))


def keys(reel: tuple[Unit, ...]) -> list[int]:
    return [number for number, unit in enumerate(reel) if unit.key]


@pytest.mark.usefixtures("seconds")
@pytest.mark.parametrize("profile", ["baseline", "main", "high"])
def test_profiles_of_h264_are_what_they_say(cache: Path, profile: str) -> None:
    clip, _ = made(cache, h264(profile=profile))
    assert clip.sets[0][1] == {"baseline": 66, "main": 77, "high": 100}[profile]
    assert keys(clip.reels[0]) == [0, 5, 10, 15]
    assert (len(clip.reels[0]), clip.hours, clip.audio) == (20, (), None)
    assert {len(unit.slices) for unit in clip.reels[0]} == {1}
    assert {unit.shift for unit in clip.reels[0]} == {0}


@pytest.mark.usefixtures("seconds")
@pytest.mark.parametrize("codec", ["h264", "h265"])
def test_b_frames_are_sent_later_than_shown_and_a_reel_repeats_without_a_seam(cache: Path, codec: str) -> None:
    clip, _ = made(cache, encoder(codec, gop="2s", b_frames=2), stream(codec=codec))
    (reel,) = clip.reels
    assert [unit.shift for unit in reel[:7]] == [1, 3, 0, 0, 3, 0, 0]
    assert keys(reel) == [0, 10]
    frames = decoded(clip, byte_stream(clip, reel * 2))
    assert len(frames) == 2 * len(reel)
    assert sum(frame.pict_type == PictureType.B for frame in frames) > len(reel)
    pictures = [frame.to_ndarray().tobytes() for frame in frames]
    assert pictures[: len(reel)] == pictures[len(reel) :]
    assert len(set(pictures)) == len(reel)


@pytest.mark.usefixtures("seconds")
def test_a_picture_has_as_many_slices_as_are_wanted(cache: Path) -> None:
    clip, _ = made(cache, h264(slices=4), stream(width=352, height=288))
    assert {len(unit.slices) for unit in clip.reels[0]} == {4}
    assert len(decoded(clip, byte_stream(clip, clip.reels[0]))) == 20


@pytest.mark.usefixtures("seconds")
def test_a_smart_codec_changes_the_distance_of_its_key_frames(cache: Path) -> None:
    clip, _ = made(cache, h264(gop=["1s", "3s", "2s"]))
    assert keys(clip.reels[0]) == [0, 5, 20]
    assert len(clip.reels[0]) == 30
    long, _ = made(cache, h264(gop="10s"))
    assert (keys(long.reels[0]), len(long.reels[0])) == ([0], 50)


@pytest.mark.usefixtures("seconds")
@pytest.mark.parametrize("codec", ["h264", "h265", "mjpeg"])
def test_the_reels_of_a_day_differ_in_size_and_share_their_parameter_sets(cache: Path, codec: str) -> None:
    encoding = encoder(codec, rate="vbr", day=DAY)
    clip, folder = made(cache, encoding, stream(codec=codec, width=352, height=288, bitrate=500_000))
    assert clip.hours == (1,) * 6 + (0,) * 14 + (2,) * 4
    usual, night, rush = (sum(len(part) for unit in reel for part in unit.slices) for reel in clip.reels)
    assert night < usual < rush
    assert night < 0.8 * rush
    mixed = clip.reels[1] + clip.reels[0] + clip.reels[2]
    assert len(decoded(clip, byte_stream(clip, mixed))) == 60
    assert (folder / SNAPSHOT.format(3)).exists()


@pytest.mark.usefixtures("seconds")
@pytest.mark.parametrize("codec", ["h264", "h265", "mjpeg"])
def test_pictures_that_went_through_rtp_decode_to_the_same(cache: Path, codec: Any) -> None:
    encoding = encoder(codec)
    clip, _ = made(cache, encoding, stream(codec=codec, width=352, height=288, bitrate=500_000))
    (reel,) = clip.reels
    assert len(clip.sets) == {"h264": 2, "h265": 3, "mjpeg": 0}[codec]
    target = depacketizer(codec)
    assert target is not None
    received = []
    sequence = 0
    for number, unit in enumerate(reel):
        parts = payloads(codec, (*clip.sets, *unit.slices) if unit.key else unit.slices)
        for part in parts:
            packet = Packet(96, part is parts[-1], sequence & 0xFFFF, number, 1, part)
            received += target.feed(packet)
            sequence += 1
    assert [(one.complete, one.key) for one in received] == [(True, unit.key) for unit in reel]
    through = b"".join(join(one.units) if codec != "mjpeg" else one.units[0] for one in received)
    before, after = (decoded(clip, data) for data in (byte_stream(clip, reel), through))
    assert [frame.to_ndarray().tobytes() for frame in after] == [frame.to_ndarray().tobytes() for frame in before]
    assert {(frame.width, frame.height) for frame in after} == {(352, 288)}


@pytest.mark.usefixtures("seconds")
@pytest.mark.parametrize("encoding", [h264(b_frames=2), Mjpeg()], ids=["h264", "mjpeg"])
def test_snapshots_are_pictures_of_the_stream(cache: Path, encoding: H264 | Mjpeg) -> None:
    codec = "mjpeg" if isinstance(encoding, Mjpeg) else "h264"
    clip, folder = made(cache, encoding, stream(codec=codec, bitrate=200_000))
    files = sorted(folder.glob("snapshot-*.jpg"))
    assert [file.name for file in files] == [SNAPSHOT.format(number) for number in range(4)]
    shown = decoded(clip, byte_stream(clip, clip.reels[0]))
    for second, file in enumerate(files):
        with av.open(str(file)) as source:
            (snapshot,) = list(source.decode(video=0))
        wanted = shown[second * clip.fps].to_ndarray(format="gray").astype(int)
        assert abs(snapshot.to_ndarray(format="gray").astype(int) - wanted).mean() < 6, file.name


@pytest.mark.parametrize(
    ("sound", "samples", "packets"),
    [
        (Sound(codec="pcmu"), 160, 400),
        (Sound.model_validate({"codec": "pcma", "packet": "40ms"}), 320, 200),
    ],
)
def test_g711_comes_in_packets_of_one_length(tmp_path: Path, sound: Sound, samples: int, packets: int) -> None:
    audio = make(sound, tmp_path)
    assert (audio.codec, audio.rate, audio.samples, audio.config) == (sound.codec, 8000, samples, b"")
    assert [len(packet) for packet in audio.packets] == [samples] * packets
    assert len(set(audio.packets)) > 1


def test_aac_can_be_decoded_from_its_packets(tmp_path: Path) -> None:
    audio: Audio = make(Sound(codec="aac", rate=16_000), tmp_path)
    assert (audio.rate, audio.samples, audio.config) == (16_000, 1024, b"\x14\x08")
    decoder = av.CodecContext.create("aac", "r")
    decoder.extradata = audio.config
    frames = [
        frame
        for payload in audio.packets
        for unit in aac.depacketize(payload)
        for frame in decoder.decode(av.Packet(unit))
    ]
    seconds = sum(Fraction(frame.samples, frame.sample_rate) for frame in frames)
    assert 7.9 < seconds < 8.3
    loudness = [np.abs(frame.to_ndarray()).max() for frame in frames if isinstance(frame, av.AudioFrame)]
    assert max(loudness) > 0.01


@pytest.mark.parametrize("data", [b"", b"\xff\xf1", b"\x00" * 20, b"\xff\xf1\x60\x40\x01\x00\xfc"])
def test_what_is_no_adts_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="no ADTS frame at 0"):
        list(adts(data))


@pytest.mark.usefixtures("seconds")
def test_sound_is_kept_with_the_pictures(cache: Path) -> None:
    clip, _ = made(cache, h264(), sound=Sound(codec="pcma"))
    assert clip.audio is not None
    assert len(clip.audio.packets) == 400
    plain, _ = made(cache, h264())
    assert plain.name != clip.name


@pytest.mark.usefixtures("seconds")
def test_large_pictures_make_short_clips(cache: Path) -> None:
    wide = stream(width=3840, height=2160, fps=15, bitrate=8_000_000)
    assert Recipe("pattern", "test", wide, h264()).frames() == 30
    assert Recipe("pattern", "test", SMALL, h264()).frames() == 20
    clip, _ = made(cache, h264(profile="high"), stream(width=3840, height=2160, fps=2, bitrate=8_000_000))
    assert (clip.width, clip.height, clip.sets[0][1]) == (3840, 2160, 100)


def test_a_stream_whose_key_frames_are_elsewhere_is_refused() -> None:
    recipe = Recipe("pattern", "test", SMALL, h264())
    stream = join([b"\x67\x42", b"\x68\xce", b"\x65\x88", *[b"\x41\x9a"] * 5])
    times = "#tb 0: 1/5\n" + "".join(f"0, {number}, {number}, 1, 6, 0x0\n" for number in range(6))
    with pytest.raises(ValueError, match="are not whole GOPs"):
        video.read(stream, times, recipe, 6)
    with pytest.raises(ValueError, match="6 frames came out, 5 were asked for"):
        video.read(stream, times, recipe, 5)


def test_a_failure_of_ffmpeg_says_what_it_said(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(GENERATED, "pattern", "no-such-source=size={size}:rate={fps}")
    with pytest.raises(EnvironmentFailure, match="could not encode") as caught:
        encode(Recipe("pattern", "other", SMALL, h264()), cache)
    assert "no-such-source" in caught.value.why
    assert not list(cache.glob(".encoding-*"))
