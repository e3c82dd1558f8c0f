"""Files that verbs on inventory and plan read and write."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

from citycam.inventory.inventory import FILE as INVENTORY
from citycam.inventory.inventory import load_records
from citycam.inventory.record import CameraRecord
from citycam.model.errors import ConfigError
from citycam.plan.city import FILE, CityPlan, dump_city_plan
from citycam.policy.conformity import assess
from citycam.policy.standard import Outcome, Standard, load_standards, rules_at
from citycam.policy.waiver import Waivers, load_waivers

HANOI = timezone(timedelta(hours=7))
PLAN = Path(FILE)


def day_of(at: datetime | None) -> date:
    """The day that was asked for, else today in Hanoi."""
    return at.date() if at else datetime.now(HANOI).date()


def read_inventory(path: Path) -> tuple[list[CameraRecord], str]:
    """The records of an inventory (its folder or its file) and the digest of the file.

    Raises:
        ConfigError: there is none, or it is unreadable.
    """
    file = path / INVENTORY if path.is_dir() else path
    if not file.exists():
        raise ConfigError("there is no inventory", where=str(file), next="make it with `citycam inventory import`")
    return load_records(file), digest_of(file)


def verdicts_of(records: list[CameraRecord], day: date, waivers: Path | None = None) -> dict[str, Outcome]:
    """Camera id → what the technical standard says of it on a day."""
    standards = load_standards()
    found = assess(records, rules_at(standards, day), day, granted_waivers(standards, waivers))
    return {one.record.id: one.outcome for one in found}


def granted_waivers(standards: Iterable[Standard], file: Path | None) -> Waivers:
    """The waivers of a file; none without one.

    Raises:
        ConfigError: not a file of waivers.
    """
    return load_waivers(file, [rule.id for one in standards for rule in one.rules]) if file else Waivers()


def write_plan(made: CityPlan, path: Path) -> None:
    """Write a plan by rename: readers see the old one or the new one."""
    write(path, dump_city_plan(made))


def write(path: Path, text: str) -> None:
    """Write a file by rename.

    Raises:
        ConfigError: it cannot be written.
    """
    scratch = path.with_name(path.name + ".new")
    try:
        scratch.write_text(text, encoding="utf-8")
        os.replace(scratch, path)
    except OSError as error:
        raise ConfigError("cannot write the file", where=str(path), why=error.strerror or str(error)) from error


def digest_of(path: Path) -> str:
    """`sha256:…` of a file."""
    return "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()
