"""Pictures of a clip: ffmpeg's arguments for each codec, and access units out of what it wrote."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

from simulators.media import ffmpeg
from simulators.media.annexb import take_apart
from simulators.media.clip import Unit
from simulators.media.recipe import Recipe
from simulators.profiles.encoding import H264, H265, Mjpeg

Reel = tuple[Unit, ...]

PICTURES, TIMES = "pictures", "times"
"""Files that ffmpeg writes: the byte stream, and a line for each access unit in it."""
FORMATS = {"h264": "h264", "h265": "hevc", "mjpeg": "mjpeg"}
"""ffmpeg's names of byte streams, by codec."""

_LARGE = 1920 * 1088
_H264_LEVELS = (
    ("1.3", 11_880, 396, 768),
    ("2.2", 20_250, 1620, 4000),
    ("3.0", 40_500, 1620, 10_000),
    ("3.1", 108_000, 3600, 14_000),
    ("3.2", 216_000, 5120, 20_000),
    ("4.0", 245_760, 8192, 20_000),
    ("4.2", 522_240, 8704, 50_000),
    ("5.0", 589_824, 22_080, 135_000),
    ("5.1", 983_040, 36_864, 240_000),
    ("5.2", 2_073_600, 36_864, 240_000),
    ("6.2", 16_711_680, 139_264, 800_000),
)
"""Level, and its most macroblocks a second, macroblocks a picture and kb/s (ITU-T H.264 table A-1)."""
_H265_LEVELS = (
    ("2.0", 3_686_400, 122_880, 1500),
    ("3.0", 16_588_800, 552_960, 6000),
    ("3.1", 33_177_600, 983_040, 10_000),
    ("4.0", 66_846_720, 2_228_224, 12_000),
    ("4.1", 133_693_440, 2_228_224, 20_000),
    ("5.0", 267_386_880, 8_912_896, 25_000),
    ("5.1", 534_773_760, 8_912_896, 40_000),
    ("5.2", 1_069_547_520, 8_912_896, 60_000),
    ("6.2", 4_278_190_080, 35_651_584, 240_000),
)
"""Level, and its most samples a second, samples a picture and kb/s (ITU-T H.265 tables A.8 and A.9)."""


def arguments(recipe: Recipe, frames: int, share: float) -> list[str]:
    """Arguments of ffmpeg for `frames` pictures at `share` of the stream's bit rate."""
    encoder = _mjpeg() if isinstance(recipe.encoding, Mjpeg) else _predicted(recipe, recipe.encoding)
    rate = round(recipe.stream.bitrate * share)
    peak = rate if recipe.encoding.rate == "cbr" else 2 * rate
    return [
        *recipe.input(),
        *("-map", "0:v:0", "-an", "-sn", "-vf", recipe.filters(), "-frames:v", str(frames), "-threads", "2"),
        *("-b:v", str(rate), "-maxrate", str(peak), "-bufsize", str(2 * peak), *encoder),
        *("-f", "tee", f"[f={FORMATS[recipe.stream.codec]}]{PICTURES}|[f=framecrc]{TIMES}"),
    ]


def _mjpeg() -> list[str]:
    """Tables that RFC 2435 can carry; slices would end in restart markers, hence one thread."""
    plain = ("-huffman", "default", "-force_duplicated_matrix", "1", "-threads", "1")
    return ["-c:v", "mjpeg", "-pix_fmt", "yuvj420p", *plain, "-qmin", "2", "-qmax", "31"]


def _predicted(recipe: Recipe, encoding: H264 | H265) -> list[str]:
    gops = recipe.gops
    starts = (sum(gops[:number]) for number in range(len(gops)))
    keys = "+".join(f"eq(mod(n,{sum(gops)}),{start})" for start in starts)
    params: dict[str, int | str] = {
        "keyint": 2 * max(gops),
        "min-keyint": 1,
        "scenecut": 0,
        "open-gop": 0,
        "bframes": encoding.b_frames,
        "b-adapt": 0,
        "slices": encoding.slices,
    }
    # Without a fixed level the encoder derives it from the bit rate, and reels would differ in their parameter sets.
    large = recipe.stream.width * recipe.stream.height > _LARGE
    if isinstance(encoding, H264):
        params |= {"b-pyramid": "none", "sliced-threads": 0, "stitchable": 1, "level": _level(recipe, _H264_LEVELS)}
        params |= {"force-cfr": 1}
        preset = "superfast" if large else "veryfast"
        codec = ["libx264", "-preset", preset, "-profile:v", encoding.profile, "-x264-params", _joined(params)]
    else:
        params |= {"b-pyramid": 0, "repeat-headers": 1, "info": 0, "hrd": 0, "log-level": "error"}
        params |= {"level-idc": _level(recipe, _H265_LEVELS)}
        preset = "ultrafast" if large else "superfast"
        codec = ["libx265", "-preset", preset, "-x265-params", _joined(params)]
    return ["-forced-idr", "1", "-force_key_frames", f"expr:{keys}", "-c:v", *codec]


def _joined(params: dict[str, int | str]) -> str:
    return ":".join(f"{name}={value}" for name, value in params.items())


def _level(recipe: Recipe, levels: Iterable[tuple[str, int, int, int]]) -> str:
    """The lowest level that allows the stream at its highest bit rate."""
    stream = recipe.stream
    size = stream.width * stream.height
    if stream.codec == "h264":
        size = -(-stream.width // 16) * -(-stream.height // 16)
    rate = 2 * stream.bitrate * max(recipe.encoding.shares) / 1000
    fitting = (
        name
        for name, a_second, a_picture, kilobits in levels
        if size * stream.fps <= a_second and size <= a_picture and rate <= kilobits
    )
    return next(fitting, "6.2")


def make(recipe: Recipe, frames: int, share: float, folder: Path) -> tuple[tuple[bytes, ...], Reel]:
    """Parameter sets and access units, encoded now; the byte stream stays in `folder` as `PICTURES`.

    Raises:
        EnvironmentFailure: ffmpeg is missing or fails.
    """
    ffmpeg.run(recipe.label, ["-y", *arguments(recipe, frames, share)], folder)
    try:
        return read((folder / PICTURES).read_bytes(), (folder / TIMES).read_text(), recipe, frames)
    except (OSError, ValueError) as error:
        raise ffmpeg.failure(recipe.label, str(error)) from error


def read(data: bytes, times: str, recipe: Recipe, frames: int) -> tuple[tuple[bytes, ...], Reel]:
    """Take a byte stream apart.

    Args:
        data: of ffmpeg's formats `h264`, `hevc` or `mjpeg`.
        times: of its format `framecrc`: stream, DTS, PTS, duration and size of each access unit, in frames and bytes.
        recipe: what the stream must be.
        frames: that it must have.

    Raises:
        ValueError: it is something else.
    """
    lines = [line.split(",") for line in times.splitlines() if line and not line.startswith("#")]
    shifts = [int(line[2]) - int(line[1]) for line in lines]
    sets: tuple[bytes, ...] = ()
    pictures: list[tuple[tuple[bytes, ...], bool]]
    if recipe.stream.codec == "mjpeg":
        ends = [0]
        for line in lines:
            ends.append(ends[-1] + int(line[4]))
        pictures = [((data[start:end],), True) for start, end in pairwise(ends)]
    else:
        stream = take_apart(data, recipe.stream.codec)
        sets = stream.sets
        pictures = [(picture.units, picture.key) for picture in stream.pictures]
    if not len(pictures) == len(shifts) == frames:
        raise ValueError(f"{len(pictures)} frames came out, {frames} were asked for")
    _check_keys([index for index, (_, key) in enumerate(pictures) if key], recipe.gops, frames)
    units = zip(pictures, shifts, strict=True)
    return sets, tuple(Unit.of(slices, key=key, shift=shift) for (slices, key), shift in units)


def _check_keys(keys: list[int], gops: tuple[int, ...], frames: int) -> None:
    """Key frames must be where the recipe has them: else the clip would not loop without a seam."""
    wanted = []
    at = 0
    while at < frames:
        wanted.append(at)
        at += gops[(len(wanted) - 1) % len(gops)]
    if keys != wanted or at != frames:
        raise ValueError(f"{frames} frames with key frames at {keys[:5]}… are not whole GOPs of {gops}")
