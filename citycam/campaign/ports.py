"""What a campaign needs of its tools. The command line passes the real ones in; tests pass others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from citycam.campaign.schema import Campaign, Fault
from citycam.evidence.punctuality import Count
from citycam.evidence.run import Run
from citycam.model.camera import Camera
from citycam.plan.plan import Plan


class Progress(Protocol):
    """Where a campaign says what it is doing."""

    def phase(self, name: str, title: str) -> None:
        """A phase begins."""

    def note(self, text: str) -> None:
        """The state of the current phase; may come often."""

    def warn(self, text: str) -> None:
        """Something a reader of the report should know."""


class Clock(Protocol):
    """Wall time, injected."""

    def now_ns(self) -> int:
        """Nanoseconds since 1970, UTC."""

    def pause(self, seconds: float) -> None:
        """Wait; an interrupt ends it."""


class StackPort(Protocol):
    """The platform under test."""

    def up(self, progress: Progress) -> None:
        """Stand it up, or find it standing.

        Raises:
            EnvironmentFailure: it cannot be stood up.
        """

    def publish(self, plan: Plan) -> None:
        """Put the plan's cameras into the inventory database."""

    def down(self, progress: Progress) -> None:
        """Take it down with its volumes."""

    def facts(self) -> dict[str, Any]:
        """Images, versions, addresses: what ran, without secrets."""


class GatewayPort(Protocol):
    """The gateways' path files, and what they record."""

    def deliver(self, plan: Plan) -> None:
        """Make every gateway pull and record exactly its cameras of `plan`."""

    def written_since(self, plan: Plan, since_ns: int) -> int:
        """How many cameras of `plan` have had something written to disk after an instant (ns since 1970 UTC)."""

    def collect(self, plan: Plan, run: Run, progress: Progress) -> None:
        """Keep every segment that reaches into the run's window, wherever it was recorded."""


@dataclass(frozen=True)
class FleetStatus:
    """What the fleet is doing now."""

    cameras: int
    playing: int
    frames_sent: int
    lateness_p99_ms: float


class FleetPort(Protocol):
    """The simulated cameras."""

    def load(self, cameras: Sequence[Camera]) -> None:
        """Have exactly these cameras; the others' sessions are not touched."""

    def status(self) -> FleetStatus:
        """What it is doing now."""

    def counts(self) -> Mapping[str, Count]:
        """What each of its processes has counted until now, by name."""

    def open_ledger(self, run_id: str) -> None:
        """Start the ledger of a run."""

    def flush_ledger(self) -> int:
        """Write what is known; frames scheduled before the answer (ns) are all in the ledger."""

    def copy_ledger(self, destination: Path) -> None:
        """Bring the ledger as it is now to `destination`."""

    def start(self, fault: Fault) -> None:
        """Apply a fault, now or `fault.at` seconds later."""

    def clear_faults(self) -> None:
        """End all faults; none that was to come comes."""


class LoadPort(Protocol):
    """Users beside the recording."""

    def start(self, campaign: Campaign, plan: Plan, run: Run) -> None:
        """Start them; returns at once."""

    def finish(self) -> None:
        """Wait for their end and leave their evidence in the run."""

    def stop(self) -> None:
        """End them now; harmless when none is running."""


class ProbePort(Protocol):
    """Measurements after the recording, through the doors that users have."""

    def playback(self, campaign: Campaign, plan: Plan, run: Run) -> None:
        """Play one interval of every camera back."""

    def metrics(self, campaign: Campaign, plan: Plan, run: Run) -> None:
        """Fetch what monitoring saw during the run."""


@dataclass(frozen=True)
class Tools:
    """Everything a campaign drives."""

    stack: StackPort
    gateways: GatewayPort
    fleet: FleetPort
    load: LoadPort
    probes: ProbePort
    clock: Clock
    progress: Progress
