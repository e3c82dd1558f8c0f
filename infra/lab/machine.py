"""What the real machine has to offer, and whether a lab fits on it."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import docker
import psutil

from citycam.model.errors import EnvironmentFailure
from infra.lab.layout import Layout

GB = 1_000_000_000
DISK_PER_HOST = 3 * GB
"""An engine and the platform's images, unpacked once for every host."""
MEMORY_PER_HOST = GB // 2
"""systemd, an engine and a share of the platform; recordings in flight come on top."""
INOTIFY_PER_HOST = 8
"""inotify instances of systemd, its daemons and an engine; those of all hosts are counted together, as one user's."""
INOTIFY_LIMIT = Path("/proc/sys/fs/inotify/max_user_instances")


@dataclass(frozen=True)
class Machine:
    """Bytes that are free where the engine keeps its data, bytes of free memory, inotify instances that are left."""

    disk: int
    memory: int
    inotify: int

    @classmethod
    def of(cls, client: docker.DockerClient) -> Machine:
        """This machine, which the engine must run on: hosts are reached over its bridges.

        Raises:
            EnvironmentFailure: the engine is another machine's.
        """
        folder = Path(str(client.info()["DockerRootDir"]))
        if not client.api.base_url.startswith("http+docker://") or not folder.is_dir():
            raise EnvironmentFailure(
                "a lab needs the engine of this machine",
                where="DOCKER_HOST",
                why=f"{client.api.base_url} is another's: its bridges cannot be reached from here",
                next="unset DOCKER_HOST",
            )
        left = int(INOTIFY_LIMIT.read_text(encoding="ascii")) - _watchers()
        return cls(shutil.disk_usage(folder).free, psutil.virtual_memory().available, left)


def require(layout: Layout, machine: Machine) -> None:
    """Make sure that a lab fits; whatever is short is said at once.

    Raises:
        EnvironmentFailure: too little disk, memory or inotify instances.
    """
    hosts = len(layout.hosts)
    short = [
        f"{have} of {what}, {need} needed"
        for what, have, need, enough in (
            ("disk", _gb(machine.disk), _gb(hosts * DISK_PER_HOST), machine.disk >= hosts * DISK_PER_HOST),
            ("memory", _gb(machine.memory), _gb(hosts * MEMORY_PER_HOST), machine.memory >= hosts * MEMORY_PER_HOST),
            ("inotify", machine.inotify, hosts * INOTIFY_PER_HOST, machine.inotify >= hosts * INOTIFY_PER_HOST),
        )
        if not enough
    ]
    if short:
        raise EnvironmentFailure(
            f"this machine is too small for {hosts} hosts",
            where="lab",
            why="; ".join(short),
            next="make room, name fewer --hosts, or raise fs.inotify.max_user_instances",
        )


def _gb(count: int) -> str:
    return f"{count / GB:.1f} GB"


def _watchers() -> int:
    """inotify instances that are in use, as far as we may see (proc(5), /proc/PID/fd)."""
    count = 0
    for descriptor in Path("/proc").glob("[0-9]*/fd/*"):
        with suppress(OSError):  # closed meanwhile, or somebody else's
            count += os.readlink(descriptor) == "anon_inode:inotify"
    return count
