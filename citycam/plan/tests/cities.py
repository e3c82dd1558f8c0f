"""Small cities, drawn by seed: sites of uneven size in a few real wards."""

from __future__ import annotations

import random
from datetime import date

from citycam.inventory.record import CameraRecord
from citycam.inventory.wards import todays_wards
from citycam.model.camera import camera_id
from citycam.plan.city import CityPlan
from citycam.plan.coefficients import coefficients
from citycam.plan.planner import plan_city
from citycam.plan.wish import usual_wish
from citycam.policy.standard import Outcome

DAY = date(2026, 11, 24)
DIGEST = "sha256:" + "0" * 64
WARDS = sorted(todays_wards())


def camera(number: int, **facts: object) -> CameraRecord:
    """A camera that can be connected, with `facts` instead of its own."""
    known = {
        "id": camera_id(number),
        "agency": "Sở Xây dựng",
        "ward_code": 4,
        "ward": "Phường Ba Đình",
        "site": "Quảng trường",
        "latitude": 21.0367,
        "longitude": 105.8345,
        "serial": f"S{number:06d}",
        "mac": f"02:00:00:{number >> 16 & 255:02x}:{number >> 8 & 255:02x}:{number & 255:02x}",
        "address": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}",
        "path": "/main",
        "codec": "h264",
        "width": 1920,
        "height": 1080,
        "bitrate": 4_000_000,
        "uplink": {"kind": "fibre", "bandwidth": 100_000_000},
        "state": "working",
    }
    return CameraRecord.model_validate({**known, **facts})


def city(count: int, seed: int = 1, wards: int = 5, first: int = 1) -> list[CameraRecord]:
    """`count` cameras at sites of 1 to 40, in some wards; some in recorders, some of unknown bit rate."""
    chance = random.Random(seed)
    made: list[CameraRecord] = []
    while len(made) < count:
        code = chance.choice(WARDS[:wards])
        name = f"{seed}-{len(made)}"
        recorder = chance.random() < 0.3
        for channel in range(1, min(40, int(chance.paretovariate(1.3) * 3)) + 1):
            if len(made) < count:
                number = first + len(made)
                facts = {"recorder": {"serial": f"NVR-{name}", "channel": channel}} if recorder else {}
                rate = chance.choice([None, 1_000_000, 2_000_000, 4_000_000, 8_000_000])
                made.append(camera(number, ward_code=code, site=name, bitrate=rate, **facts))
    return made


def planned(
    records: list[CameraRecord], before: CityPlan | None = None, verdicts: dict[str, Outcome] | None = None
) -> CityPlan:
    """The plan of some records, with the coefficients of the project."""
    return plan_city(
        records,
        verdicts or {},
        usual_wish(coefficients()),
        coefficients(),
        judged_on=DAY,
        inventory_digest=DIGEST,
        before=before,
    )
