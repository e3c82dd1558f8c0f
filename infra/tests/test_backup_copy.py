from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from citycam.model.environment import Environment
from citycam.model.errors import ConfigError, EnvironmentFailure
from infra.backup_copy import copy_backup
from infra.tests.mocked import lab, local

HOSTS = "node-1 ansible_host=192.0.2.1\nnode-5 ansible_host=192.0.2.5 {user}\n[managers]\nnode-1\n"
SSH = """#!/bin/sh
echo "$*" > {folder}/called
exec sh {folder}/program
"""


@pytest.fixture(scope="module")
def inventory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all tests: Ansible takes seconds to read it."""
    path = tmp_path_factory.mktemp("inventory") / "hosts.ini"
    path.write_text(HOSTS.format(user=""), encoding="utf-8")
    return path


@pytest.fixture
def city(inventory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environment:
    """The lab's environment with an inventory; on its hosts runs whatever the test writes into `program`."""
    ssh = tmp_path / "bin" / "ssh"
    ssh.parent.mkdir()
    ssh.write_text(SSH.format(folder=tmp_path), encoding="utf-8")
    ssh.chmod(0o755)
    monkeypatch.setenv("PATH", f"{ssh.parent}:{os.environ['PATH']}")
    environment = lab()
    assert environment.nodes is not None
    return environment.model_copy(update={"nodes": environment.nodes.model_copy(update={"hosts": inventory})})


def program(folder: Path, text: str) -> None:
    (folder / "program").write_text(text, encoding="utf-8")


@contextmanager
def largest(size: int) -> Iterator[None]:
    """No file of ours may become larger (bytes): writing fails as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_copy_is_what_the_program_of_the_platforms_host_prints(tmp_path: Path, city: Environment) -> None:
    assert city.nodes is not None
    assert city.nodes.pools.platform[0] == "node-5"
    program(tmp_path, "head -c 5000000 /dev/zero")
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "backup.tar.part").write_text("of one that was killed")
    path = copy_backup(city, tmp_path / "kept")
    assert path.read_bytes() == bytes(5000000)
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]
    assert (
        (tmp_path / "called").read_text().endswith(f"root@192.0.2.5 /usr/local/sbin/citycam-{city.name}-backup copy\n")
    )


def test_who_is_not_root_becomes_it_as_ansible_does(tmp_path: Path, city: Environment) -> None:
    program(tmp_path, "echo a tar")
    other = tmp_path / "others.ini"
    other.write_text(HOSTS.format(user="ansible_user=admin"), encoding="utf-8")
    assert copy_backup(city, tmp_path, other).read_text() == "a tar\n"
    assert "admin@192.0.2.5 sudo --non-interactive /usr/local/sbin/" in (tmp_path / "called").read_text()


def test_a_copy_that_broke_off_leaves_the_one_before(tmp_path: Path, city: Environment) -> None:
    program(tmp_path, "echo whole")
    path = copy_backup(city, tmp_path / "kept")
    program(tmp_path, "echo ha; echo 'tar: gone' >&2; exit 3")
    with pytest.raises(EnvironmentFailure, match="cannot be copied from node-5") as failure:
        copy_backup(city, tmp_path / "kept")
    assert failure.value.why == "tar: gone"
    assert path.read_text() == "whole\n"
    assert list(path.parent.iterdir()) == [path]


def test_a_folder_without_room_keeps_what_it_has(tmp_path: Path, city: Environment) -> None:
    program(tmp_path, "echo whole")
    path = copy_backup(city, tmp_path / "kept")
    program(tmp_path, "head -c 5000000 /dev/zero")
    with largest(1 << 20), pytest.raises(EnvironmentFailure, match="cannot be kept here") as failure:
        copy_backup(city, tmp_path / "kept")
    assert "File too large" in failure.value.why
    assert path.read_text() == "whole\n"
    assert list(path.parent.iterdir()) == [path]


def test_a_folder_that_is_none_is_named(tmp_path: Path, city: Environment) -> None:
    program(tmp_path, "echo whole")
    (tmp_path / "kept").write_text("a file")
    with pytest.raises(EnvironmentFailure, match="cannot be kept here") as failure:
        copy_backup(city, tmp_path / "kept")
    assert failure.value.where == str(tmp_path / "kept" / "backup.tar.part")


def test_an_environment_or_inventory_without_the_host_is_refused(tmp_path: Path, city: Environment) -> None:
    with pytest.raises(ConfigError, match="has no nodes"):
        copy_backup(local(), tmp_path)
    other = tmp_path / "others.ini"
    other.write_text("[managers]\nnode-1\n", encoding="utf-8")
    with pytest.raises(EnvironmentFailure, match="lacks node-5"):
        copy_backup(city, tmp_path, other)
