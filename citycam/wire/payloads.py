"""RTP payload formats of video by codec: which packetizes, which puts together again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from citycam.wire import h264, h265, jpeg
from citycam.wire.pictures import Depacketizer

if TYPE_CHECKING:
    from citycam.model.codec import Codec

_NAL = {"h264": (h264, {h264.SPS, h264.PPS}), "h265": (h265, {h265.VPS, h265.SPS, h265.PPS})}
_DEPACKETIZERS: dict[str, type[Depacketizer]] = {
    "h264": h264.Depacketizer,
    "h265": h265.Depacketizer,
    "mjpeg": jpeg.Depacketizer,
}


def payloads(codec: Codec, units: Sequence[bytes], limit: int = 1400) -> list[bytes]:
    """RTP payloads of an access unit, or of a part of one, each of at most `limit` bytes.

    Parameter sets at the beginning go into one aggregation packet (STAP-A, AP) if they fit.

    Args:
        codec: decides the format.
        units: NAL units without start codes, or whole JPEG images.
        limit: of a payload, RTP header not counted.

    Raises:
        ValueError: a unit cannot be carried (see `packetize` of the formats).
    """
    if codec == "mjpeg":
        return [payload for image in units for payload in jpeg.packetize(image, limit)]
    form, sets = _NAL[codec]
    count = next((index for index, unit in enumerate(units) if not unit or form.kind(unit) not in sets), len(units))
    found: list[bytes] = []
    if count > 1:
        together = form.aggregate(units[:count])
        if len(together) <= limit:
            found.append(together)
            units = units[count:]
    return found + [payload for unit in units for payload in form.packetize(unit, limit)]


def depacketizer(codec: str) -> Depacketizer | None:
    """What puts pictures of a codec together; None for one that is not known."""
    found = _DEPACKETIZERS.get(codec)
    return found() if found is not None else None
