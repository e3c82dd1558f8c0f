"""In which phase each ward comes: the readiest first, in steps of the size that the committee wants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class WardState:
    """How many cameras of a ward come in, and how many of them could today."""

    code: int
    cameras: int
    ready: int


def assign_phases(
    wards: Sequence[WardState], shares: Sequence[float], kept: Mapping[int, int] | None = None
) -> dict[int, int]:
    """Ward code → phase from 1. A ward of the plan in force keeps its phase, for committees have approved it.

    The others are taken by the share of their cameras that are ready, then by code; each goes to the first phase that
    still lacks cameras. The unknown ward 0 comes last. Independent of the order of `wards`.
    """
    total = sum(ward.cameras for ward in wards)
    kept = {code: phase for code, phase in (kept or {}).items() if 1 <= phase <= len(shares)}
    room = [share * total for share in shares]
    phases: dict[int, int] = {}
    for ward in wards:
        if ward.code in kept:
            phases[ward.code] = kept[ward.code]
            room[kept[ward.code] - 1] -= ward.cameras
    for ward in sorted(wards, key=_readiest):
        if ward.code not in phases:
            phase = next((number for number, left in enumerate(room, 1) if left > 1e-6), len(shares))
            if ward.code == 0:
                phase = len(shares)
            phases[ward.code] = phase
            room[phase - 1] -= ward.cameras
    return phases


def _readiest(ward: WardState) -> tuple[bool, float, int]:
    return ward.code == 0, -ward.ready / ward.cameras if ward.cameras else 0.0, ward.code
