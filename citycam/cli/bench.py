"""`python -m citycam.cli.bench smoke`: measure, print a table, write `build/bench/<name>.json` and its page in docs.

`inventory` measures import, duplicates, standard, overlap, plan, publication and survey at the size of the city;
`hosts` makes nodes, and kills, upgrades and changes them while they record, a part at a time;
`fleet` compares the fleet with its peers, `soak` lets it run for long, `beyond` tries fewer system calls than frames.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from citycam.cli import registry_bench, survey_bench
from citycam.cli.fleet_bench import Options, Sheet, beyond, fleet, soak
from citycam.cli.hosts_bench import PARTS, hosts
from citycam.evidence import bench as audit_bench
from citycam.evidence.environment import facts
from citycam.inventory import bench as inventory_bench
from citycam.model.errors import CitycamError, EnvironmentFailure
from citycam.model.figure import Bar, Figure, table
from citycam.model.workspace import PROJECT
from citycam.plan import bench as plan_bench
from citycam.policy import bench as policy_bench
from simulators.fleet import bench as fleet_bench

STACK_RUNS = 3


def stack_figures() -> list[Figure]:
    """How long `citycam stack up` takes when nothing is to be changed; the stack is taken down at the end.

    Raises:
        EnvironmentFailure: a call failed.
    """
    try:
        _citycam("stack", "up")
        again = tuple(_citycam("stack", "up") for _ in range(STACK_RUNS))
        expecting = tuple(_citycam("stack", "up", "--expect-no-changes") for _ in range(STACK_RUNS))
    finally:
        down = _citycam("stack", "down", "--volumes")
    return [
        Figure("stack up again, nothing to change", "s", again, Bar(15)),
        Figure("stack up --expect-no-changes", "s", expecting, Bar(15)),
        Figure("stack down --volumes", "s", (down,)),
    ]


def _citycam(*arguments: str) -> float:
    """Seconds that the command took."""
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-m", "citycam", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise EnvironmentFailure(f"citycam {' '.join(arguments)} ended with {done.returncode}", why=done.stderr.strip())
    return time.monotonic() - began


BENCHES: dict[str, tuple[Callable[[Options], Sheet], ...]] = {
    "smoke": (
        lambda _: Sheet(fleet_bench.figures()),
        lambda _: Sheet(list(audit_bench.figures())),
        lambda _: Sheet(stack_figures()),
    ),
    "inventory": (
        lambda _: Sheet(inventory_bench.figures()),
        lambda _: Sheet(policy_bench.figures()),
        lambda _: Sheet(plan_bench.figures()),
        lambda _: Sheet(registry_bench.figures()),
        lambda _: Sheet(survey_bench.figures()),
    ),
    "hosts": (hosts,),
    "fleet": (fleet,),
    "soak": (soak,),
    "beyond": (beyond,),
}


def page(name: str, sheet: Sheet) -> str:
    """The bench as a page: where, when, what."""
    machine = facts()["machine"]
    memory = machine["memory_bytes"] / 2**30
    versions = ", ".join(f"{package} {version}" for package, version in facts()["packages"].items())
    return f"""# `make bench-{name}`

Measured {datetime.now(UTC):%Y-%m-%d} on {machine["cores"]} cores of {machine["processor"]}, {memory:.0f} GiB,
Linux {machine["kernel"]}, Python {facts()["python"]}; {versions}.
Values are medians of the runs; spread is from the least to the largest, as a part of the median.

{table(sheet.figures)}{sheet.text}"""


def write(name: str, sheet: Sheet, build: Path, docs: Path) -> None:
    """Write the rows, the page and its pictures."""
    for folder in (build, docs):
        folder.mkdir(parents=True, exist_ok=True)
    rows = [figure.row() for figure in sheet.figures]
    (build / f"{name}.json").write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    (docs / f"{name}.md").write_text(page(name, sheet), encoding="utf-8")
    for picture, content in sheet.pictures.items():
        (docs / picture).write_text(content, encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure one bench; the exit code tells errors, never a bar that was missed: the table does."""
    parser = argparse.ArgumentParser(prog="python -m citycam.cli.bench", description=__doc__)
    parser.add_argument("name", choices=sorted(BENCHES))
    parser.add_argument("--quick", action="store_true", help="fewer and shorter runs (fleet, beyond)")
    parser.add_argument("--minutes", type=float, default=30.0, help="of a soak (default: %(default)s)")
    parser.add_argument("--cameras", type=int, default=0, help="of a soak, and of beyond (default: the bench's own)")
    parser.add_argument("--part", action="append", choices=sorted([*PARTS, "none"]), help="of hosts (default: all)")
    parser.add_argument("--runs", type=int, default=0, help="of a part of hosts (default: three, two with --quick)")
    parser.add_argument("--lab", default="lab", help="of hosts: the lab, and its environment (default: %(default)s)")
    parsed = vars(parser.parse_args(arguments))
    name: str = parsed.pop("name")
    parsed["parts"] = tuple(parsed.pop("part") or ())
    sheet = Sheet([])
    try:
        for measure in BENCHES[name]:
            sheet = sheet.joined(measure(Options(**parsed)))
    except CitycamError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    write(name, sheet, PROJECT / "build" / "bench", PROJECT / "docs" / "benchmarks")
    sys.stdout.write(table(sheet.figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
