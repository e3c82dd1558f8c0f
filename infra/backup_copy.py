"""A copy of the repository of the database's backups, out of its host and encrypted as it lies there."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

from citycam.model.environment import Environment
from citycam.model.errors import EnvironmentFailure
from citycam.model.workspace import PROJECT
from infra.hosts import nodes_of
from infra.nodes import Node, read_roster

NAME = "backup.tar"


def copy_backup(environment: Environment, folder: Path, inventory: Path | None = None, project: Path = PROJECT) -> Path:
    """Write `backup.tar` into a folder, readable by its owner alone; returns its path.

    It has its name only once it is whole, and one that is there stays until then. Nothing of it is kept on the host,
    where the program of the role `database_backup` reads the repository while no backup is made.

    Raises:
        ConfigError: the environment has no nodes.
        EnvironmentFailure: the host is unknown or cannot be logged in to, the repository cannot be read, or there is no
            room for it here.
    """
    nodes = nodes_of(environment)
    path = inventory or project / nodes.hosts
    node = read_roster(path).nodes.get(nodes.pools.platform[0])
    if node is None:
        raise EnvironmentFailure(
            f"the inventory lacks {nodes.pools.platform[0]}, which has the backups", where=str(path)
        )
    program = f"/usr/local/sbin/citycam-{environment.name}-backup"
    whole, part = folder / NAME, folder / f"{NAME}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        _receive(node, program, part)
        part.replace(whole)
    except OSError as error:
        raise EnvironmentFailure(
            "the copy of the backups cannot be kept here", where=str(part), why=str(error), next="name another folder"
        ) from None
    finally:
        with suppress(OSError):
            part.unlink()
    return whole


def _receive(node: Node, program: str, path: Path) -> None:
    """What the program prints on the node, as it comes."""
    words = [*([] if node.user == "root" else ["sudo", "--non-interactive"]), program, "copy"]
    with (
        os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file,
        tempfile.TemporaryFile() as said,
        subprocess.Popen(
            [*node.ssh(), shlex.join(words)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said
        ) as process,
    ):
        assert process.stdout is not None
        try:
            shutil.copyfileobj(process.stdout, file, 1 << 20)
            file.flush()
            os.fsync(file.fileno())
        except BaseException:
            process.kill()
            raise
        if process.wait() != 0:
            said.seek(0)
            raise EnvironmentFailure(
                f"the backups cannot be copied from {node.name}",
                where=f"ssh {node.address} {program}",
                why=said.read().decode(errors="replace").strip() or f"exit code {process.returncode}",
                next="does it answer (ssh), and was it deployed since (citycam hosts deploy)",
            )
