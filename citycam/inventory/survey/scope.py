"""Where a survey may go: networks that somebody declared. Everything else is refused before a packet is sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, collapse_addresses
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from citycam.model.documents import Document, load
from citycam.model.errors import ConfigError, PolicyViolation

PRIVATE = tuple(
    map(
        IPv4Network,
        "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 100.64.0.0/10 169.254.0.0/16 127.0.0.0/8 198.18.0.0/15".split(),
    )
)
"""Networks that nobody else can own: RFC 1918, shared address space (RFC 6598), link-local, loopback, benchmarks."""
MOST = 2**18
"""Addresses of one survey: more is a mistake in a prefix length."""


class Declared(Document):
    """One network. `public` is an explicit yes to addresses that somebody else on the Internet may own."""

    network: IPv4Network
    name: str = ""
    public: bool = False


class Declaration(Document):
    """The file that declares networks."""

    schema_version: Literal[1]
    networks: Annotated[tuple[Declared, ...], Field(min_length=1)]


@dataclass(frozen=True)
class Scope:
    """The declared networks.

    Raises:
        ConfigError: none, one without its explicit yes, one that no device can have an address of, or too many.
    """

    networks: tuple[Declared, ...]

    def __post_init__(self) -> None:
        if not self.networks:
            raise ConfigError(
                "no network is declared", where="--network", next="name the networks that may be surveyed"
            )
        for one in self.networks:
            _check(one)
        if self.size > MOST:
            raise ConfigError(
                f"{self.size:,} addresses are too many", where="--network", next=f"at most {MOST:,}; check the prefixes"
            )

    @property
    def size(self) -> int:
        """How many addresses it has."""
        return sum(network.num_addresses for network in self.collapsed)

    @property
    def collapsed(self) -> tuple[IPv4Network, ...]:
        """The networks without overlaps, in order."""
        return tuple(collapse_addresses(one.network for one in self.networks))

    def __contains__(self, address: IPv4Address) -> bool:
        return any(address in one.network for one in self.networks)

    def check(self, address: IPv4Address) -> None:
        """Let an address pass, or not.

        Raises:
            PolicyViolation: it is in no declared network.
        """
        if address not in self:
            raise PolicyViolation(
                f"{address} is in no declared network", where="survey", next="declare its network, or leave it alone"
            )

    def hosts(self) -> Iterator[IPv4Address]:
        """Every address that a device can have, in order."""
        for network in self.collapsed:
            yield from network.hosts()


def load_scope(path: Path) -> list[Declared]:
    """The networks that a file declares.

    Raises:
        ConfigError: unreadable, with file and line.
    """
    return list(load(path, Declaration).networks)


def scope_of(texts: Iterable[str], files: Sequence[Path] = (), *, public: bool = False) -> Scope:
    """The scope of a call: networks by option and by file. `public` says yes to all those by option.

    Raises:
        ConfigError: one of them is no network, or see `Scope`.
    """
    found = [declared for path in files for declared in load_scope(path)]
    for text in texts:
        try:
            found.append(Declared(network=IPv4Network(text), public=public))
        except ValueError as error:
            raise ConfigError(
                f"{text!r} is no network", where="--network", why=str(error), next="as in 10.20.0.0/22"
            ) from error
    return Scope(tuple(found))


def _check(one: Declared) -> None:
    network = one.network
    if (
        network.is_multicast
        or network.overlaps(IPv4Network("0.0.0.0/8"))
        or network.overlaps(IPv4Network("224.0.0.0/3"))
    ):
        raise ConfigError(f"{network} holds addresses that no device can have", where="networks", next="leave it out")
    if not one.public and not any(network.subnet_of(private) for private in PRIVATE):
        raise ConfigError(
            f"{network} is public: others may own these addresses",
            where="networks",
            next="say yes to it: --public, or `public: true` in the file",
        )
