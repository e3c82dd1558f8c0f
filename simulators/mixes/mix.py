"""A mix says which share of the cameras is of which model and what those stream; from it comes a fleet."""

from __future__ import annotations

import random
from bisect import bisect
from collections.abc import Iterator
from difflib import get_close_matches
from ipaddress import IPv4Address, IPv4Network
from itertools import accumulate
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from citycam.model.camera import Auth, Camera, Stream, Transport, camera_id
from citycam.model.documents import Document, load
from citycam.model.errors import ConfigError
from simulators.profiles.profile import Profile, load_profile, models

FOLDER = Path(__file__).parent


def _known(model: str) -> str:
    if model not in models():
        close = get_close_matches(model, models(), n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"known models: {', '.join(models())}"
        raise ValueError(f"no profile for camera model {model!r}; {hint}")
    return model


class Part(Document):
    """Cameras of one model."""

    model: Annotated[str, AfterValidator(_known)]
    share: Annotated[float, Field(gt=0)]
    """Of all cameras, relative to the other shares; the channels of a recorder count one by one."""
    stream: Stream
    udp: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Share of these that are meant to be pulled by UDP."""


class Mix(Document):
    """Shares of camera models."""

    schema_version: Literal[1]
    title: str
    parts: Annotated[tuple[Part, ...], Field(min_length=1)]


def mixes() -> list[str]:
    """Names of the mixes that come with the fleet."""
    return sorted(file.name for file in FOLDER.glob("*.yaml"))


def load_mix(name: str | Path) -> Mix:
    """The mix of that name, or in that file.

    Raises:
        ConfigError: there is none, or its file is wrong or names a model without a profile (with line).
    """
    path = Path(name)
    if not path.exists():
        path = FOLDER / path.name
    if not path.exists():
        raise ConfigError(
            f"no such mix: {name}", where=str(name), why=f"known: {', '.join(mixes())}", next="name one, or a file"
        )
    mix = load(path, Mix)
    for part in mix.parts:
        load_profile(part.model)
    return mix


def mixed_cameras(mix: Mix, count: int, seed: int, network: IPv4Network, port: int) -> list[Camera]:
    """`count` cameras of the mix with addresses from `network`; the first N do not depend on `count`.

    Raises:
        ConfigError: the network has fewer addresses than are needed.
    """
    rng = random.Random(f"{mix.title}/{seed}")
    edges = list(accumulate(part.share / load_profile(part.model).channels for part in mix.parts))
    addresses = iter(network.hosts())
    cameras: list[Camera] = []
    while len(cameras) < count:
        part = mix.parts[min(bisect(edges, rng.random() * edges[-1]), len(edges) - 1)]
        address = next(addresses, None)
        if address is None:
            raise ConfigError(
                f"{network} is too small",
                where=str(network),
                why=f"{network.num_addresses - 2} addresses hold {len(cameras)} cameras of this mix, not {count}",
                next="ask for fewer cameras, or a wider network",
            )
        cameras += _device(part, load_profile(part.model), len(cameras) + 1, address, port, rng)
    return cameras[:count]


def _device(
    part: Part, profile: Profile, first: int, address: IPv4Address, port: int, rng: random.Random
) -> Iterator[Camera]:
    """The cameras behind one address: one, or a recorder's channels."""
    serial = f"{part.model[:3].upper()}{rng.randrange(16**8):08X}{first:06d}"
    auth = Auth(rng.choice(profile.auth))
    # Not every camera can be pulled every way, whatever the mix asks for.
    udp = "udp" in profile.rtsp.transports and ("tcp" not in profile.rtsp.transports or rng.random() < part.udp)
    for channel in range(1, profile.channels + 1):
        number = first + channel - 1
        yield Camera(
            id=camera_id(number),
            serial=serial,
            mac="02:00:5f:" + ":".join(f"{byte:02x}" for byte in first.to_bytes(3, "big")),
            agency="simulated",
            ward_code=1,
            ward="simulated",
            site=f"site-{int(address) // 16 % 4096:04d}",
            latitude=21.0285,
            longitude=105.8542,
            address=address,
            port=port,
            path=profile.paths.of(channel),
            transport=Transport.UDP if udp else Transport.TCP,
            auth=auth,
            username="admin",
            model=part.model,
            stream=part.stream,
        )
