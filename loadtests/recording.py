"""Record every Locust request at full resolution, and the generator's own health, in a journal.

Locust rounds times to two digits, keeps only histograms and swallows what a listener raises; none of that is evidence.
Runs inside the Locust process, under gevent.
"""

from __future__ import annotations

import logging
import os
import signal
import time
from typing import Any

import gevent  # type: ignore[import-untyped]
import psutil
from locust import events
from locust.env import Environment

from loadtests.journal import FILE_NAME, Heartbeat, Journal, Request
from loadtests.settings import JOURNAL, LoadSettings

BEAT_S = 0.5

logger = logging.getLogger(__name__)


class Recorder:
    """Listens to one Locust environment."""

    def __init__(self, settings: LoadSettings, environment: Environment) -> None:
        self._environment = environment
        self._journal = Journal(settings.output / os.environ.get(JOURNAL, FILE_NAME))
        self._journal.header(time.time_ns(), pid=os.getpid(), viewers=settings.viewers, players=settings.players)
        self._parent = os.getppid()
        self._errors = 0
        self._beat = gevent.spawn(self._beat_forever)
        # Locust installs its own handler only after a run without web interface has ended.
        gevent.signal_handler(signal.SIGTERM, self._end_now)

    def request(self, context: dict[str, Any], response_length: int, exception: Exception | None, **_: Any) -> None:
        """A request ended. `context` is the `Request` without what Locust itself passes on."""
        try:
            error = f"{type(exception).__name__}: {exception}" if exception else ""
            self._journal.request(Request(**context, bytes=response_length, ok=exception is None, error=error))
        except Exception:
            self._errors += 1
            logger.exception("a request could not be recorded")

    def user_error(self, exception: Exception, **_: Any) -> None:
        """A user broke outside of any request: a bug, and a request that nobody recorded."""
        self._errors += 1
        logger.error("a user broke: %s", exception)

    def quit(self, **_: Any) -> None:
        """Every user has ended: the closing line."""
        gevent.kill(self._beat)
        self._journal.end(time.time_ns(), self._errors)
        self._journal.close()

    def _beat_forever(self) -> None:
        process = psutil.Process()
        process.cpu_percent()
        woken = time.monotonic()
        while True:
            gevent.sleep(BEAT_S)
            now = time.monotonic()
            runner = self._environment.runner
            self._journal.heartbeat(
                Heartbeat(
                    t=time.time_ns(),
                    cpu_percent=process.cpu_percent(),
                    lag_ms=max(0.0, (now - woken - BEAT_S) * 1000),
                    users=runner.user_count if runner else 0,
                )
            )
            woken = time.monotonic()
            self._leave_with_parent()

    def _leave_with_parent(self) -> None:
        """End the run when whoever started it has died: no load without a campaign."""
        if os.getppid() != self._parent:
            logger.error("the process that started this load has ended; the load ends too")
            self._end_now()

    def _end_now(self) -> None:
        """Interrupt every user; requests that are under way are reported as cut off."""
        self._environment.stop_timeout = 0
        if self._environment.runner:
            self._environment.runner.quit()


@events.init.add_listener  # type: ignore[untyped-decorator]
def install(environment: Environment, **_: Any) -> None:
    """Start recording as soon as Locust stands."""
    recorder = Recorder(LoadSettings.from_environment(), environment)
    environment.events.request.add_listener(recorder.request)  # type: ignore[no-untyped-call]
    environment.events.user_error.add_listener(recorder.user_error)  # type: ignore[no-untyped-call]
    environment.events.quit.add_listener(recorder.quit)  # type: ignore[no-untyped-call]
