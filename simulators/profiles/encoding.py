"""How a camera model encodes: what it does for each codec that it offers, and its sound."""

from __future__ import annotations

from typing import Annotated, Literal, Self, get_args

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from citycam.model.codec import Codec
from citycam.model.documents import Document
from citycam.model.units import Seconds

MOST_RATES = 4
"""Different bit rates in a day: each is encoded, and kept in memory, by itself."""


def _listed(value: object) -> object:
    return value if isinstance(value, (list, tuple)) else [value]


Gop = Annotated[
    tuple[Annotated[Seconds, Field(ge=0.1, le=60)], ...], BeforeValidator(_listed), Field(min_length=1, max_length=12)
]
"""`2s`; or, for a "smart" codec that stretches it when nothing moves, `[2s, 10s, 5s]`, one after another."""


class Rate(Document):
    """How bits are spent: a constant rate; or a variable one, which may follow the light and traffic of a day."""

    rate: Literal["cbr", "vbr"] = "cbr"
    day: tuple[Annotated[float, Field(ge=0.1, le=3)], ...] = ()
    """For each hour of the day in Asia/Ho_Chi_Minh, the share of the stream's bit rate; 1 in one of them at least."""

    @field_validator("day")
    @classmethod
    def _a_day(cls, day: tuple[float, ...], info: ValidationInfo) -> tuple[float, ...]:
        if not day:
            return day
        if info.data.get("rate") != "vbr":
            raise ValueError("only a variable rate (rate: vbr) follows the day")
        if len(day) != 24:
            raise ValueError(f"a day has 24 hours, not {len(day)}")
        if 1 not in day:
            raise ValueError("in one hour at least the share must be 1")
        if len(set(day)) > MOST_RATES:
            raise ValueError(f"{len(set(day))} different shares; {MOST_RATES} at most")
        return day

    @property
    def shares(self) -> tuple[float, ...]:
        """Shares of the bit rate that are needed; the usual one, 1, first."""
        return (1.0, *sorted(set(self.day) - {1.0}))

    @property
    def hours(self) -> tuple[int, ...]:
        """For each hour an index into `shares`; empty if there is one only."""
        return tuple(map(self.shares.index, self.day)) if len(self.shares) > 1 else ()


class Predicted(Rate):
    """A codec whose pictures build on one another."""

    gop: Gop
    """From one key frame (IDR) to the next."""
    slices: Annotated[int, Field(ge=1, le=16)] = 1
    """Of every picture."""

    def gop_frames(self, fps: int) -> tuple[int, ...]:
        """Frames from one key frame to the next, one after another."""
        return tuple(max(1, round(seconds * fps)) for seconds in self.gop)


_BFrames = Annotated[int, Field(ge=0, le=3)]
"""Between two other pictures; they are sent after the one that follows them."""


class H264(Predicted):
    """H.264."""

    profile: Literal["baseline", "main", "high"]
    b_frames: _BFrames = 0

    @field_validator("b_frames")
    @classmethod
    def _not_in_baseline(cls, count: int, info: ValidationInfo) -> int:
        if count and info.data.get("profile") == "baseline":
            raise ValueError("the baseline profile has no B-frames (ITU-T H.264 A.2.1)")
        return count


class H265(Predicted):
    """H.265, Main profile."""

    b_frames: _BFrames = 0


class Mjpeg(Rate):
    """Motion JPEG, 4:2:0: every picture by itself."""


class Sound(Document):
    """A microphone."""

    codec: Literal["pcmu", "pcma", "aac"]
    rate: Literal[8000, 16000, 32000, 48000] = 8000
    """Samples a second."""
    packet: Annotated[Seconds, Field(ge=0.01, le=0.06)] = 0.02
    """Sound in a packet of G.711; one of AAC holds 1,024 samples."""

    @field_validator("rate")
    @classmethod
    def _g711_is_slow(cls, rate: int, info: ValidationInfo) -> int:
        if rate != 8000 and info.data.get("codec") in ("pcmu", "pcma"):
            raise ValueError("G.711 has 8000 samples a second")
        return rate


class Encoding(Document):
    """What a model offers; at least one codec for pictures."""

    h264: H264 | None = None
    h265: H265 | None = None
    mjpeg: Mjpeg | None = None
    audio: Sound | None = None
    """Beside the pictures, whatever their codec."""

    @model_validator(mode="after")
    def _pictures(self) -> Self:
        if not self.codecs:
            raise ValueError("a camera needs a codec for its pictures: h264, h265 or mjpeg")
        return self

    @property
    def codecs(self) -> tuple[Codec, ...]:
        """Those that are offered."""
        known: tuple[Codec, ...] = get_args(Codec)
        return tuple(codec for codec in known if getattr(self, codec) is not None)

    def of(self, codec: Codec) -> H264 | H265 | Mjpeg:
        """What the model does for a codec.

        Raises:
            KeyError: it does not offer it.
        """
        found: H264 | H265 | Mjpeg | None = getattr(self, codec)
        if found is None:
            raise KeyError(codec)
        return found
