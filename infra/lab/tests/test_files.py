from __future__ import annotations

import io
import subprocess
import tarfile
from ipaddress import IPv4Address
from pathlib import Path

from infra.lab.files import archive, first_files, resolvers
from infra.lab.keys import Key, configuration, known_hosts

ADDRESSES = {"node-1": IPv4Address("100.127.0.10"), "site-1": IPv4Address("100.127.0.11")}


def test_a_host_gets_its_own_key_and_lets_one_person_in() -> None:
    key, admin = Key.make(), Key.make()
    files = first_files("node-1", key, admin.public, ADDRESSES, ["192.0.2.53"])
    with tarfile.open(fileobj=io.BytesIO(archive(files))) as tar:
        packed = {each.name: (each.mode, tar.extractfile(each).read()) for each in tar.getmembers()}  # type: ignore[union-attr]
    assert packed == files
    assert packed["etc/hostname"] == (0o644, b"node-1\n")
    assert packed["etc/ssh/ssh_host_ed25519_key"] == (0o600, key.private)
    assert packed["root/.ssh/authorized_keys"] == (0o600, f"{admin.public}\n".encode())
    assert packed["etc/resolv.conf"][1] == b"nameserver 192.0.2.53\n"
    assert packed["etc/hosts"][1] == b"127.0.0.1 localhost\n100.127.0.10 node-1\n100.127.0.11 site-1\n"


def test_openssh_reads_our_keys_and_finds_our_hosts(tmp_path: Path) -> None:
    keys = {host: Key.make() for host in ADDRESSES}
    private = tmp_path / "key"
    private.touch(mode=0o600)
    private.write_bytes(keys["node-1"].private)
    assert _said("ssh-keygen", "-y", "-f", str(private)).split()[:2] == keys["node-1"].public.split()
    known = tmp_path / "known_hosts"
    known.write_text(known_hosts(ADDRESSES, {host: key.public for host, key in keys.items()}), encoding="utf-8")
    for name in ("node-1", "100.127.0.10"):
        assert keys["node-1"].public in _said("ssh-keygen", "-F", name, "-f", str(known))


def test_ssh_reads_our_settings(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text(configuration(tmp_path, ADDRESSES), encoding="utf-8")
    said = _said("ssh", "-G", "-F", str(config), "site-1").splitlines()
    for line in ("hostname 100.127.0.11", "user root", "identitiesonly yes", f"identityfile {tmp_path}/id_ed25519"):
        assert line in said
    assert f"userknownhostsfile {tmp_path}/known_hosts" in said


def _said(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_hosts_ask_the_machines_name_servers() -> None:
    assert resolvers("search example\nnameserver 192.0.2.53\nnameserver 192.0.2.54\n") == ["192.0.2.53", "192.0.2.54"]


def test_a_stub_on_loopback_is_passed_over() -> None:
    stub, upstream = "nameserver 127.0.0.53\n", "nameserver fe80::1%eth0\nnameserver 192.0.2.53\n"
    assert resolvers(stub, upstream) == ["fe80::1%eth0", "192.0.2.53"]
    assert resolvers(stub) == resolvers() == ["127.0.0.11"]
