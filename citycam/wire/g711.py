"""G.711 in RTP (RFC 3551 4.5.14): 8,000 samples a second of one byte each, and nothing around them."""

from __future__ import annotations

RATE = 8000


def packetize(samples: bytes, count: int) -> list[bytes]:
    """RTP payloads of `count` samples each; what does not fill the last one is left out.

    Raises:
        ValueError: `count` is not positive.
    """
    if count < 1:
        raise ValueError("a packet has at least one sample")
    return [samples[at : at + count] for at in range(0, len(samples) - count + 1, count)]
