"""The bench of many nodes: how long they take to make, and what is lost when one dies or is upgraded.

It is made of parts that are measured one at a time and kept in `build/bench/hosts/`; the page shows all that are there.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from io import BytesIO, StringIO
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import altair as alt

from citycam.cli.fleet_bench import Options, Sheet
from citycam.cli.lab_run import Asked, Event, Recorded, answer, cut_power, give_power, leader, record_while
from citycam.cli.restore_drill import drill
from citycam.cli.writer import Writer
from citycam.evidence.failover import Failover, longest_gaps
from citycam.inventory.sample import sample_inventory
from citycam.model.environment import Environment, load_environment
from citycam.model.errors import EnvironmentFailure
from citycam.model.figure import Bar, Figure
from citycam.model.workspace import PROJECT
from citycam.plan.homes import homes
from citycam.plan.shards import assign
from infra.images.contexts import tags
from infra.images.push import push_one
from infra.provider.engine import connect

CAMPAIGN = PROJECT / "campaigns" / "failover.yaml"
RECORDING_S = 120
SITE = "site-1"
KEPT = PROJECT / "build" / "bench" / "hosts"
RUNS = PROJECT / "runs"
COMPUTED = (
    "computed, not recorded: six gateways on three nodes; then eight on four, with the plan in force followed and the "
    "environment saying where gateways are. A camera moves when its gateway or its gateway's node is another; needed "
    "are those that the added node then has."
)
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


@dataclass(frozen=True)
class Part:
    """What one part measured: figures, and the gaps (s) of the cameras that it moved or touched, for the picture.

    `note` is what a reader must know of the circumstances; whoever measured writes it into the kept file.
    """

    figures: list[Figure]
    gaps: Mapping[str, Sequence[float]] = field(default_factory=dict)
    note: str = ""

    def save(self, path: Path) -> None:
        """Keep it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        document = {"figures": [asdict(figure) for figure in self.figures], "gaps": self.gaps, "note": self.note}
        path.write_text(json.dumps(document, indent=1), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Part:
        """As it was kept."""
        document = json.loads(path.read_text(encoding="utf-8"))
        return cls([_figure(row) for row in document["figures"]], document["gaps"], document.get("note", ""))


def hosts(options: Options) -> Sheet:
    """Measure the parts that are asked for (all, without a name), and show all that were ever measured here."""
    wanted = () if options.parts == ("none",) else options.parts or tuple(PARTS)
    for name in wanted:
        _tell(f"measuring {name}")
        at, runs = Place(options.lab), options.runs or (2 if options.quick else 3)
        part = PARTS[name](at, runs)
        replace(part, note=part.note or f"{name}: measured on {at.hosts} hosts").save(KEPT / f"{name}.json")
    parts = {name: Part.load(KEPT / f"{name}.json") for name in PARTS if (KEPT / f"{name}.json").exists()}
    gaps = {label: list(values) for part in parts.values() for label, values in part.gaps.items()}
    return Sheet(
        [figure for part in parts.values() for figure in part.figures],
        _text(sorted(set(PARTS) - parts.keys()), [part.note for part in parts.values() if part.note]),
        {"hosts.svg": gaps_svg(gaps)} if gaps else {},
    )


def making(at: Place, _: int) -> Part:
    """From nothing to a platform on the lab's hosts."""
    steps: dict[str, Callable[[], float]] = {
        "lab up": lambda: answer("lab", "up", "--name", at.lab, "--hosts", str(at.hosts))[0],
        "hosts precheck": lambda: at.answer("hosts", "precheck")[0],
        "hosts deploy": lambda: at.answer("hosts", "deploy")[0],
        "images pushed": lambda: _push(at.file),
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
    return _failover(at, "a manager killed", lambda environment: _recording_nodes(environment)[-1], runs)


def leader_killed(at: Place, runs: int) -> Part:
    """The manager that leads the Swarm loses power."""
    return _failover(at, "the Swarm's leader killed", lambda environment: leader(environment, PROJECT), runs)


def _failover(at: Place, title: str, choose: Callable[[Environment], str], runs: int) -> Part:
    environment = at.environment
    found: list[Recorded] = []
    for _ in range(runs):
        node = choose(environment)
        _tell(f"{title}: {node}")
        found.append(record_while(at.campaign(), [cut_power(at.lab, node), give_power(at.lab, node)], RUNS))
        at.answer("hosts", "recover")
    costs = [one.failover for one in found]
    if not all(cost.moved for cost in costs):
        raise EnvironmentFailure(f"{title}: no camera was moved", where=str(found[-1].run.root))
    return Part(
        [
            Figure(f"{title}: cameras moved", "cameras", _each(costs, lambda cost: len(cost.moved))),
            Figure(f"{title}: frames lost elsewhere", "frames", _each(costs, lambda cost: cost.lost_elsewhere), Bar(0)),
            Figure(f"{title}: longest gap of a moved camera", "s", _each(costs, lambda cost: cost.gap_s), Bar(20)),
            Figure(
                f"{title}: moved cameras re-assigned exactly once", "%", _each(costs, _once), Bar(100, better="more")
            ),
            Figure(f"{title}: longest overlap of two nodes", "s", _each(costs, lambda cost: cost.overlap_s)),
        ],
        {title: [one.gap_s for cost in costs for one in cost.moved]},
    )


def upgrade(at: Place, runs: int) -> Part:
    """Every gateway gets another image, one after another, while all record."""
    environment = at.environment
    found = []
    for _ in range(runs):
        upgraded = Event(10.0, partial(at.answer, "hosts", "upgrade", "--image", _another_gateway(environment)))
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
                tuple(float(one.failover.lost_elsewhere + sum(m.lost for m in one.failover.moved)) for one in recorded),
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


def rebalance(_: Place, __: int) -> Part:
    """A node with two gateways comes to three nodes with six: whoever moves, beside those that it takes."""
    gateways, nodes = _numbered("gateway", 8), _numbered("node", 4)
    old = homes(gateways[:6], nodes[:3]).home
    new = homes(gateways, nodes, old).home
    figures = []
    for count in (200, 2000, 10_000):
        cameras = sample_inventory(count, 7, IPv4Network("198.18.64.0/18"))
        before = {camera: name for name, ids in assign(cameras, gateways[:6]).items() for camera in ids}
        after = {camera: name for name, ids in assign(cameras, gateways, before).items() for camera in ids}
        moved = sum((name, old[name]) != (after[one], new[after[one]]) for one, name in before.items())
        needed = sum(new[name] == nodes[-1] for name in after.values())
        title = f"a node added: moves beyond those needed ({count:,} cameras, by plan)"
        figures.append(Figure(title, "%", (100 * (moved - needed) / needed,), Bar(2)))
    return Part(figures, note=f"rebalance: {COMPUTED}")


def _numbered(kind: str, count: int) -> list[str]:
    return [f"{kind}-{number}" for number in range(1, count + 1)]


PARTS: dict[str, Callable[[Place, int], Part]] = {
    "making": making,
    "converge": converge,
    "killed": killed,
    "leader-killed": leader_killed,
    "upgrade": upgrade,
    "promotion": promotion,
    "restore": restore,
    "rebalance": rebalance,
}


def gaps_svg(gaps: Mapping[str, Sequence[float]]) -> str:
    """Each camera's longest gap, a tick a camera, by what happened."""
    rows: list[dict[str, Any]] = [{"event": event, "gap": gap} for event, each in gaps.items() for gap in each]
    x = alt.X("gap:Q", title="longest gap of a camera, s", scale=alt.Scale(zero=True))
    y = alt.Y("event:N", title=None, sort=list(gaps), axis=alt.Axis(labelLimit=320, domain=False, ticks=False))
    chart = alt.Chart(alt.InlineData(values=rows)).mark_tick(thickness=1, opacity=0.5, color="#0072b2").encode(x=x, y=y)
    chart = chart.properties(width=560, height=alt.Step(34)).configure(font="DejaVu Sans, sans-serif")
    out = StringIO()
    chart.configure_view(stroke=None).save(out, format="svg")
    return out.getvalue()


def _another_gateway(environment: Environment) -> str:
    """The gateway's image under a new digest, in the registry; nothing in it differs but a label."""
    now = f"{time.time_ns()}"
    recipe = f"FROM {tags()['gateway']}\nLABEL citycam.bench={now}\n"
    built, _ = connect().images.build(fileobj=BytesIO(recipe.encode()), tag=f"citycam/gateway:bench-{now}", rm=True)
    try:
        return push_one(environment, str(built.tags[0]), lambda _: None)
    finally:
        connect().images.remove(f"citycam/gateway:bench-{now}", force=True)


def _once(cost: Failover) -> float:
    return 100 * sum(len(one.nodes) == 2 for one in cost.moved) / len(cost.moved)


def _each(costs: Sequence[Failover], value: Callable[[Failover], float]) -> tuple[float, ...]:
    return tuple(float(value(cost)) for cost in costs)


def _recording_nodes(environment: Environment) -> list[str]:
    """Those that record and do not lead."""
    leads = leader(environment, PROJECT)
    return [name for name in (environment.nodes.pools.recording if environment.nodes else []) if name != leads]


def _push(file: Path) -> float:
    began = time.monotonic()
    for verb in (("build",), ("push", "--environment", str(file))):
        done = subprocess.run(
            [sys.executable, "-m", "infra.images", *verb], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise EnvironmentFailure(f"images {verb[0]} ended with {done.returncode}", why=done.stderr.strip())
    return time.monotonic() - began


def _text(absent: Sequence[str], notes: Sequence[str]) -> str:
    missing = f"\nNot measured here yet: {', '.join(absent)}.\n" if absent else ""
    missing += "".join(f"\n{note}\n" for note in notes)
    return f"""
![Longest gap of each camera that an event touched](hosts.svg)

All hosts are systemd containers of this one machine: they share its cores, its disk and its kernel. 200 cameras
(704x576, 10 frames/s, 256 kb/s) were recorded by six gateways on three nodes; every frame is accounted for by number
(`campaigns/failover.yaml`). A node loses power by SIGKILL to all that runs on it, and returns 55 s later with what it
recorded. For the restore a lab of three hosts (`environments/lab-3.yaml`) loses power on both machines of the database
while a client commits rows; the repository as it lies on its host is restored in a lab made anew.
{missing}"""


def _figure(row: Mapping[str, Any]) -> Figure:
    bar = Bar(**row["bar"]) if row["bar"] else None
    return Figure(row["metric"], row["unit"], tuple(row["runs"]), bar, row["peer"], tuple(row["peer_runs"]))


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
