"""Tallies that merge without loss: sums per key and exact samples."""

from __future__ import annotations

import heapq
import math
from collections.abc import Mapping, Sequence

Sums = Mapping[str, tuple[int, ...]]
"""Key → counts; every row has the same length."""

Samples = tuple[float, ...]
"""Values in ascending order: exact, so quantiles of merged parts are those of the whole."""


def merge_sums(a: Sums, b: Sums) -> Sums:
    """Add row by row; a key in one part only is kept as it is."""
    merged = dict(a)
    for key, row in b.items():
        merged[key] = tuple(map(sum, zip(merged[key], row, strict=True))) if key in merged else row
    return merged


def merge_samples(a: Samples, b: Samples) -> Samples:
    """Both parts, in order."""
    return tuple(heapq.merge(a, b))


def quantile(samples: Sequence[float], percent: int) -> float:
    """Nearest-rank quantile: an observed value, never an invented one.

    Raises:
        ValueError: there are no samples.
    """
    if not samples:
        raise ValueError("no samples, no quantile")
    return samples[max(0, math.ceil(percent * len(samples) / 100) - 1)]
