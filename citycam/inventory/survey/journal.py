"""The file of a survey, `survey.jsonl`: a header, then a line for each visit and each refusal as it happens.

Lines are appended and flushed one by one: whatever ends a survey, what was found until then is there, and a survey of
the same networks goes on after it. A last line that was cut is left out. The last line of a whole survey says `end`.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import IPv4Address
from pathlib import Path
from typing import IO, Any

from pydantic import ValidationError

from citycam.inventory.survey.scope import Scope
from citycam.inventory.survey.visit import Visit
from citycam.model.errors import ConfigError

SCHEMA = "citycam.survey"
VERSION = 1


@dataclass
class Survey:
    """What a file holds. `lines`: in which line, from 1, the visit of an address is."""

    networks: tuple[str, ...]
    began: datetime
    visits: dict[IPv4Address, Visit] = field(default_factory=dict)
    lines: dict[IPv4Address, int] = field(default_factory=dict)
    refusals: dict[IPv4Address, list[str]] = field(default_factory=lambda: defaultdict(list))
    whole: bool = False


def load_survey(path: Path) -> Survey:
    """Read the file of a survey.

    Raises:
        ConfigError: unreadable, another schema, or a line that is damaged; with file and line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError("cannot read the survey", where=str(path), why=str(error), next="check the path") from error
    lines = text.split("\n")[:-1]
    survey: Survey | None = None
    for number, line in enumerate(lines, 1):
        try:
            record = json.loads(line)
            if survey is None:
                if (record["schema"], record["schema_version"]) != (SCHEMA, VERSION):
                    raise ValueError("another schema")
                survey = Survey(tuple(record["networks"]), datetime.fromisoformat(record["began"]))
            else:
                _take(survey, record, number)
        except (ValueError, KeyError, TypeError, ValidationError) as error:
            raise ConfigError(
                "not a survey's file", where=f"{path}:{number}", why=str(error), next="name another file with --out"
            ) from error
    if survey is None:
        raise ConfigError("the survey's file is empty", where=str(path), next="remove it, or name another with --out")
    return survey


def _take(survey: Survey, record: dict[str, Any], number: int) -> None:
    if "visit" in record:
        visit = Visit.model_validate(record["visit"])
        survey.visits[visit.address] = visit
        survey.lines[visit.address] = number
    elif "refused" in record:
        survey.refusals[IPv4Address(record["refused"]["address"])].append(str(record["refused"]["username"]))
    elif "end" in record:
        survey.whole = True
    else:
        raise ValueError("neither a visit, a refusal nor an end")


class Journal:
    """Appends to the file of a survey."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    @classmethod
    def open(cls, path: Path, scope: Scope, began: datetime) -> tuple[Journal, Survey]:
        """Begin a file, or go on with the one that is there.

        Raises:
            ConfigError: what is there is of other networks, or cannot be read or written.
        """
        networks = tuple(map(str, scope.collapsed))
        survey = Survey(networks, began)
        if path.exists() and path.stat().st_size:
            survey = load_survey(path)
            if survey.networks != networks:
                raise ConfigError(
                    "this file is of a survey of other networks",
                    where=str(path),
                    why=f"{', '.join(survey.networks)}, not {', '.join(networks)}",
                    next="name another file with --out, or begin anew with --again",
                )
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _mend(path)
            journal = cls(path.open("a", encoding="utf-8"))
        except OSError as error:
            raise ConfigError(
                "cannot write the survey", where=str(path), why=str(error), next="check the path"
            ) from error
        if not path.stat().st_size:
            head = {"schema": SCHEMA, "schema_version": VERSION, "began": began.isoformat(), "networks": networks}
            journal._line(head)
        return journal, survey

    def visit(self, visit: Visit) -> None:
        """Keep a visit."""
        self._line({"visit": visit.model_dump(mode="json", exclude_defaults=True)})

    def refused(self, address: IPv4Address, username: str) -> None:
        """Keep a refusal: after whatever end of the survey, nobody is asked twice."""
        self._line({"refused": {"address": str(address), "username": username}})

    def end(self, at: datetime) -> None:
        """Every address was visited."""
        self._line({"end": at.isoformat()})

    def close(self) -> None:
        """No more will be written."""
        self._file.close()

    def _line(self, record: dict[str, Any]) -> None:
        self._file.write(json.dumps(record, ensure_ascii=False) + "\n")
        self._file.flush()


def _mend(path: Path) -> None:
    """Take off a last line that was cut."""
    if not path.exists():
        return
    data = path.read_bytes()
    if data and not data.endswith(b"\n"):
        with path.open("r+b") as file:
            file.truncate(data.rfind(b"\n") + 1)
