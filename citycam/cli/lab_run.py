"""A campaign on a lab during which something happens: a node loses power or network, gateways are upgraded."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from citycam.evidence.failover import Failover, read_failover
from citycam.evidence.run import Run
from citycam.model.environment import Environment
from citycam.model.errors import EnvironmentFailure
from infra.lab.lab import Lab
from infra.provider.engine import connect
from infra.reach import reach

UP_S = 900.0
"""How long a campaign may take until it records."""


@dataclass(frozen=True)
class Asked:
    """A campaign file, and what is to be other than it says: where, which cameras, and how long is recorded (s)."""

    campaign: Path
    environment: Path | None = None
    inventory: Path | None = None
    recording_s: int | None = None

    @property
    def arguments(self) -> list[str]:
        """Those of `citycam`."""
        found = ["campaign", "run", str(self.campaign)]
        found += ["--environment", str(self.environment)] if self.environment else []
        found += ["--inventory", str(self.inventory)] if self.inventory else []
        return found + (["--recording", f"{self.recording_s}s"] if self.recording_s is not None else [])


@dataclass(frozen=True)
class Event:
    """What is done, so many seconds after the recording began."""

    at_s: float
    do: Callable[[], object]


@dataclass(frozen=True)
class Recorded:
    """The run of a campaign, how the cameras fared, and its exit code."""

    run: Run
    failover: Failover
    code: int


def record_while(asked: Asked, events: Sequence[Event], runs: Path) -> Recorded:
    """Run a campaign and let events happen while it records. The platform is left standing.

    Raises:
        EnvironmentFailure: the campaign ended before its audit, or never recorded.
    """
    before = {path.parent for path in runs.glob("*/*/marks.json")}
    command = [sys.executable, "-m", "citycam", *asked.arguments, "--keep", "--json", "--runs", str(runs)]
    runs.mkdir(parents=True, exist_ok=True)
    with (runs / "campaign.log").open("ab") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log)
        try:
            run = _recording(process, runs, before)
            began_s = run.marks().start_ns / 1e9
            for event in sorted(events, key=lambda one: one.at_s):
                time.sleep(max(0.0, began_s + event.at_s - time.time()))
                event.do()
            process.communicate(timeout=UP_S)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                process.communicate()
    if not (run.audit / "audit.json").exists():
        raise EnvironmentFailure("the campaign ended before its audit", where=str(run.root), why=_tail(runs))
    return Recorded(run, read_failover(run.audit), process.returncode)


def leader(environment: Environment, project: Path) -> str:
    """The node that leads the managers of the Swarm, by its label `citycam.node`.

    Raises:
        EnvironmentFailure: no manager answers, or none leads.
    """
    with reach(environment, project):
        for node in connect().nodes.list(filters={"role": "manager"}):
            if node.attrs.get("ManagerStatus", {}).get("Leader"):
                return str(node.attrs["Spec"]["Labels"].get("citycam.node", node.attrs["Description"]["Hostname"]))
    raise EnvironmentFailure(f"nobody leads the Swarm of {environment.name}", where="docker node ls")


def cut_power(lab: str, node: str, at_s: float = 20.0) -> Event:
    """A node loses power a while into the recording."""
    return Event(at_s, lambda: Lab(lab).kill([node]))


def give_power(lab: str, node: str, at_s: float = 75.0) -> Event:
    """It returns before the recording ends, with what it recorded."""
    return Event(at_s, lambda: Lab(lab).start([node]))


def cut_network(lab: str, node: str, at_s: float = 30.0) -> Event:
    """A node loses the others a while into the recording, and keeps its cameras."""
    return Event(at_s, lambda: Lab(lab).cut([node]))


def give_network(lab: str, node: str, at_s: float = 60.0) -> Event:
    """It hears them again."""
    return Event(at_s, lambda: Lab(lab).join([node]))


def _recording(process: subprocess.Popen[bytes], runs: Path, before: set[Path]) -> Run:
    deadline = time.monotonic() + UP_S
    while time.monotonic() < deadline:
        new = {path.parent for path in runs.glob("*/*/marks.json")} - before
        if new:
            return Run(new.pop())
        if process.poll() is not None:
            raise EnvironmentFailure("the campaign ended before it recorded", where=str(runs), why=_tail(runs))
        time.sleep(0.2)
    raise EnvironmentFailure("the campaign does not begin to record", where=str(runs), why=_tail(runs))


def _tail(runs: Path) -> str:
    return (runs / "campaign.log").read_text(encoding="utf-8", errors="replace")[-2000:]


def answer(*arguments: str) -> tuple[float, dict[str, object]]:
    """Call `citycam` with `--json`: the seconds it took, and its data.

    Raises:
        EnvironmentFailure: it failed.
    """
    began = time.monotonic()
    command = [sys.executable, "-m", "citycam", *arguments, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise EnvironmentFailure(f"citycam {' '.join(arguments)} ended with {done.returncode}", why=done.stderr.strip())
    return time.monotonic() - began, dict(json.loads(done.stdout).get("data") or {})
