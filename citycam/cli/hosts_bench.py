"""The bench of many nodes: how long they take to make, and what is lost when one dies or is upgraded.

It is made of parts that are measured one at a time and kept in `build/bench/hosts/`; the page shows all that are there.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from citycam.cli.fleet_bench import Options, Sheet
from citycam.cli.hosts_images import another_gateway, push_images
from citycam.cli.hosts_page import Part, gaps_svg, text
from citycam.cli.hosts_rebalance import rebalance
from citycam.cli.lab_run import (
    Asked,
    Event,
    Recorded,
    answer,
    cut_network,
    cut_power,
    give_network,
    give_power,
    leader,
    record_while,
)
from citycam.cli.restore_drill import drill
from citycam.cli.writer import Writer
from citycam.evidence.failover import Failover, longest_gaps
from citycam.model.environment import Environment, load_environment
from citycam.model.errors import EnvironmentFailure
from citycam.model.figure import Bar, Figure
from citycam.model.workspace import PROJECT

CAMPAIGN = PROJECT / "campaigns" / "failover.yaml"
RECORDING_S = 120
SITE = "site-1"
KEPT = PROJECT / "build" / "bench" / "hosts"
RUNS = PROJECT / "runs"
CUT_AT_S = 20.0
CUT_S = (15, 60)
"""For which a node is cut off: for less and for more than the lease for which it may go on (role `quorum_watch`)."""
LEASE_S = 30.0
UPGRADE_S = 45
"""For each gateway, one after another, until all its cameras are recorded again."""


@dataclass(frozen=True)
class Place:
    """The lab that is measured: it is named as the environment on it."""

    lab: str

    @property
    def file(self) -> Path:
        """Its environment file."""
        return PROJECT / "environments" / f"{self.lab}.yaml"

    @property
    def environment(self) -> Environment:
        """Its environment."""
        return load_environment(self.file)

    @property
    def hosts(self) -> int:
        """Hosts without the camera site."""
        nodes = self.environment.nodes
        return len({host for pool in dict(nodes.pools).values() for host in pool} - {SITE}) if nodes else 1

    def answer(self, *verb: str) -> tuple[float, dict[str, object]]:
        """Call a verb of `citycam` on it: seconds, and what it told."""
        return answer(*verb, "--environment", str(self.file))

    def campaign(self, seconds: int = RECORDING_S) -> Asked:
        """The campaign on it, recording for so long."""
        return Asked(CAMPAIGN, self.file, recording_s=seconds)


def hosts(options: Options) -> Sheet:
    """Measure the parts that are asked for (all, without a name), and show all that were ever measured here."""
    wanted = (
        ()
        if options.parts == ("none",)
        else options.parts or tuple(name for name in PARTS if name not in OF_ANOTHER_LAB)
    )
    for name in wanted:
        _tell(f"measuring {name}")
        at, runs = Place(options.lab), options.runs or (2 if options.quick else 3)
        part = PARTS[name](at, runs)
        replace(part, note=part.note or f"{name}: measured on {at.hosts} hosts").save(KEPT / f"{name}.json")
    parts = {name: Part.load(KEPT / f"{name}.json") for name in PARTS if (KEPT / f"{name}.json").exists()}
    gaps = {label: list(values) for part in parts.values() for label, values in part.gaps.items()}
    return Sheet(
        [figure for part in parts.values() for figure in part.figures],
        text(sorted(set(PARTS) - parts.keys()), [part.note for part in parts.values() if part.note]),
        {"hosts.svg": gaps_svg(gaps)} if gaps else {},
    )


def making(at: Place, _: int) -> Part:
    """From nothing to a platform on the lab's hosts."""
    steps: dict[str, Callable[[], float]] = {
        "lab up": lambda: answer("lab", "up", "--name", at.lab, "--hosts", str(at.hosts))[0],
        "hosts precheck": lambda: at.answer("hosts", "precheck")[0],
        "hosts deploy": lambda: at.answer("hosts", "deploy")[0],
        "images pushed": lambda: push_images(at.file),
        "stack up": lambda: at.answer("stack", "up")[0],
        "hosts recover": lambda: at.answer("hosts", "recover")[0],
    }
    seconds = {}
    for title, step in steps.items():
        _tell(title)
        seconds[title] = step()
    figures = [Figure(f"lab to a running platform of {at.hosts} hosts", "s", (sum(seconds.values()),), Bar(600))]
    return Part(figures + [Figure(f"… of it: {title}", "s", (one,)) for title, one in seconds.items()])


def converge(at: Place, runs: int) -> Part:
    """`hosts deploy` over hosts that are what they should be."""
    found = [at.answer("hosts", "deploy") for _ in range(runs)]
    changed = [float(max(host["changed"] for host in data["hosts"].values())) for _, data in found]  # type: ignore[attr-defined]
    return Part(
        [
            Figure("second converge: changes on the worst host", "changes", tuple(changed), Bar(0)),
            Figure("second converge", "s", tuple(seconds for seconds, _ in found), Bar(120)),
        ]
    )


def killed(at: Place, runs: int) -> Part:
    """A manager that does not lead loses power."""
    return _failover(at, "a manager killed", lambda environment: _followers(environment)[-1], runs)


def leader_killed(at: Place, runs: int) -> Part:
    """The manager that leads the Swarm loses power."""
    return _failover(at, "the Swarm's leader killed", lambda environment: leader(environment, PROJECT), runs)


def leader_apart(at: Place, runs: int) -> Part:
    """The manager that leads the Swarm loses power and records nothing: `citycam lab up --managers 5`, `recover`."""
    title = "a leader that records nothing killed"

    def choose(environment: Environment) -> str:
        leads = leader(environment, PROJECT)
        if environment.nodes and leads in environment.nodes.pools.recording:
            raise EnvironmentFailure(
                f"{leads} leads the Swarm and records", next="a lab of five managers; then recover"
            )
        return leads

    costs = _costs(at, title, choose, lambda node: [cut_power(at.lab, node), give_power(at.lab, node)], runs)
    return Part(
        [
            Figure(f"{title}: cameras moved", "cameras", _each(costs, lambda cost: len(cost.moved)), Bar(0)),
            Figure(f"{title}: frames lost by all cameras", "frames", _each(costs, lambda cost: cost.lost), Bar(0)),
        ]
    )


def _failover(at: Place, title: str, choose: Callable[[Environment], str], runs: int) -> Part:
    costs = _costs(at, title, choose, lambda node: [cut_power(at.lab, node), give_power(at.lab, node)], runs)
    moved = _moved(title, costs)
    once = _each(costs, lambda cost: 100 * sum(one.once for one in cost.moved) / len(cost.moved))
    return Part(
        [
            *moved,
            Figure(f"{title}: longest gap of a moved camera", "s", _each(costs, lambda cost: cost.gap_s), Bar(20)),
            Figure(f"{title}: moved cameras re-assigned exactly once", "%", once, Bar(100, better="more")),
            Figure(f"{title}: longest overlap of two nodes", "s", _each(costs, lambda cost: cost.overlap_s)),
        ],
        _gaps(title, costs),
    )


def cut(at: Place, runs: int) -> Part:
    """A manager that does not lead is cut off and goes on recording: two own its cameras, for less than its lease."""
    parts = [_cut(at, seconds, runs) for seconds in CUT_S]
    gaps = {title: found for part in parts for title, found in part.gaps.items()}
    return Part([figure for part in parts for figure in part.figures], gaps)


def _cut(at: Place, seconds: int, runs: int) -> Part:
    title = f"a manager cut off for {seconds} s"

    def happens(node: str) -> list[Event]:
        return [cut_network(at.lab, node, CUT_AT_S), give_network(at.lab, node, CUT_AT_S + seconds)]

    costs = _costs(at, title, lambda environment: _followers(environment)[-1], happens, runs)
    lost = _each(costs, lambda cost: sum(one.lost for one in cost.moved))
    overlap = _each(costs, lambda cost: cost.overlap_s)
    return Part(
        [
            *_moved(title, costs),
            Figure(f"{title}: frames lost by moved cameras", "frames", lost),
            Figure(f"{title}: longest overlap of two nodes", "s", overlap, Bar(LEASE_S)),
        ],
        _gaps(title, costs),
    )


def _costs(
    at: Place,
    title: str,
    choose: Callable[[Environment], str],
    happens: Callable[[str], list[Event]],
    runs: int,
) -> list[Failover]:
    """What it costs that something happens to a node while all record; gateways are brought home after each run."""
    found: list[Recorded] = []
    for _ in range(runs):
        node = choose(at.environment)
        _tell(f"{title}: {node}")
        found.append(record_while(at.campaign(), happens(node), RUNS))
        at.answer("hosts", "recover")
    return [one.failover for one in found]


def _moved(title: str, costs: Sequence[Failover]) -> list[Figure]:
    """How many were moved, and what the others lost.

    Raises:
        EnvironmentFailure: no camera was moved.
    """
    if not all(cost.moved for cost in costs):
        raise EnvironmentFailure(f"{title}: no camera was moved", where=str(RUNS))
    return [
        Figure(f"{title}: cameras moved", "cameras", _each(costs, lambda cost: len(cost.moved))),
        Figure(f"{title}: frames lost elsewhere", "frames", _each(costs, lambda cost: cost.lost_elsewhere), Bar(0)),
    ]


def _gaps(title: str, costs: Sequence[Failover]) -> dict[str, list[float]]:
    return {title: [one.gap_s for cost in costs for one in cost.moved]}


def upgrade(at: Place, runs: int) -> Part:
    """Every gateway gets another image, one after another, while all record."""
    environment = at.environment
    found = []
    for _ in range(runs):
        upgraded = Event(10.0, partial(at.answer, "hosts", "upgrade", "--image", another_gateway(environment)))
        found.append(record_while(at.campaign(UPGRADE_S * environment.gateways.count), [upgraded], RUNS))
    gaps = [longest_gaps(one.run.audit) for one in found]
    title = "rolling upgrade of gateways"
    return Part(
        [
            Figure(f"{title}: longest gap of a camera", "s", tuple(max(gap) for gap in gaps), Bar(8)),
            Figure(f"{title}: cameras that it touched", "cameras", tuple(float(sum(map(bool, gap))) for gap in gaps)),
            Figure(
                f"{title}: cameras moved to another node",
                "cameras",
                tuple(float(len(one.failover.moved)) for one in found),
                Bar(0),
            ),
        ],
        {title: [gap for run in gaps for gap in run if gap]},
    )


def promotion(at: Place, runs: int) -> Part:
    """The replica takes the writes, while a writer commits one row after another and all cameras are recorded."""
    environment = at.environment
    written, recorded = [], []
    for _ in range(runs):
        writer = Writer(environment, PROJECT)
        events = [Event(0.0, writer.start), Event(20.0, lambda: at.answer("hosts", "promote"))]
        recorded.append(record_while(at.campaign(), [*events, Event(100.0, writer.stop)], RUNS))
        written.append(writer.outcome())
    title = "database promoted"
    return Part(
        [
            Figure(f"{title}: rows committed by the writer", "rows", tuple(float(one.committed) for one in written)),
            Figure(f"{title}: committed rows lost", "rows", tuple(float(one.lost) for one in written), Bar(0)),
            Figure(f"{title}: longest time without a commit", "s", tuple(one.longest_s for one in written), Bar(30)),
            Figure(
                f"{title}: frames lost by all cameras",
                "frames",
                tuple(float(one.failover.lost) for one in recorded),
                Bar(0),
            ),
        ]
    )


def restore(_: Place, __: int) -> Part:
    """Both machines of the database die while rows are written; what the repository had goes into an empty lab."""
    found = drill(PROJECT / "environments" / "lab-3.yaml", 3, KEPT, _tell)
    written = found.written
    title = "restored into an empty lab of three hosts"
    return Part(
        [
            Figure(f"{title}: tables that the backup's manifest names", "tables", (float(found.tables),)),
            Figure(f"{title}: rows that it names", "rows", (float(found.rows),)),
            Figure(f"{title}: tables with other rows or another hash", "tables", (float(found.different),), Bar(0)),
            Figure(f"{title}: rows committed by the writer", "rows", (float(written.committed),)),
            Figure(f"{title}: committed work lost", "s", (written.behind_s,), Bar(60)),
            Figure(f"{title}: the restore itself", "s", (found.restore_s,)),
        ]
    )


PARTS: dict[str, Callable[[Place, int], Part]] = {
    "making": making,
    "converge": converge,
    "killed": killed,
    "leader-killed": leader_killed,
    "leader-apart": leader_apart,
    "cut": cut,
    "upgrade": upgrade,
    "promotion": promotion,
    "restore": restore,
    "rebalance": lambda *_: rebalance(),
}

OF_ANOTHER_LAB = {"leader-apart"}
"""Measured only when asked for by name."""


def _each(costs: Sequence[Failover], value: Callable[[Failover], float]) -> tuple[float, ...]:
    return tuple(float(value(cost)) for cost in costs)


def _followers(environment: Environment) -> list[str]:
    """Those that record and do not lead."""
    leads = leader(environment, PROJECT)
    return [name for name in (environment.nodes.pools.recording if environment.nodes else []) if name != leads]


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
