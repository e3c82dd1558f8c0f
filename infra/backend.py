"""Where a stack's state lives: a file backend, a passphrase, and locks."""

from __future__ import annotations

import json
import os
import secrets
import sys
from dataclasses import dataclass
from pathlib import Path

import psutil

from citycam.model.errors import EnvironmentFailure
from citycam.model.workspace import PROJECT, Workspace
from infra.cli import reap, search_path

PROJECT_NAME = "citycam"


@dataclass(frozen=True)
class Backend:
    """The file backend of one environment, under `Workspace.pulumi`."""

    workspace: Workspace

    @property
    def state(self) -> Path:
        """Folder of the file backend."""
        return self.workspace.pulumi / "state"

    @property
    def work(self) -> Path:
        """Folder that the CLI runs in; holds the project's and the stack's settings."""
        return self.workspace.pulumi / "work"

    @property
    def passphrase(self) -> Path:
        """File of the passphrase that encrypts the stack's secrets."""
        return self.workspace.pulumi / "passphrase"

    def prepare(self) -> None:
        """Make folders and passphrase, readable by their owner alone."""
        for folder in (self.workspace.pulumi, self.state, self.work):
            folder.mkdir(parents=True, exist_ok=True)
        self.workspace.pulumi.chmod(0o700)
        if not self.passphrase.exists():
            new = self.passphrase.with_suffix(".new")
            new.unlink(missing_ok=True)
            with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(32))
            new.replace(self.passphrase)

    def environment(self) -> dict[str, str]:
        """Variables for the CLI and the processes it starts; none of them is a secret."""
        return {
            "PATH": search_path(),
            "PULUMI_BACKEND_URL": f"file://{self.state}",
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(self.passphrase),
            "PULUMI_HOME": str(self.workspace.pulumi / "home"),
            "PULUMI_PYTHON_CMD": sys.executable,
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "true",
            "PYTHONPATH": str(PROJECT),
        }

    def locks(self, stack: str) -> list[Path]:
        """Lock files of a stack."""
        return sorted((self.state / ".pulumi" / "locks" / "organization" / PROJECT_NAME / stack).glob("*.json"))

    def break_stale_locks(self, stack: str) -> None:
        """Remove the locks of processes that are gone.

        Raises:
            EnvironmentFailure: a living process holds one.
        """
        for lock in self.locks(stack):
            holder = lock_holder(lock)
            if holder is None:
                reap(_pid(lock))
                for file in (lock, lock.with_name(f"{lock.name}.attrs")):
                    file.unlink(missing_ok=True)
                continue
            raise EnvironmentFailure(
                f"another command is working on the stack {stack}",
                where=str(lock),
                why=f"process {holder.pid} holds the lock",
                next="wait for its end",
            )


def lock_holder(lock: Path) -> psutil.Process | None:
    """The Pulumi process that holds a lock; None when it is gone or its number belongs to another program now."""
    try:
        process = psutil.Process(_pid(lock))
        alive = process.is_running() and process.status() != psutil.STATUS_ZOMBIE
        return process if alive and process.name().startswith("pulumi") else None
    except (ValueError, psutil.Error):
        return None


def _pid(lock: Path) -> int:
    """The process that a lock names; -1 when it cannot be read."""
    try:
        return int(json.loads(lock.read_text(encoding="utf-8"))["pid"])
    except (OSError, ValueError, TypeError, KeyError, OverflowError):  # it is no JSON, or no document of the CLI's
        return -1
