"""A fleet that stands by itself, outside containers: its folder, its key, its cameras, and how it is started."""

from __future__ import annotations

import os
import secrets
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from citycam.inventory.roster import dump_csv, load_inventory
from citycam.model.camera import Camera
from citycam.model.credentials import camera_password
from citycam.model.errors import ConfigError, DeadlineExceeded, EnvironmentFailure
from citycam.model.workspace import Workspace, cache_folder
from simulators.fleet.client import FleetClient
from simulators.fleet.launch import Launch, end
from simulators.media.library import prepare_media

DEFAULT_ROOT = Workspace.of("loopback").fleet
_SPARE_S = 60.0
_POLL_S = 0.2


@dataclass(frozen=True)
class Estate:
    """The folder of one fleet. A fleet of a stack has the same one, but for `key` and `cameras.csv`."""

    root: Path

    @property
    def client(self) -> FleetClient:
        """The running fleet."""
        return FleetClient(self.root / "control.sock")

    @property
    def key_file(self) -> Path:
        """The secret that all passwords derive from, readable by its owner alone."""
        return self.root / "key"

    @property
    def inventory(self) -> Path:
        """The cameras that were started last, without passwords."""
        return self.root / "cameras.csv"

    def cameras(self) -> list[Camera]:
        """Read `inventory`.

        Raises:
            ConfigError: no fleet was ever started here.
        """
        if not self.inventory.is_file():
            raise ConfigError(
                "no fleet was started here",
                where=str(self.root),
                why="there is no cameras.csv",
                next="start one with `citycam fleet up`, or name its folder with --root",
            )
        return load_inventory(self.inventory)

    def chosen(self, ids: list[str]) -> list[Camera]:
        """The cameras of these ids, in their order; all of them for `all`.

        Raises:
            ConfigError: one is unknown.
        """
        cameras = {camera.id: camera for camera in self.cameras()}
        if ids == ["all"]:
            return list(cameras.values())
        if unknown := [name for name in ids if name not in cameras]:
            raise ConfigError(
                f"no such camera: {', '.join(unknown[:5])}", where=str(self.inventory), next="use its ids, or `all`"
            )
        return [cameras[name] for name in ids]

    def passwords(self, cameras: list[Camera]) -> dict[str, str]:
        """The password of each camera.

        Raises:
            ConfigError: the key is not here.
        """
        try:
            key = self.key_file.read_bytes().strip()
        except OSError as error:
            raise ConfigError("the camera key cannot be read", where=str(self.key_file), why=str(error)) from error
        return {camera.id: camera_password(key, camera.serial) for camera in cameras}

    def claim(self) -> None:
        """Make the folder, and the key if there is none yet.

        Raises:
            ConfigError: a fleet runs here already.
            EnvironmentFailure: the folder cannot be written.
        """
        if self.client.health():
            raise ConfigError(
                "a fleet runs here already",
                where=str(self.root),
                next="end it with `citycam fleet down`, or use --root",
            )
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            if not self.key_file.exists():
                descriptor = os.open(self.key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(descriptor, "w") as file:
                    file.write(secrets.token_hex(32))
        except OSError as error:
            raise EnvironmentFailure("the folder cannot be written", where=str(self.root), why=str(error)) from error

    def prepare(self, cameras: list[Camera], footage: Path | None) -> None:
        """Encode what the cameras play, once.

        Raises:
            ConfigError: footage that is none.
            EnvironmentFailure: ffmpeg is missing or fails.
        """
        prepare_media(cameras, footage, cache_folder(), self.root / "media")

    def start(
        self, launch: Launch, cameras: list[Camera], ramp_s: float, on_progress: Callable[[int], None]
    ) -> subprocess.Popen[bytes]:
        """Start the fleet and switch its cameras on; whatever goes wrong ends it.

        Raises:
            ConfigError: the fleet refuses the cameras.
            EnvironmentFailure: it does not start.
            DeadlineExceeded: not all cameras come on.
        """
        process = launch.start()
        try:
            self.client.set_cameras(cameras, ramp_s)
            deadline = time.monotonic() + ramp_s + _SPARE_S
            while (count := self.client.status()["cameras"]) < len(cameras):
                on_progress(count)
                if process.poll() is not None:
                    raise launch.failure(process)
                if time.monotonic() > deadline:
                    raise DeadlineExceeded("not every camera came on", why=f"{count} of {len(cameras)} did")
                time.sleep(_POLL_S)
            on_progress(count)
            self.inventory.write_text(dump_csv(cameras), encoding="utf-8")
        except BaseException:
            end(process)
            raise
        return process

    def down(self) -> None:
        """End the fleet in order.

        Raises:
            EnvironmentFailure: none runs here.
            DeadlineExceeded: it does not end.
        """
        self.client.end()
        deadline = time.monotonic() + _SPARE_S
        while (self.root / "control.sock").exists():
            if time.monotonic() > deadline:
                raise DeadlineExceeded("the fleet does not end", where=str(self.root), why=f"waited {_SPARE_S:.0f} s")
            time.sleep(_POLL_S)

    def last_run(self) -> str:
        """The run whose ledger is the newest here.

        Raises:
            ConfigError: there is none.
        """
        found = [*self.root.glob("ledger/*.jsonl"), *self.root.glob("ledger/*.parts.json")]
        if not found:
            raise ConfigError("there is no ledger here", where=str(self.root), next="start a fleet, or use --root")
        newest = max(found, key=lambda path: path.stat().st_mtime)
        return newest.name.removesuffix(".jsonl").removesuffix(".parts.json")
