"""The bench of many nodes: how long they take to make, and what is lost when one dies or is upgraded.

It is made of parts that are measured one at a time and kept in `build/bench/hosts/`; the page shows all that are there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from citycam.cli.fleet_bench import Options, Sheet, tell
from citycam.cli.hosts_failover import cut, killed, leader_apart, leader_killed
from citycam.cli.hosts_images import another_gateway, push_images
from citycam.cli.hosts_page import Part, gaps_svg, text
from citycam.cli.hosts_place import RUNS, Place
from citycam.cli.hosts_rebalance import rebalance
from citycam.cli.lab_run import Event, answer, record_while
from citycam.cli.restore_drill import drill
from citycam.cli.writer import Writer
from citycam.evidence.failover import longest_gaps
from citycam.model.figure import Bar, Figure
from citycam.model.workspace import PROJECT

KEPT = PROJECT / "build" / "bench" / "hosts"
ROTATION_S = 240
"""Both rotations, one after the other, and some time more."""
UPGRADE_S = 45
"""For each gateway, one after another, until all its cameras are recorded again."""


def hosts(options: Options) -> Sheet:
    """Measure the parts that are asked for (all, without a name), and show all that were ever measured here."""
    wanted = (
        ()
        if options.parts == ("none",)
        else options.parts or tuple(name for name in PARTS if name not in OF_ANOTHER_LAB)
    )
    for name in wanted:
        tell(f"measuring {name}")
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
        tell(title)
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


def rotation(at: Place, runs: int) -> Part:
    """New keys and certificates, then new passwords of the database, while all cameras are recorded."""
    seconds: dict[str, list[float]] = {"keys and certificates": [], "passwords of the database": []}

    def rotate(what: str, *options: str) -> None:
        seconds[what].append(at.answer("hosts", "rotate-secrets", *options)[0])

    events = [
        Event(10.0, lambda: rotate("keys and certificates")),
        Event(11.0, lambda: rotate("passwords of the database", "--database")),
    ]
    found = [record_while(at.campaign(ROTATION_S), events, RUNS) for _ in range(runs)]
    title = "secrets rotated"
    lost = tuple(float(one.failover.lost) for one in found)
    return Part(
        [
            Figure(f"{title}: frames lost by all cameras", "frames", lost, Bar(0)),
            *(Figure(f"{title}: {what}", "s", tuple(took)) for what, took in seconds.items()),
        ]
    )


def restore(_: Place, __: int) -> Part:
    """Both machines of the database die while rows are written; what the repository had goes into an empty lab."""
    found = drill(PROJECT / "environments" / "lab-3.yaml", 3, KEPT, tell)
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
    "rotation": rotation,
    "restore": restore,
    "rebalance": lambda *_: rebalance(),
}

OF_ANOTHER_LAB = {"leader-apart"}
"""Measured only when asked for by name."""
