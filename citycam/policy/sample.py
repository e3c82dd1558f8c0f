"""Make plausible proposals by seed: every way a proposal can be decided comes up, over the real wards of Hanoi."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

from citycam.inventory.outline import kilometres_outside
from citycam.inventory.record import CameraRecord
from citycam.inventory.wards import Ward, todays_wards
from citycam.policy.proposal import Proposal, Task

FREEZE = date(2025, 9, 3)
_M_PER_DEGREE = 111_195.0
_STREETS = (
    "Đội Cấn|Hoàng Hoa Thám|Trần Duy Hưng|Nguyễn Trãi|Giải Phóng|Kim Mã|Láng|Phạm Hùng|Tố Hữu|Quang Trung|"
    "Ngô Gia Tự|Xuân Thủy|Trường Chinh|Minh Khai|Bạch Mai|Tây Sơn|Văn Cao|Âu Cơ|Lạc Long Quân|Nguyễn Văn Cừ"
).split("|")
_PLACES = ("chợ", "trường học", "nút giao", "khu dân cư", "công viên", "bến xe", "trụ sở", "ngõ", "đê", "cầu")
_NAMES = "Ánh Sáng|Sao Mai|Việt Hưng|Đông Đô|Hồng Hà|Tân Long|Thăng Long".split("|")
_SUPPLIERS = tuple(f"Công ty {name}" for name in _NAMES)
_CITY = "UBND thành phố Hà Nội"


def sample_proposals(count: int, seed: int, near: Sequence[CameraRecord] = ()) -> list[Proposal]:
    """`count` proposals; the first N do not depend on `count`. Most stand near one of the cameras `near`, if given.

    One in sixteen is cut into three pieces, which count as three.
    """
    placed = [one for one in near if one.latitude is not None and one.longitude is not None]
    found: list[Proposal] = []
    number = 0
    while len(found) < count:
        number += 1
        chance = random.Random(f"proposal {seed}/{number}")
        found += _proposals(number, chance, placed)
    return found[:count]


def _proposals(number: int, chance: random.Random, near: Sequence[CameraRecord]) -> list[Proposal]:
    ward = chance.choice(list(todays_wards().values()))
    latitude, longitude = _position(ward, chance, near)
    street, place = chance.choice(_STREETS), chance.choice(_PLACES)
    facts: dict[str, Any] = {
        "id": f"DX-{number:05d}",
        "title": f"Lắp đặt camera {place} {street}",
        "agency": f"UBND {ward.name}",
        "submitted": date(2025, 6, 1) + timedelta(days=chance.randrange(500)),
        "cameras": chance.choice([1, 1, 2, 4, 8, 20]),
        "ward": ward.name,
        "site": f"{place} {street}",
        "supplier": chance.choice([None, *_SUPPLIERS]),
        "budget_vnd": chance.randrange(20, 2_000) * 1_000_000,
        "task": chance.choice([None, Task.OVERVIEW, Task.DISCERN, Task.PERCEIVE, Task.CHARACTERISE]),
        "views": (_view(latitude, longitude, chance),),
    }
    if number % 16 == 0:
        return _pieces(facts, chance)
    kind = chance.choices(list(_CASES), weights=[weight for weight, _ in _CASES.values()])[0]
    return [Proposal.model_validate({**facts, **_CASES[kind][1](facts, number, chance)})]


def _position(ward: Ward, chance: random.Random, near: Sequence[CameraRecord]) -> tuple[float, float]:
    """Somewhere in Hanoi: wards at its edge are not round."""
    while kilometres_outside(*(place := _somewhere(ward, chance, near))):
        pass
    return place


def _somewhere(ward: Ward, chance: random.Random, near: Sequence[CameraRecord]) -> tuple[float, float]:
    if near and chance.random() < 0.7:
        camera = chance.choice(near)
        centre, spread = (camera.latitude or 0.0, camera.longitude or 0.0), 25.0
    else:
        centre, spread = (ward.latitude, ward.longitude), math.sqrt(ward.area_km2) * 250
    north, east = chance.gauss(0, spread), chance.gauss(0, spread)
    latitude = centre[0] + north / _M_PER_DEGREE
    longitude = centre[1] + east / (_M_PER_DEGREE * math.cos(math.radians(centre[0])))
    return round(latitude, 6), round(longitude, 6)


def _view(latitude: float, longitude: float, chance: random.Random) -> dict[str, Any]:
    return {
        "latitude": latitude,
        "longitude": longitude,
        "position_error_m": chance.choice([None, 2.0, 5.0]),
        "kind": chance.choice(["fixed", "fixed", "fixed", "ptz"]),
        "azimuth_deg": None if chance.random() < 0.15 else float(chance.randrange(360)),
        "field_of_view_deg": chance.choice([None, 60.0, 90.0, 100.0]),
        "range_m": chance.choice([None, 30.0, 50.0, 80.0]),
        "width": chance.choice([1920, 2560, 3840]),
    }


def _pieces(facts: dict[str, Any], chance: random.Random) -> list[Proposal]:
    """One project in three pieces, each with a paper of its own."""
    return [
        Proposal.model_validate(
            {
                **facts,
                "id": f"{facts['id']}-{part}",
                "title": f"{facts['title']} gói {part}",
                "submitted": facts["submitted"] + timedelta(days=10 * part),
                **_specialised(facts, chance.randrange(10**6), chance),
            }
        )
        for part in (1, 2, 3)
    ]


def _specialised(facts: dict[str, Any], number: int, chance: random.Random) -> dict[str, Any]:
    dated = facts["submitted"] - timedelta(days=chance.randrange(1, 60))
    paper = {"document": f"{number}/QĐ-UBND", "dated": dated, "authority": _CITY, "covers": facts["cameras"]}
    return {"exemption": {"claim": "specialised", **paper}}


def _tendered(facts: dict[str, Any], number: int, chance: random.Random) -> dict[str, Any]:
    awarded = FREEZE - timedelta(days=chance.randrange(1, 120))
    signed = min(awarded + timedelta(days=chance.randrange(1, 30)), FREEZE)
    paper = {"document": f"{number}/QĐ-BQLDA", "dated": awarded, "authority": facts["agency"]}
    tender = {"awarded": awarded, "contract": f"HĐ-{number}", "signed": signed, "until": date(2027, 12, 31)}
    return {"exemption": {"claim": "tendered", **paper}, "tender": {**tender, "state": "under-way"}}


def _with(part: str, **changes: Any) -> Callable[[dict[str, Any], int, random.Random], dict[str, Any]]:
    def case(facts: dict[str, Any], number: int, chance: random.Random) -> dict[str, Any]:
        made = _tendered(facts, number, chance) if part == "tender" else _specialised(facts, number, chance)
        return {**made, part: {**made[part], **changes}}

    return case


_CASES: dict[str, tuple[int, Callable[[dict[str, Any], int, random.Random], dict[str, Any]]]] = {
    "frozen": (40, lambda *_: {}),
    "specialised": (12, _specialised),
    "tendered": (12, _tendered),
    "smart-traffic": (8, lambda *_: {"programme": "smart-traffic", "agency": "Sở Xây dựng"}),
    "proof-missing": (6, _with("exemption", document=None)),
    "authority-unknown": (4, _with("exemption", authority="Ban Quản lý dự án")),
    "tendered-late": (6, _with("tender", awarded=FREEZE + timedelta(days=40))),
    "tender-lapsed": (4, _with("tender", state="lapsed")),
    "not-under-way": (3, _with("tender", contract=None)),
    "no-new-camera": (5, lambda _, number, __: {"work": "repair", "cameras": 1, "replaces": (f"cam-{number:06d}",)}),
}
