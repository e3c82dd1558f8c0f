"""The Pulumi CLI as a process: found where set-up put it, and ended in order by Ctrl-C."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import IO

import psutil
import pulumi.automation as auto
from pulumi.automation.errors import create_command_error
from semver import VersionInfo

from citycam.model.errors import EnvironmentFailure
from citycam.model.workspace import cache_folder

logger = logging.getLogger(__name__)

Say = Callable[[str], None] | None


class Cli(auto.PulumiCommand):
    """The CLI at a path. One built from source tells no version: it is the SDK's, set-up sees to that.

    It runs in a session of its own, so that a terminal's Ctrl-C reaches it once and through us: two would make it
    drop what it is doing, and the state would not know of it.
    """

    def __init__(self, path: str) -> None:
        self.command = path
        self.version = VersionInfo.parse(version("pulumi"))

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: Say = None,
        on_error: Say = None,
    ) -> auto.CommandResult:
        """Run a command to its end; interrupted, let it finish the step under way. A second interrupt kills it.

        Raises:
            CommandError: it failed.
        """
        process = subprocess.Popen(
            [self.command, "--non-interactive", *args],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env={**os.environ, **additional_env, "PULUMI_AUTOMATION_API": "true"},
            encoding="utf-8",
            start_new_session=True,
        )
        out, err = _Reader(process.stdout, on_output), _Reader(process.stderr, on_error)
        try:
            process.wait()
        except KeyboardInterrupt:
            _end(process)
            raise
        finally:
            reap(process.pid)
            out.join()
            err.join()
        result = auto.CommandResult(stdout=out.text, stderr=err.text, code=process.returncode)
        if result.code != 0:
            raise create_command_error(result)
        return result


class _Reader(threading.Thread):
    """Reads a stream to its end, so that the CLI never waits for us."""

    def __init__(self, stream: IO[str] | None, say: Say) -> None:
        super().__init__(daemon=True)
        self._stream = stream
        self._say = say
        self._lines: list[str] = []
        self.start()

    @property
    def text(self) -> str:
        return "\n".join(self._lines)

    def run(self) -> None:
        for line in self._stream or ():
            self._lines.append(line.rstrip())
            if self._say:
                self._say(line.rstrip())


def _end(process: subprocess.Popen[str]) -> None:
    logger.warning("interrupted: finishing the step under way; once more to stop at once")
    process.send_signal(signal.SIGINT)
    try:
        process.wait()
    except KeyboardInterrupt:
        process.kill()
        process.wait()


def reap(session: int) -> None:
    """End the providers that a killed CLI left behind: they are in the session that it led."""
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == session and "pulumi" in " ".join(process.cmdline()):
                process.kill()
        except (OSError, psutil.Error):
            continue  # it ended by itself


def search_path() -> str:
    """PATH with the set-up's programs in front."""
    return os.pathsep.join([str(cache_folder() / "bin"), os.environ.get("PATH", os.defpath)])


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
