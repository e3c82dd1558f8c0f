"""A campaign's load where it has nodes of its own: Locust's master and workers as services of the Swarm."""

from __future__ import annotations

from pathlib import Path

from infra.load import AUTHORITY, CHECKOUT, JOURNALS, LoadPlan, LoadServices
from loadtests.journal import JournalContents, read_journal
from loadtests.launch import GRACE_S, START_UP_S, arguments, last_request_s
from loadtests.settings import JOURNAL, VARIABLE, LoadSettings
from loadtests.summary import LoadSummary, idle, summarise_all, write_summary


class NodeLaunch:
    """One load run, as `loadtests.launch.Launch` is on one machine; leaves the same files in `folder`.

    The journals of all processes are beside them, in `load/`.
    """

    def __init__(self, settings: LoadSettings, folder: Path, services: LoadServices) -> None:
        self._settings = settings.model_copy(update={"ca_file": Path(AUTHORITY), "output": Path(JOURNALS)})
        self._folder = folder
        self._services = services
        self._users = settings.viewers + settings.players
        self._summary: LoadSummary | None = None
        self._started = False

    def start(self) -> None:
        """Start the users; returns once master and workers run.

        Raises:
            EnvironmentFailure: they cannot be started.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        if not self._users:
            self._summary = idle()
            write_summary(self._summary, (), self._folder)
            return
        told = LoadPlan(self._settings.model_dump_json(), VARIABLE, JOURNAL, tuple(arguments(self._settings, CHECKOUT)))
        self._services.start(told)
        self._started = True

    def wait(self) -> LoadSummary:
        """Wait for the run's end and write its evidence; what takes too long is stopped, and is not healthy."""
        return self._concluded(self._settings.seconds + last_request_s(self._settings) + START_UP_S + GRACE_S)

    def stop(self) -> LoadSummary:
        """End the run now and write what it recorded; harmless if it has ended or was never started."""
        return self._concluded(0.0)

    def _concluded(self, seconds: float) -> LoadSummary:
        if self._summary is not None:
            return self._summary
        if not self._started:
            return idle("the load was never started")
        codes = self._services.wait(seconds)
        self._services.stop()
        journals = self._folder / "load"
        self._services.collect(journals)
        names = self._services.names
        generators = {name: (_read(journals / f"{name}.jsonl"), codes.get(name, 0)) for name in names}
        self._summary = summarise_all(generators, self._users, stopped=len(codes) < len(names))
        requests = [request for contents, _ in generators.values() for request in contents.requests]
        write_summary(self._summary, requests, self._folder)
        return self._summary


def _read(path: Path) -> JournalContents:
    return read_journal(path) if path.exists() else JournalContents()
