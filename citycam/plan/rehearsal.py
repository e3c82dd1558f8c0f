"""A rehearsal of the city's plan on a small machine: simulated cameras in the place of some of its real ones.

They keep who they are, whose, and where; address, stream and password are those of the fleet. What the plan put on one
gateway stays on one, so a rehearsal records cameras as the city will: site by site, shard by shard.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence

from citycam.inventory.record import CameraRecord
from citycam.inventory.roster import dump_csv
from citycam.inventory.wards import todays_wards
from citycam.model.camera import Auth, Camera, Stream, Transport
from citycam.model.environment import Environment
from citycam.model.errors import ConfigError
from citycam.plan.city import CityPlan
from citycam.plan.plan import Plan

MODEL = "generic-d1"
STREAM = Stream(width=704, height=576, fps=10, bitrate=256_000)
"""What a stand-in shows: any machine can record some dozens of these."""
PATH = "/Streaming/Channels/101"
USERNAME = "admin"


def rehearse(
    plan: CityPlan, records: Sequence[CameraRecord], environment: Environment, cameras: int, seed: int = 7
) -> Plan:
    """The plan of an environment whose gateways stand for some of the city's, `cameras` in all. Seeded.

    Raises:
        ConfigError: the plan has not that many cameras with a place, or the environment no addresses for them.
    """
    chosen = _choose(plan, {record.id: record for record in records}, environment.gateways.count, cameras, seed)
    ids = sorted(camera for group in chosen for camera in group)
    lan = environment.networks.camera_range
    if len(ids) < cameras or len(ids) >= lan.num_addresses - 1:
        raise ConfigError(
            f"a rehearsal of {cameras} cameras is not possible",
            where=f"environment {environment.name}",
            why=f"{len(ids)} cameras have a gateway and a ward; there are {lan.num_addresses - 2} addresses",
            next="ask for fewer cameras, or plan more of them",
        )
    known = {record.id: record for record in records}
    stand_ins = _stand_ins([known[camera] for camera in ids], environment)
    return Plan(
        environment=environment.name,
        inventory_digest="sha256:" + hashlib.sha256(dump_csv(stand_ins).encode()).hexdigest(),
        cameras=stand_ins,
        gateways={name: sorted(group) for name, group in zip(environment.gateway_names, chosen, strict=False)},
    )


def _choose(
    plan: CityPlan, known: Mapping[str, CameraRecord], gateways: int, cameras: int, seed: int
) -> list[list[str]]:
    """Cameras for each gateway of the environment, which stands for one of the city's, or for several small ones.

    Whole sites are taken, and whole gateways of the city; only the last of each group may be divided.
    """
    sites: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for one in plan.cameras:
        if one.gateway and one.site and one.camera in known and known[one.camera].ward_code in todays_wards():
            sites[one.gateway][one.site].append(one.camera)
    groups: list[list[str]] = [[] for _ in range(gateways)]
    for home in sorted(sites, key=lambda name: _draw(seed, name)):
        group = min(groups, key=len)
        if len(group) >= -(-cameras // gateways):
            break
        for site in sorted(sites[home], key=lambda name: _draw(seed, name)):
            group += sites[home][site]
    while sum(map(len, groups)) > cameras:
        max(groups, key=len).pop()
    return groups


def _stand_ins(records: Sequence[CameraRecord], environment: Environment) -> list[Camera]:
    lan = environment.networks.camera_range
    serials: set[str] = set()
    made = []
    for number, record in enumerate(records, 1):
        serial = record.serial if record.serial and record.serial not in serials else f"STAND-IN-{record.id}"
        serials.add(serial)
        made.append(_stand_in(record, serial, number, str(lan[number])))
    return made


def _stand_in(record: CameraRecord, serial: str, number: int, address: str) -> Camera:
    ward = todays_wards()[record.ward_code or 0]
    asked = max(record.auth, key=list(Auth).index) if record.auth else Auth.DIGEST
    return Camera.model_validate(
        {
            "id": record.id,
            "serial": serial,
            "mac": f"02:00:5e:{number >> 16 & 255:02x}:{number >> 8 & 255:02x}:{number & 255:02x}",
            "agency": record.agency,
            "ward_code": ward.code,
            "ward": ward.name,
            "site": record.site or record.id,
            "latitude": ward.latitude if record.latitude is None else record.latitude,
            "longitude": ward.longitude if record.longitude is None else record.longitude,
            "address": address,
            "path": PATH,
            "transport": Transport.UDP if number % 10 == 0 else Transport.TCP,
            "auth": asked if asked is not Auth.NONE else Auth.DIGEST,
            "username": USERNAME,
            "model": MODEL,
            "stream": STREAM,
        }
    )


def _draw(seed: int, name: str) -> bytes:
    return hashlib.blake2b(f"{seed}/{name}".encode(), digest_size=8).digest()
