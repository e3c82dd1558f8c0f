"""Run a campaign: stand up, warm up, record, drain, collect. It measures and keeps; it never judges."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from citycam.campaign.ports import Tools
from citycam.campaign.schema import Campaign
from citycam.evidence import audit as archive_audit
from citycam.evidence import environment, manifest, thumbnails
from citycam.evidence.punctuality import punctuality
from citycam.evidence.run import Run
from citycam.model.errors import CitycamError, DeadlineExceeded
from citycam.model.units import show_duration
from citycam.plan.plan import Plan

POLL_S = 0.5
SETTLE_NS = 10**9
"""A part written this long after the stop mark holds every frame scheduled before it, network and buffers included."""
THUMBNAILS = 24

PHASES = {
    "up": "stand up the platform",
    "warm-up": "connect every camera",
    "record": "record",
    "drain": "let the last parts reach the disk",
    "playback": "play recordings back, fetch metrics",
    "collect": "end the recording, keep the archive",
    "audit": "account for every frame",
}
"""Phases in order; the journal of a complete run has the end of each."""


@dataclass(frozen=True)
class CampaignRun:
    """One run of a campaign: what it is to do, with what, and where its evidence goes."""

    campaign: Campaign
    plan: Plan
    run: Run
    tools: Tools

    def execute(self) -> None:
        """Go through all phases. Whatever ends it early, faults are cleared and the load is stopped.

        Raises:
            CitycamError: from a tool; the evidence so far stays.
            KeyboardInterrupt: passed on after cleaning up.
        """
        self.run.write_json("campaign.json", json.loads(self.campaign.model_dump_json()))
        self.run.write_text("plan.json", self.plan.model_dump_json(indent=2))
        try:
            for step in (
                self._up,
                self._warm_up,
                self._record,
                self._drain,
                self._playback,
                self._collect,
                self._audit,
            ):
                step()
        finally:
            self.tools.load.stop()

    @contextmanager
    def _phase(self, name: str) -> Iterator[None]:
        journal = self.run.journal
        self.tools.progress.phase(name, PHASES[name])
        journal.append(self.tools.clock.now_ns(), name, "start")
        try:
            yield
        except BaseException as error:
            journal.append(self.tools.clock.now_ns(), name, "fail", why=str(error) or type(error).__name__)
            raise
        journal.append(self.tools.clock.now_ns(), name, "end")

    def _up(self) -> None:
        with self._phase("up"):
            self.tools.stack.up(self.tools.progress)
            self.run.write_json("environment.json", environment.facts() | {"stack": self.tools.stack.facts()})

    def _warm_up(self) -> None:
        with self._phase("warm-up"):
            fleet, began = self.tools.fleet, self.tools.clock.now_ns()
            self.tools.stack.publish(self.plan)
            fleet.load(self.plan.cameras)
            fleet.open_ledger(self.run.id)
            self.tools.gateways.deliver(self.plan)
            wanted = len(self.plan.cameras)

            def ready() -> str:
                playing, on_disk = fleet.status().playing, self.tools.gateways.written_since(self.plan, began)
                self.tools.progress.note(f"{playing}/{wanted} playing, {on_disk}/{wanted} on disk")
                return "" if playing == wanted and on_disk == wanted else f"{playing} play, {on_disk} on disk"

            try:
                self._wait(ready, self.campaign.warm_up, f"{wanted} cameras on disk")
            except DeadlineExceeded as error:
                self.tools.progress.warn(f"{error}; going on, the gates will judge it")

    def _record(self) -> None:
        with self._phase("record"):
            for fault in self.campaign.faults:
                self.tools.fleet.start(fault)
            start = self.tools.clock.now_ns()
            stop = start + round(self.campaign.recording * 1e9)
            self.run.write_json("marks.json", {"start_ns": start, "stop_ns": stop})
            with self._fleet_counted():
                self.tools.load.start(self.campaign, self.plan, self.run)
                self._watch_until(stop)
            self.tools.fleet.clear_faults()
            self.tools.load.finish()

    @contextmanager
    def _fleet_counted(self) -> Iterator[None]:
        """Keep what the fleet counts meanwhile: it is a generator, and one that is saturated voids the run."""
        fleet, clock = self.tools.fleet, self.tools.clock
        before, began = fleet.counts(), clock.now_ns()
        yield
        after, seconds = fleet.counts(), (clock.now_ns() - began) / 1e9
        self.run.write_json("evidence/fleet.json", punctuality(before, after, seconds))

    def _watch_until(self, stop_ns: int) -> None:
        """Say every second how the recording goes."""
        while (left := (stop_ns - self.tools.clock.now_ns()) / 1e9) > 0:
            status = self.tools.fleet.status()
            self.tools.progress.note(
                f"{show_duration(left)} left, {status.playing} cameras, {status.frames_sent:,} frames sent, "
                f"p99 lateness {status.lateness_p99_ms:.1f} ms"
            )
            self.tools.clock.pause(min(left, 1.0))

    def _drain(self) -> None:
        stop = self._stop_ns()
        with self._phase("drain"):

            def written() -> str:
                late = len(self.plan.cameras) - self.tools.gateways.written_since(self.plan, stop + SETTLE_NS)
                self.tools.progress.note(f"{late} cameras still in memory")
                return f"{late} cameras have written nothing since the stop mark" if late else ""

            for lacking, what in (
                (self._ledger_reaches(stop), "the ledger to reach the stop mark"),
                (written, "every camera's last part"),
            ):
                try:
                    self._wait(lacking, self.campaign.drain, what)
                except DeadlineExceeded as error:
                    self.tools.progress.warn(str(error))
            self.tools.fleet.copy_ledger(self.run.ledger)

    def _playback(self) -> None:
        """A probe that fails leaves its evidence out: the verdict becomes unknown, the recording is kept."""
        probes = self.tools.probes
        with self._phase("playback"):
            for probe in (probes.metrics, probes.playback):
                try:
                    probe(self.campaign, self.plan, self.run)
                except CitycamError as error:
                    self.tools.progress.warn(f"a probe failed, its evidence is missing: {error}")

    def _collect(self) -> None:
        with self._phase("collect"):
            nobody = self.plan.model_copy(update={"cameras": [], "gateways": {name: [] for name in self.plan.gateways}})
            self.tools.gateways.deliver(nobody)

            def released() -> str:
                playing = self.tools.fleet.status().playing
                return f"{playing} cameras still play" if playing else ""

            self._wait(released, self.campaign.drain * 2, "the gateways to release the cameras")
            self.tools.fleet.flush_ledger()
            self.tools.fleet.copy_ledger(self.run.ledger)
            self.tools.gateways.collect(self.plan, self.run, self.tools.progress)

    def _audit(self) -> None:
        with self._phase("audit"):
            summary = archive_audit.audit(self.run, self.plan, on_progress=self.tools.progress.note)
            self.tools.progress.note(f"{summary.frames_read:,} frames, {summary.frames_per_second:,.0f} frames/s")
            thumbnails.extract(self.run, self.plan, limit=THUMBNAILS)
        manifest.seal(self.run)

    def _ledger_reaches(self, stop_ns: int) -> Callable[[], str]:
        def reached() -> str:
            through = self.tools.fleet.flush_ledger()
            return "" if through >= stop_ns else f"it reaches {(stop_ns - through) / 1e9:.1f} s before it"

        return reached

    def _stop_ns(self) -> int:
        return self.run.marks().stop_ns

    def _wait(self, lacking: Callable[[], str], seconds: float, what: str) -> None:
        """Poll until `lacking` says nothing.

        Raises:
            DeadlineExceeded: with what it said last.
        """
        deadline = self.tools.clock.now_ns() + round(seconds * 1e9)
        while seen := lacking():
            if self.tools.clock.now_ns() >= deadline:
                raise DeadlineExceeded(
                    f"waited {show_duration(seconds)} for {what}", why=seen, next="look at the gateways' logs"
                )
            self.tools.clock.pause(POLL_S)
