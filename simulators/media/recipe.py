"""All that decides what a clip looks and sounds like."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path

from citycam.model.camera import Stream
from simulators.media.ffmpeg import seconds_of
from simulators.profiles.encoding import H264, H265, Mjpeg, Sound

GENERATED_SECONDS = 20.0
LONGEST_SECONDS = 60.0
GENERATED_PIXELS = 300e6
"""Of a generated clip in all, and three times as many of footage: large pictures make short clips, quickly encoded."""
GENERATED = {
    "pattern": "testsrc2=size={size}:rate={fps}",
    "fractal": "mandelbrot=size={small}:rate={fps}:start_scale=0.3:end_scale=0.01:end_pts=400:maxiter=300",
}
"""Sources of generated pictures, as ffmpeg's lavfi writes them."""
_SMALL = 704 * 576
"""Pixels of a fractal, at most: larger ones are scaled, since each pixel is computed."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a model makes of a source for a stream. `source` names generated pictures or is a file of footage."""

    source: str | Path
    model: str
    stream: Stream
    encoding: H264 | H265 | Mjpeg
    sound: Sound | None = None

    @property
    def label(self) -> str:
        """Burned into every picture."""
        name = self.source if isinstance(self.source, str) else self.source.name
        plain = re.sub(r"[^A-Za-z0-9 ._-]", "_", name)[:40]
        return f"{self.model}  {plain}  {self.stream.width}x{self.stream.height}"

    @property
    def gops(self) -> tuple[int, ...]:
        """Frames from one key frame to the next, one after another."""
        return (1,) if isinstance(self.encoding, Mjpeg) else self.encoding.gop_frames(self.stream.fps)

    def frames(self) -> int:
        """Length of the clip: a whole number of rounds of `gops`, at least one, within the limits of this module.

        Raises:
            ConfigError: the footage cannot be read as video.
            EnvironmentFailure: ffmpeg is missing.
        """
        stream = self.stream
        affordable = GENERATED_PIXELS / (stream.width * stream.height * stream.fps)
        seconds = min(GENERATED_SECONDS, affordable)
        if isinstance(self.source, Path):
            seconds = min(seconds_of(self.source) or GENERATED_SECONDS, LONGEST_SECONDS, 3 * affordable)
        round_ = sum(self.gops)
        return max(1, int(seconds * stream.fps / round_ + 1e-6)) * round_

    def input(self) -> list[str]:
        """Arguments of ffmpeg that open the source."""
        if not isinstance(self.source, str):
            return ["-stream_loop", "-1", "-i", str(self.source)]
        width, height = self.stream.width, self.stream.height
        scale = max(1, math.ceil(math.sqrt(width * height / _SMALL)))
        small = f"{max(2, width // scale)}x{max(2, height // scale)}"
        made = GENERATED[self.source].format(size=f"{width}x{height}", small=small, fps=self.stream.fps)
        return ["-f", "lavfi", "-i", made]

    def filters(self) -> str:
        """Filters that fit the source to the stream and label it."""
        width, height = self.stream.width, self.stream.height
        if isinstance(self.source, str):
            fit = f"scale={width}:{height},noise=alls=6:allf=t"  # a sensor's: without it there is little to encode
        else:
            fit = (
                f"fps={self.stream.fps},scale={width}:{height}:force_original_aspect_ratio=decrease,"
                f"pad={width}:{height}:(ow-iw)/2:(oh-ih)/2,setsar=1"
            )
        text = f"drawtext=text='{self.label}  %{{n}}':x=8:y=8:fontsize={max(10, height // 24)}"
        return f"{fit},format=yuv420p,{text}:fontcolor=white:box=1:boxcolor=black@0.6:boxborderw=4"
