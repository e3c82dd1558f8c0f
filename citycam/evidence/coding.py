"""Codecs of recorded video, as far as the audit must tell their bytes apart."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from citycam.wire import watermark

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Coding:
    """A codec; one without a `prefix` carries no watermark.

    Attributes:
        name: as a stream's codec in the inventory.
        prefix: how a watermark NAL unit begins. lead: the same with its length before it (ISO/IEC 14496-15 5.3.4.2).
        sets, delimiter: NAL unit types of what may stand before a watermark; `delimiter_size` in bytes.
    """

    name: str
    prefix: bytes = b""
    shift: int = 0
    mask: int = 0
    sets: tuple[int, ...] = ()
    delimiter: int = -1
    delimiter_size: int = 0
    lead: Bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        length = (len(self.prefix) + BODY).to_bytes(4, "big") if self.prefix else b""
        object.__setattr__(self, "lead", np.frombuffer(length + self.prefix, np.uint8))

    @property
    def row(self) -> int:
        """Bytes of a watermark with its length."""
        return len(self.lead) + BODY

    def kind(self, head: int) -> int:
        """NAL unit type, from the first byte of its header (H.264 7.3.1, H.265 7.3.1.2)."""
        return head >> self.shift & self.mask


BODY = watermark.SIZE - len(watermark.PREFIX)
"""Bytes of a watermark after its prefix, the same in every codec."""

H264 = Coding("h264", watermark.prefix("h264"), 0, 0x1F, sets=(7, 8), delimiter=9, delimiter_size=2)
H265 = Coding("h265", watermark.prefix("h265"), 1, 0x3F, sets=(32, 33, 34), delimiter=35, delimiter_size=3)
MJPEG = Coding("mjpeg")
