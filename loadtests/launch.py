"""Run Locust as a process of its own: gevent rules that process, and nothing else in the campaign."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from citycam.model.errors import EnvironmentFailure
from citycam.model.workspace import PROJECT
from loadtests.journal import FILE_NAME, read_journal
from loadtests.settings import VARIABLE, LoadSettings
from loadtests.summary import LoadSummary, idle, summarise, write_summary

LOG = "locust.log"
START_UP_S = 30.0
GRACE_S = 15.0
"""How long Locust may take to end once its users have."""

HANGING_S = 10.0
"""How much longer than meant a request may take at the end of the run before it is cut off, and recorded as such."""

logger = logging.getLogger(__name__)


def last_request_s(settings: LoadSettings) -> float:
    """How long the last requests may take once the run is over."""
    return settings.view_time_s + HANGING_S


def arguments(settings: LoadSettings, project: Path) -> list[str]:
    """Arguments of Locust for a run without a browser, with the checkout at `project`."""
    return [
        *("--locustfile", str(project / "loadtests" / "locustfile.py")),
        *("--headless", "--only-summary", "--reset-stats", "--loglevel", "INFO"),
        *("--exit-code-on-error", "0"),  # failed requests are evidence, not a failure of the generator
        *("--stop-timeout", f"{last_request_s(settings):.0f}"),
    ]


class Launch:
    """One load run. Leaves `requests.parquet`, `load.json`, `load.jsonl` and `locust.log` in `folder`.

    A run without users starts no process and leaves an empty `requests.parquet`.

    Use as a context manager, or call `stop` in a `finally`: nothing keeps running then. Should the caller be killed,
    the load sees that its parent has gone and ends by itself.
    """

    def __init__(self, settings: LoadSettings, folder: Path) -> None:
        self._settings = settings.model_copy(update={"output": folder.resolve()})
        self._folder = folder
        self._users = settings.viewers + settings.players
        self._last_request_s = last_request_s(settings)
        self._process: subprocess.Popen[bytes] | None = None
        self._summary: LoadSummary | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def running(self) -> bool:
        """Whether Locust runs now."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Process id of Locust.

        Raises:
            EnvironmentFailure: it was never started.
        """
        return self._started().pid

    def start(self) -> None:
        """Start the users; returns at once.

        Raises:
            EnvironmentFailure: it was started before, or Locust cannot be started.
        """
        if self._process is not None or self._summary is not None:
            raise EnvironmentFailure("this load run was started before", next="make a new Launch")
        self._folder.mkdir(parents=True, exist_ok=True)
        if not self._users:
            self._summary = idle()
            write_summary(self._summary, (), self._folder)
            return
        (self._folder / FILE_NAME).unlink(missing_ok=True)
        secrets = self._settings_in_memory()
        try:
            with (self._folder / LOG).open("wb") as log:
                self._process = subprocess.Popen(
                    self._command(),
                    env=_environment(secrets),
                    pass_fds=(secrets,),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    cwd=PROJECT,
                    start_new_session=True,
                )
        except OSError as error:
            raise EnvironmentFailure("Locust cannot be started", why=str(error)) from error
        finally:
            os.close(secrets)
        logger.info("load started: %d viewers, %d players", self._settings.viewers, self._settings.players)

    def wait(self, timeout_s: float | None = None) -> LoadSummary:
        """Wait for the run's end and write its evidence; a run that takes too long is stopped, and is not healthy.

        Args:
            timeout_s: default is the run's own length and some time for start and end.
        """
        if self._summary is not None:
            return self._summary
        patience = (
            self._settings.seconds + self._last_request_s + START_UP_S + GRACE_S if timeout_s is None else timeout_s
        )
        try:
            exit_code = self._started().wait(patience)
        except subprocess.TimeoutExpired:
            return self.stop()
        return self._conclude(exit_code)

    def stop(self) -> LoadSummary:
        """End the run now and write what it recorded; harmless if it has ended or was never started."""
        if self._summary is not None:
            return self._summary
        if self._process is None:
            return idle("the load was never started")
        stopped = self.running
        if stopped:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(GRACE_S)
        return self._conclude(self._end_group(), stopped)

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise EnvironmentFailure("this load run was never started", next="call start first")
        return self._process

    def _conclude(self, exit_code: int, stopped: bool = False) -> LoadSummary:
        self._end_group()
        contents = read_journal(self._folder / FILE_NAME)
        self._summary = summarise(contents, exit_code, self._users, stopped)
        write_summary(self._summary, contents.requests, self._folder)
        if not self._summary.healthy:
            logger.warning("the load generator was not healthy: %s", self._summary.why)
        return self._summary

    def _end_group(self) -> int:
        """Kill what is left of the process group; the exit code of Locust itself."""
        process = self._started()
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        return process.wait()

    def _settings_in_memory(self) -> int:
        """The settings, passwords included, as a file that exists in memory only; its descriptor."""
        descriptor = os.memfd_create("citycam-load", 0)
        os.fchmod(descriptor, 0o600)
        with os.fdopen(os.dup(descriptor), "w", encoding="utf-8") as file:
            file.write(self._settings.model_dump_json())
        return descriptor

    def _command(self) -> list[str]:
        return [sys.executable, "-m", "locust", *arguments(self._settings, PROJECT)]


def _environment(secrets: int) -> dict[str, str]:
    """What Locust may see of our environment: no LOCUST_* option, no proxy, no credential."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LC_ALL", "TZ") if name in os.environ}
    return {
        **kept,
        VARIABLE: f"/proc/self/fd/{secrets}",
        "PYTHONPATH": str(PROJECT),
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
