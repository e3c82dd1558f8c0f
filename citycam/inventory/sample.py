"""Make a plausible inventory: cameras spread over the real wards and communes of Hanoi, seeded."""

from __future__ import annotations

import random
import unicodedata
from ipaddress import IPv4Network

from citycam.inventory.wards import wards
from citycam.model.camera import Auth, Camera, Stream, Transport, camera_id

_CENTRE = (21.0285, 105.8542)
_SPREAD = 0.12
_AGENCIES = ("Công an thành phố", "Sở Xây dựng", "UBND phường", "Ban Quản lý công trình")
_D1 = Stream(width=704, height=576, fps=10, bitrate=256_000)


def sample_inventory(count: int, seed: int, lan: IPv4Network) -> list[Camera]:
    """`count` cameras with addresses from `lan`. The first N cameras do not depend on `count`.

    Raises:
        ValueError: `lan` has fewer addresses than cameras.
    """
    if count >= lan.num_addresses - 1:
        raise ValueError(f"{lan} has {lan.num_addresses - 2} addresses, {count} cameras need more")
    return [_camera(number, random.Random(f"{seed}/{number}"), lan) for number in range(1, count + 1)]


def _camera(number: int, chance: random.Random, lan: IPv4Network) -> Camera:
    code, ward = chance.choice(wards())
    return Camera(
        id=camera_id(number),
        serial=f"HN{chance.randrange(16**8):08X}{number:06d}",
        mac=f"02:00:5e:{number >> 16 & 255:02x}:{number >> 8 & 255:02x}:{number & 255:02x}",
        agency=chance.choice(_AGENCIES),
        ward_code=code,
        ward=ward,
        site=f"{_ascii(ward)}-{chance.randrange(1, 40):02d}",
        latitude=round(chance.gauss(_CENTRE[0], _SPREAD), 6),
        longitude=round(chance.gauss(_CENTRE[1], _SPREAD), 6),
        address=lan[number],
        path="/Streaming/Channels/101",
        transport=Transport.UDP if chance.random() < 0.1 else Transport.TCP,
        auth=Auth.BASIC if chance.random() < 0.3 else Auth.DIGEST,
        username="admin",
        model="generic-d1",
        stream=_D1,
    )


def _ascii(name: str) -> str:
    plain = unicodedata.normalize("NFD", name.replace("Đ", "D").replace("đ", "d"))
    return "-".join("".join(c for c in plain if c.isascii() and (c.isalnum() or c == " ")).lower().split())
