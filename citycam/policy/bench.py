"""How fast a city is reviewed: the technical standard, the freeze and the overlaps, over synthetic cameras by seed.

Seconds are of CPU time, so that another program on the machine does not change them; on two cores it takes less by the
clock, since GEOS works in several threads.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable
from datetime import date
from typing import Any

from citycam.inventory.record import CameraRecord, Codec, Protection
from citycam.inventory.wards import todays_wards
from citycam.model.camera import camera_id
from citycam.model.figure import Bar, Figure
from citycam.policy.conformity import assess
from citycam.policy.docket import decide
from citycam.policy.eyes import eyes_of, wishes_of
from citycam.policy.moratorium import load_moratorium
from citycam.policy.overlap import compare
from citycam.policy.proposal import Proposal
from citycam.policy.sample import sample_proposals
from citycam.policy.sharing import coverages
from citycam.policy.standard import load_standards, rules_at

CAMERAS = 40_210
PROPOSALS = 5_000
DAY = date(2026, 11, 24)
RUNS = 3


def figures() -> list[Figure]:
    """CPU seconds for all of it, in one process, from records in memory."""
    cameras = city(CAMERAS, seed=1)
    proposals = sample_proposals(PROPOSALS, 1, cameras)
    rules, moratorium = rules_at(load_standards(), DAY), load_moratorium()
    return [
        Figure(
            f"overlap of {PROPOSALS:,} proposals × {CAMERAS:,} cameras",
            "CPU s",
            _times(lambda: overlaps(proposals, cameras)),
            Bar(5),
        ),
        Figure(
            f"technical standard, {CAMERAS:,} cameras", "CPU s", _times(lambda: assess(cameras, rules, DAY)), Bar(5)
        ),
        Figure(f"freeze, {PROPOSALS:,} proposals", "CPU s", _times(lambda: decide(proposals, moratorium, DAY))),
    ]


def overlaps(proposals: list[Proposal], cameras: list[CameraRecord]) -> int:
    """The whole comparison, ranked; the number of proposals that were placed."""
    eyes, wishes = eyes_of(cameras), wishes_of(proposals)
    return len(coverages(proposals, wishes, eyes, compare(wishes, eyes)))


def city(count: int, seed: int) -> list[CameraRecord]:
    """`count` cameras at sites of one to eight, in the wards of Hanoi; some facts are unknown, as they are in life."""
    chance = random.Random(f"city {seed}")
    wards = list(todays_wards().values())
    cameras: list[CameraRecord] = []
    while len(cameras) < count:
        ward = chance.choice(wards)
        spread = math.sqrt(ward.area_km2) / 4 / 111.195
        place = ward.latitude + chance.gauss(0, spread), ward.longitude + chance.gauss(0, spread)
        site = f"{ward.code}-{len(cameras)}"
        for _ in range(min(chance.randint(1, 8), count - len(cameras))):
            facts = {"ward": ward.name, "ward_code": ward.code, "site": site}
            cameras.append(_camera(len(cameras) + 1, place, chance, facts))
    return cameras


def _camera(number: int, place: tuple[float, float], chance: random.Random, facts: dict[str, Any]) -> CameraRecord:
    width, height = chance.choice([(704, 576), (1280, 720), (1920, 1080), (2560, 1440), (3840, 2160)])
    return CameraRecord(
        id=camera_id(number),
        agency=chance.choice(["Công an thành phố Hà Nội", f"UBND {facts['ward']}", "Sở Xây dựng"]),
        **facts,
        latitude=place[0] + chance.gauss(0, 8e-5),
        longitude=place[1] + chance.gauss(0, 8e-5),
        position_error_m=chance.choice([None, 1.0, 5.0, 10.0]),
        kind=chance.choice(["fixed", "fixed", "ptz"]),
        azimuth_deg=chance.choice([None, 45.0 * chance.randrange(8), float(chance.randrange(360))]),
        field_of_view_deg=chance.choice([None, 60.0, 90.0, 110.0]),
        range_m=chance.choice([None, 30.0, 50.0, 80.0, 120.0]),
        width=width,
        height=height,
        codec=chance.choice([*Codec, Codec.H264, Codec.H265]),
        fps=chance.choice([8.0, 12.0, 15.0, 25.0]),
        bitrate=chance.choice([1_000_000, 2_000_000, 4_000_000]),
        onvif_profiles=chance.choice([None, ("S",), ("S", "T")]),
        protection=chance.choice([None, (Protection.NONE,), (Protection.ISOLATED_VLAN,), (Protection.RTSPS,)]),
        auth=chance.choice([("digest",), ("basic", "digest"), ("none",)]),
        purchased=chance.choice([None, date(2019, 5, 1), date(2024, 3, 1), date(2026, 8, 1)]),
        clock_error_s=round(chance.expovariate(0.5), 2),
        retention_days=float(chance.choice([7, 15, 30, 60, 120])),
    )


def _times(work: Callable[[], object]) -> tuple[float, ...]:
    def once() -> float:
        began = time.process_time()
        work()
        return time.process_time() - began

    return tuple(once() for _ in range(RUNS))
