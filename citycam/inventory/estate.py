"""A made-up city of real cameras: who runs them, where they hang, what they are. Seeded; the same everywhere."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from typing import Any

from citycam.inventory.wards import OldUnit, Ward, old_units, todays_wards

STREETS = (
    "Lạc Long Quân", "Võ Chí Công", "Nguyễn Trãi", "Trần Phú", "Giải Phóng", "Láng", "Kim Mã", "Hoàng Quốc Việt",
    "Phạm Văn Đồng", "Tây Sơn", "Lê Duẩn", "Bà Triệu", "Xuân Thủy", "Trường Chinh", "Minh Khai", "Đại Cồ Việt",
    "Nguyễn Văn Cừ", "Ngô Gia Tự", "Quang Trung", "Tố Hữu",
)  # fmt: skip
PLACES = ("Ngã tư", "Cổng trường", "Chợ", "Nhà văn hóa", "Ngõ", "Bến xe", "Cầu", "Công viên", "Trụ sở", "Ngã ba")
DEPARTMENTS = (
    "Sở Xây dựng", "Sở Giáo dục và Đào tạo", "Sở Y tế", "Sở Nông nghiệp và Môi trường", "Sở Văn hóa và Thể thao",
    "Sở Du lịch", "Sở Công Thương", "Sở Khoa học và Công nghệ", "Sở Tài chính", "Sở Nội vụ",
)  # fmt: skip
SPECIALISED = (
    "Trung tâm Quản lý điều hành giao thông", "Công ty Đường sắt Hà Nội", "Ban Quản lý Khu di tích",
    "Công ty Thoát nước", "Chi cục Kiểm lâm",
)  # fmt: skip
_MODELS = {
    "Hãng A": (("A-2043", "fixed"), ("A-2123", "ptz"), ("A-3500", "dome")),
    "Hãng B": (("B-IPC4431", "fixed"), ("B-SD6C", "ptz"), ("B-HDBW", "dome")),
    "Hãng C": (("C-8852E", "fixed"), ("C-P5655", "ptz")),
    "Hãng D": (("D-XNV6080", "dome"), ("D-PNM9320", "panoramic"), ("D-XNF", "fisheye")),
}
_SIZES = ((704, 576), (1280, 720), (1920, 1080), (1920, 1080), (2560, 1440))


@dataclass(frozen=True)
class Agency:
    """Who runs cameras: in one ward, or all over the city."""

    name: str
    tier: str
    ward: Ward | None = None


@dataclass
class Device:
    """A true camera. `facts` are fields of a row as values: numbers, dates, choices, by column of the form."""

    number: int
    agency: Agency
    ward: Ward
    unit: OldUnit
    facts: dict[str, Any] = field(default_factory=dict)


def agencies(count: int) -> list[Agency]:
    """The first `count` of about 300: committees and police of the wards, departments, specialised systems."""
    wards = list(todays_wards().values())
    found = [Agency(name, "department") for name in DEPARTMENTS] + [Agency(name, "specialised") for name in SPECIALISED]
    for ward in wards:
        found.append(Agency(f"UBND {ward.name[0].lower()}{ward.name[1:]}", "ward", ward))
        found.append(Agency(f"Công an {ward.name[0].lower()}{ward.name[1:]}", "police", ward))
    found += [Agency(f"Ban Quản lý dự án {street}", "department") for street in STREETS]
    found += [Agency(f"Trường THPT {street}", "department") for street in STREETS[:13]]
    return found[:count]


@cache
def units_of() -> dict[int, list[OldUnit]]:
    """Ward of today → the old units that went to it, whole or in part."""
    found: dict[int, list[OldUnit]] = defaultdict(list)
    for unit in old_units():
        for code in unit.today:
            found[code].append(unit)
    return found


def devices(count: int, seed: int, owners: Sequence[Agency]) -> list[Device]:
    """`count` cameras on poles of one to eight, each pole with its agency, uplink and network."""
    made: list[Device] = []
    pole = 0
    while len(made) < count:
        pole += 1
        made += _pole(pole, len(made), random.Random(f"{seed}/{pole}"), owners)
    return made[:count]


def _pole(pole: int, before: int, chance: random.Random, owners: Sequence[Agency]) -> list[Device]:
    agency = owners[(pole - 1) % len(owners)]
    ward = agency.ward or chance.choice(list(todays_wards().values()))
    unit = chance.choice(units_of()[ward.code])
    latitude = chance.uniform(unit.south, unit.north)
    longitude = chance.uniform(unit.west, unit.east)
    vendor = chance.choice(tuple(_MODELS))
    batch = chance.randrange(10**8)
    recorder = f"NVR{chance.randrange(10**9):09d}" if chance.random() < 0.06 else None
    bought = date(2015, 1, 1) + timedelta(days=chance.randrange(4_200))
    place, street = chance.choice(PLACES), chance.choice(STREETS)
    shared = {
        "agency": agency.name,
        "agency_tier": agency.tier,
        "ward": ward.name,
        "site": f"{place} {street} {pole}",
        "address_text": f"{chance.randrange(1, 900)} {street}",
        "vendor": vendor,
        "firmware": f"{chance.randrange(3, 6)}.{chance.randrange(9)}.{chance.randrange(20)}",
        "purchased": bought,
        "uplink_kind": chance.choice(("fibre", "fibre", "copper", "mobile")),
        "uplink_bandwidth": chance.choice((10, 20, 50, 100)),
        "purpose": chance.choice(("security", "security", "state-management")),
        "retention": chance.choice((7, 15, 30, 30, 90)),
        "auth": chance.choice(("digest", "digest", "basic")),
        "protection": chance.choice(("none", "isolated-vlan", "vpn")),
        "height": chance.choice((4, 5, 6, 8)),
    }
    network = f"192.168.{chance.randrange(0, 20)}"
    first = chance.randrange(2, 200)
    found = []
    for at in range(chance.choice((1, 1, 2, 2, 3, 4, 6, 8))):
        number = before + at + 1
        model, kind = chance.choice(_MODELS[vendor])
        width, height = chance.choice(_SIZES)
        facts = shared | {
            "latitude": round(latitude + chance.uniform(-5e-5, 5e-5), 6),
            "longitude": round(longitude + chance.uniform(-5e-5, 5e-5), 6),
            "kind": kind,
            "azimuth": (chance.randrange(0, 40) + at * 45) % 360,
            "field_of_view": chance.choice((30, 60, 90, 110)),
            "range": chance.choice((30, 50, 60, 100)),
            "model": model,
            "serial": f"{model[0]}{batch + at:09d}{'XW'[number % 2]}",
            "mac": ":".join(
                f"{byte:02x}" for byte in (2, 0, 0x5E, number >> 16 & 255, number >> 8 & 255, number & 255)
            ),
            "onvif_endpoint": f"urn:uuid:6f6a3c1e-2f5b-11ef-9d3b-{number:012x}",
            "onvif_profiles": chance.choice(("S", "S, T", "S, T, G")),
            "ip": f"{network}.{first + at}",
            "port": 554,
            "path": "/Streaming/Channels/101" if recorder is None else f"/Streaming/Channels/{at + 1}01",
            "codec": chance.choice(("h264", "h264", "h265")),
            "width": width,
            "picture_height": height,
            "fps": chance.choice((10, 15, 25)),
            "bitrate": chance.choice((512, 1024, 2048, 4096)),
            "audio": "no" if chance.random() < 0.9 else "yes",
            "clock_error": chance.choice((0, 0, 0, 2, -3, 45)),
            "state": chance.choice(("working", "working", "working", "faulty")),
        }
        if recorder:
            facts |= {"recorder_serial": recorder, "recorder_channel": at + 1, "ip": f"{network}.{first}"}
            del facts["serial"], facts["mac"], facts["onvif_endpoint"]
        if bought >= date(2024, 10, 1):
            facts |= {"conformity_standard": "QCVN 135:2024/BTTTT", "conformity_certificate": f"A{number:06d}"}
        found.append(Device(number, agency, ward, unit, facts))
    return found
