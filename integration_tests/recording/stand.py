"""A fleet on the loopback, a gateway that records it and the exporter beside it; what is left is audited."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from testcontainers.core.container import DockerContainer

from citycam.evidence.audit import audit
from citycam.evidence.run import Run
from citycam.evidence.summary import Tables
from citycam.model.camera import Camera, Transport
from citycam.model.workspace import cache_folder
from integration_tests.waiting import wait_for
from simulators.fleet.bench import free_port, loopback_cameras, running_fleet
from simulators.fleet.client import FleetClient
from simulators.media.library import prepare_media

from .exporter import Exporter, running_exporter
from .gateway import NAME, Site, plan_of, running_gateway, stop

KEY = b"a-key-of-this-test"
SECOND = 1_000_000_000


@dataclass(frozen=True)
class Findings:
    """What the audit says, the sessions that the ledger states, and where the evidence lies."""

    run: Run
    ledger: list[dict[str, Any]] = field(repr=False)

    def camera(self, camera: Camera) -> dict[str, Any]:
        """Its row of the audit."""
        (row,) = Tables(self.run.audit).query("SELECT * FROM cameras WHERE camera = ?", camera.id)
        return row

    def gaps(self, camera: Camera) -> list[dict[str, Any]]:
        return Tables(self.run.audit).query("SELECT * FROM gaps WHERE camera = ? ORDER BY first_frame", camera.id)

    def problems(self, camera: Camera) -> list[dict[str, Any]]:
        """The audit's findings on one camera."""
        return Tables(self.run.audit).query("SELECT * FROM findings WHERE camera = ?", camera.id)

    def sessions(self, camera: Camera) -> list[dict[str, Any]]:
        """Its plays and stops, in the order in which they happened."""
        return [line for line in self.ledger if line["kind"] in ("play", "stop") and line["camera"] == camera.id]


@dataclass
class Stand:
    """Fleet, gateway and exporter, while they run."""

    site: Site
    cameras: list[Camera]
    fleet: FleetClient
    gateway: DockerContainer
    exporter: Exporter
    root: Path
    ledger: Path
    start_ns: int = 0

    def begin(self, recorded: list[Camera]) -> None:
        """Wait until these are on disk; the window begins now."""
        self.site.on_disk_since(0, recorded)
        self.start_ns = time.time_ns()

    def pass_time(self, seconds: float) -> None:
        """Let the window grow."""
        until = time.time_ns() + round(seconds * SECOND)
        wait_for(time.time_ns, lambda now: now >= until, "end of the time")

    def playing(self) -> set[str]:
        return set(self.fleet.status()["playing_cameras"])

    def lines(self) -> list[dict[str, Any]]:
        """The ledger up to now."""
        self.fleet.flush_ledger()
        return [json.loads(line) for line in self.ledger.read_text().splitlines()]

    def judge(self, recorded: list[Camera]) -> Findings:
        """End the window; once `recorded` are on disk to its end, end the gateway and audit every camera."""
        stop_ns = time.time_ns()
        self.site.on_disk_since(stop_ns + 2 * SECOND, recorded)
        lines = self.lines()
        stop(self.gateway)
        run = Run.create(self.site.folder / "runs", "test")
        run.write_json("marks.json", {"start_ns": self.start_ns, "stop_ns": stop_ns})
        run.write_text("evidence/ledger.jsonl", "".join(json.dumps(line) + "\n" for line in lines))
        run.collect_archive(NAME, self.site.recordings, run.marks())
        assert audit(run, plan_of(self.cameras), workers=1).ledger_complete
        return Findings(run, lines)


def third_by_udp(listed: list[Camera]) -> list[Camera]:
    """Plain cameras, of which the third is pulled by UDP."""
    return [*listed[:2], listed[2].model_copy(update={"transport": Transport.UDP}), *listed[3:]]


@contextmanager
def standing(
    folder: Path, cameras: int, recorded: slice, dressed: Callable[[list[Camera]], list[Camera]] = third_by_udp
) -> Iterator[Stand]:
    """So many cameras in the fleet, a slice of them recorded; `dressed` makes of plain cameras what is wanted."""
    root, port = folder / "fleet", free_port()
    root.mkdir()
    listed = dressed(loopback_cameras(cameras, port))
    prepare_media(listed, None, cache_folder(), root / "media")
    site = Site(folder, KEY)
    site.deliver(listed[recorded])
    with (folder / "fleet.log").open("wb") as log, running_fleet(root, port, KEY, log) as fleet:
        fleet.set_cameras(listed)
        # The exporter counts from the newest file it finds: it must be there before the first.
        with running_exporter(site) as exporter, running_gateway(site) as container:
            wait_for(lambda: fleet.status()["playing"], lambda n: n == len(listed[recorded]), "playing cameras")
            yield Stand(site, listed, fleet, container, exporter, root, root / fleet.new_ledger("test"))
