"""What is put into a host before it starts for the first time: who it is, who may come in, whom it asks for names."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address, ip_address

from infra.lab.keys import Key


def first_files(
    host: str, key: Key, admin: str, addresses: Mapping[str, IPv4Address], resolvers: Iterable[str]
) -> dict[str, tuple[int, bytes]]:
    """Path without a leading slash → mode and content; `admin` is the public key of whoever administers the lab."""
    names = "".join(f"{address} {name}\n" for name, address in addresses.items())
    return {
        "etc/hostname": (0o644, f"{host}\n".encode()),
        "etc/hosts": (0o644, f"127.0.0.1 localhost\n{names}".encode()),
        "etc/resolv.conf": (0o644, "".join(f"nameserver {each}\n" for each in resolvers).encode()),
        "etc/ssh/ssh_host_ed25519_key": (0o600, key.private),
        "etc/ssh/ssh_host_ed25519_key.pub": (0o644, f"{key.public}\n".encode()),
        "root/.ssh/authorized_keys": (0o600, f"{admin}\n".encode()),
    }


def archive(files: Mapping[str, tuple[int, bytes]]) -> bytes:
    """A tar archive of files, all root's."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, (mode, content) in files.items():
            member = tarfile.TarInfo(name)
            member.mode, member.size = mode, len(content)
            tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()


ENGINES_RESOLVER = "127.0.0.11"
"""Docker's own, in every container on a network that somebody made."""


def resolvers(*configurations: str) -> list[str]:
    """Name servers out of the first text of the form of resolv.conf(5) that names one other hosts reach too.

    A stub on loopback is of no use to another host; where there is nothing else, Docker's resolver must do.
    """
    for text in configurations:
        listed = [line.split()[1] for line in text.splitlines() if line.startswith("nameserver ")]
        found = [each for each in listed if not ip_address(each.partition("%")[0]).is_loopback]
        if found:
            return found
    return [ENGINES_RESOLVER]
