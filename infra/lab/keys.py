"""SSH of a lab: a key for whoever administers it, one for every host, and settings; nobody trusts at first sight."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat


@dataclass(frozen=True)
class Key:
    """An Ed25519 key pair in OpenSSH's formats; `public` is one line without a comment."""

    private: bytes
    public: str

    @classmethod
    def make(cls) -> Key:
        """A new key pair."""
        key = Ed25519PrivateKey.generate()
        return cls(
            key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()),
            key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode(),
        )


def known_hosts(addresses: Mapping[str, IPv4Address], public: Mapping[str, str]) -> str:
    """The file `known_hosts` (sshd(8)) for hosts whose public keys we made ourselves."""
    return "".join(f"{host},{address} {public[host]}\n" for host, address in addresses.items())


def options(folder: Path) -> dict[str, str]:
    """Options of ssh_config(5) for every host: nobody else's keys are offered, and nobody else's word is taken."""
    return {
        "IdentitiesOnly": "yes",
        "UserKnownHostsFile": str(folder / "known_hosts"),
        "GlobalKnownHostsFile": "/dev/null",
    }


def configuration(folder: Path, addresses: Mapping[str, IPv4Address]) -> str:
    """A file for `ssh -F`: hosts by name, with the keys in `folder`."""
    hosts = "".join(f"Host {host}\n    HostName {address}\n" for host, address in addresses.items())
    shared = {"User": "root", "IdentityFile": str(folder / "id_ed25519"), **options(folder)}
    return f"{hosts}Host *\n" + "".join(f"    {name} {value}\n" for name, value in shared.items())
