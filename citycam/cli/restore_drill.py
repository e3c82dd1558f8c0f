"""The drill of the worst day: both machines of the database die, and its backup is restored into an empty lab."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from citycam.cli.lab_run import answer
from citycam.cli.rehearsal import sample_city
from citycam.cli.writer import Outcome, Writer
from citycam.model.environment import Environment, load_environment
from citycam.model.errors import EnvironmentFailure
from citycam.model.workspace import PROJECT
from infra.backup_copy import copy_backup
from infra.images.push import push
from infra.lab.lab import Lab

SETTLE_S = 90.0
"""How long the writer writes: longer than the archive may wait with a segment that is not full."""
_POLL_S = 1.0


@dataclass(frozen=True)
class Drilled:
    """What was there afterwards: the writer's rows, tables and rows of the backup's manifest, tables that differ."""

    written: Outcome
    tables: int
    rows: int
    different: int
    restore_s: float


def drill(file: Path, nodes: int, folder: Path, report: Callable[[str], None]) -> Drilled:
    """Stand a platform up in a lab, have it lose its database while rows are written, and restore it in another.

    The lab is named as its environment; what stood there before is gone.

    Raises:
        EnvironmentFailure: a verb failed, or the restored tables are not what the backup says.
    """
    environment = load_environment(file)
    assert environment.nodes
    lab = Lab(environment.name)
    _stand_up(lab, nodes, file, environment, report)
    _publish(file, folder)
    writer = Writer(environment, PROJECT)
    writer.start()
    report("back up, and write on")
    answer("hosts", "backup", "--environment", str(file), "--kind", "full")
    _wait_until_written(writer, time.monotonic() + SETTLE_S)
    report("the machines of the database lose power")
    lab.kill(list(environment.nodes.pools.database))
    writer.stop()
    saved = copy_backup(environment, folder)
    report("an empty lab")
    lab.down(report)
    _stand_up(lab, nodes, file, environment, report)
    report("restore")
    seconds, data = answer("hosts", "restore", "--environment", str(file), "--repository", str(saved))
    proof: dict[str, Any] = data["data"]["restore"]["proof"]  # type: ignore[index]
    return Drilled(writer.outcome(), proof["tables"], proof["rows"], len(proof["different"]), seconds)


def _stand_up(lab: Lab, nodes: int, file: Path, environment: Environment, report: Callable[[str], None]) -> None:
    report(f"stand {environment.name} up")
    lab.up(nodes)
    answer("hosts", "deploy", "--environment", str(file))
    push(environment, lambda _: None)
    answer("stack", "up", "--environment", str(file))


def _publish(file: Path, folder: Path) -> None:
    """An inventory and its plan, so that there is something to bring back."""
    now = datetime.now(UTC).replace(microsecond=0)
    city = sample_city(folder / "rehearsal", 400, 7, now, now.date())
    what = ("--inventory", str(city.inventory), "--plan", str(city.plan))
    answer("inventory", "publish", *what, "--environment", str(file), "--note", "drill")


def _wait_until_written(writer: Writer, until: float) -> None:
    while time.monotonic() < until:
        time.sleep(_POLL_S)
    if not writer.committed:
        raise EnvironmentFailure("the writer committed nothing before the lights went out", where="database")
