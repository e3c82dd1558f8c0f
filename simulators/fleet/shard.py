"""One shard of a fleet: a process that is a whole fleet of its own, with the cameras at some of the addresses."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from citycam.model.errors import EnvironmentFailure
from simulators.fleet.http import Answer, accepted, ask

logger = logging.getLogger(__name__)

_BIRTH_S = 30.0
_LAST_BREATH_S = 2.0
_DEATH_S = 12.0
"""A shard that is told to end kills itself a little earlier than this."""


@dataclass(frozen=True)
class Settings:
    """What all shards of a fleet have in common. `arguments` are passed on to each."""

    root: Path
    shards: int
    arguments: tuple[str, ...]


class Shard:
    """A process and its lives: each has a folder of its own, `<root>/shards/<number>.<life>`.

    Args:
        sockets: those it listens on, by service; they outlive it.
    """

    def __init__(self, settings: Settings, number: int, sockets: Mapping[str, socket.socket]) -> None:
        self.number = number
        self.restarts = -1
        self.root = settings.root
        self.process: asyncio.subprocess.Process | None = None
        self._settings = settings
        self._sockets = sockets
        self._ready = asyncio.Event()

    @property
    def folder(self) -> str:
        """Its folder in this life, under the fleet's root."""
        return str(self.root.relative_to(self._settings.root))

    def file(self, run: str) -> str:
        """The ledger of a run that it writes in this life, under the fleet's root."""
        return f"{self.folder}/ledger/{run}.jsonl"

    async def start(self) -> None:
        """Begin a life; `ready` says when it answers.

        Raises:
            EnvironmentFailure: the process cannot be started.
        """
        self.restarts += 1
        self.root = self._new_folder()
        control = _control_socket(self.root / "control.sock")
        handed = {**self._sockets, "control": control}
        options = [option for name, sock in handed.items() for option in ("--listen", f"{name}={sock.fileno()}")]
        try:
            self.process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "simulators.fleet", "--root", str(self.root), "--parent", str(os.getpid())),
                *("--shard", f"{self.number + 1}/{self._settings.shards}"),
                *options,
                *self._settings.arguments,
                pass_fds=[sock.fileno() for sock in handed.values()],
                stdin=asyncio.subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is for the supervisor, which ends its shards in order
            )
        except OSError as error:
            raise EnvironmentFailure(f"shard {self.number + 1} cannot be started", why=str(error)) from error
        finally:
            control.close()  # with its process goes the last copy: whoever asks a dead shard is refused

    async def wait(self) -> str:
        """Wait for the end of this life; says what ended it."""
        if self.process is None:
            return "it was never started"
        code = await self.process.wait()
        self._ready.clear()
        return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"

    async def born(self) -> None:
        """Wait until it answers.

        Raises:
            EnvironmentFailure: it does not, or ended.
        """
        try:
            async with asyncio.timeout(_BIRTH_S):
                await ask(self.root / "control.sock", "GET", "/health")
        except (OSError, TimeoutError) as error:
            raise EnvironmentFailure(
                f"shard {self.number + 1} does not answer", where=str(self.root), why=repr(error), next="see the log"
            ) from error

    @property
    def ready(self) -> bool:
        """Whether calls need not wait."""
        return self._ready.is_set()

    def admit_calls(self) -> None:
        """It has all it needs: calls may come."""
        self._ready.set()

    async def call(
        self, method: str, target: str, document: dict[str, Any] | None = None, *, early: bool = False
    ) -> dict[str, Any]:
        """Ask it something; a shard that is being started again is waited for, unless the call is what it waits for.

        Raises:
            ConfigError: it refuses.
            EnvironmentFailure: it is gone.
        """
        return accepted(await self._ask(method, target, document, early), f"shard {self.number + 1} {target}")

    async def text(self, target: str) -> str:
        """What it answers, if that is no JSON.

        Raises:
            EnvironmentFailure: it is gone.
        """
        return (await self._ask("GET", target, None, early=False)).body.decode()

    async def _ask(self, method: str, target: str, document: dict[str, Any] | None, early: bool) -> Answer:
        try:
            if not early:
                async with asyncio.timeout(_BIRTH_S):
                    await self._ready.wait()
            asked = self.process
            try:
                return await ask(self.root / "control.sock", method, target, document)
            except OSError:
                if method != "GET" or not await self._buried(asked):
                    raise
            async with asyncio.timeout(_BIRTH_S):
                await self._ready.wait()
            return await ask(self.root / "control.sock", method, target, document)
        except (OSError, TimeoutError) as error:
            raise EnvironmentFailure(
                f"shard {self.number + 1} is gone", where=target, why=repr(error), next="try again in a few seconds"
            ) from error

    async def _buried(self, process: asyncio.subprocess.Process | None) -> bool:
        """Whether it was the death of this process that left a question without an answer."""
        if process is None:
            return False
        try:
            async with asyncio.timeout(_LAST_BREATH_S):
                await process.wait()
        except TimeoutError:
            return False
        if process is self.process:
            self._ready.clear()
        return True

    async def end(self) -> None:
        """End it in order, within seconds."""
        if self.process is None or self.process.returncode is not None:
            return
        self.process.terminate()
        try:
            async with asyncio.timeout(_DEATH_S):
                await self.process.wait()
        except TimeoutError:
            logger.error("shard %d did not end: it is killed", self.number + 1)
            self.process.kill()
            await self.process.wait()

    def kill(self) -> None:
        """End it at once."""
        if self.process is not None and self.process.returncode is None:
            self.process.kill()

    def _new_folder(self) -> Path:
        shards = self._settings.root / "shards"
        life = self.restarts
        while (folder := shards / f"{self.number}.{life}").exists():
            life += 1  # of an earlier fleet: its ledgers stay
        folder.mkdir(parents=True)
        (folder / "media").symlink_to("../../media")
        return folder


def _control_socket(path: Path) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        sock.bind(str(path))
        sock.listen(64)
    except OSError as error:
        sock.close()
        raise EnvironmentFailure(
            "a control socket cannot be opened", where=str(path), why=str(error), next="choose a shorter --root"
        ) from error
    return sock
