"""Where a stack's state lives and how the Pulumi CLI is started: a file backend, a passphrase, and its lock."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import psutil
import pulumi.automation as auto
from semver import VersionInfo

from citycam.model.errors import EnvironmentFailure
from citycam.model.workspace import PROJECT, Workspace, cache_folder

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
                lock.unlink(missing_ok=True)
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
        process = psutil.Process(int(json.loads(lock.read_text(encoding="utf-8"))["pid"]))
        alive = process.is_running() and process.status() != psutil.STATUS_ZOMBIE
        return process if alive and process.name().startswith("pulumi") else None
    except (OSError, ValueError, KeyError, psutil.Error):
        return None


def search_path() -> str:
    """PATH with the set-up's programs in front."""
    return os.pathsep.join([str(cache_folder() / "bin"), os.environ.get("PATH", os.defpath)])


class Cli(auto.PulumiCommand):
    """The Pulumi CLI at a path. One built from source tells no version: it is the SDK's, set-up sees to that."""

    def __init__(self, path: str) -> None:
        self.command = path
        self.version = VersionInfo.parse(version("pulumi"))


def require_cli() -> Cli:
    """The Pulumi CLI.

    Raises:
        EnvironmentFailure: there is none, or it lacks the part that runs our providers.
    """
    found = {tool: shutil.which(tool, path=search_path()) for tool in ("pulumi", "pulumi-resource-pulumi-python")}
    for tool, path in found.items():
        if path is None:
            raise EnvironmentFailure(f"{tool} is not installed", where="PATH", next="run make setup")
    return Cli(str(found["pulumi"]))
