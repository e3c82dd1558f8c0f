from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycam.wire.g711 import packetize


@given(st.binary(max_size=2000), st.integers(1, 400))
def test_samples_keep_their_order_and_packets_their_size(samples: bytes, count: int) -> None:
    parts = packetize(samples, count)
    assert all(len(part) == count for part in parts)
    assert b"".join(parts) == samples[: len(samples) // count * count]


def test_a_packet_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one sample"):
        packetize(b"samples", 0)
