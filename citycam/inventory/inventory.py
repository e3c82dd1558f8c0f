"""The inventory file `inventory.jsonl`: a header line, then one record a line, sorted by id.

The same records give the same bytes.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from citycam.inventory.record import CameraRecord
from citycam.model.errors import ConfigError

SCHEMA = "citycam.inventory"
VERSION = 1
FILE = "inventory.jsonl"


def dump_records(records: Iterable[CameraRecord]) -> str:
    """The records as the text of an inventory file; what is unknown is left out. Independent of their order."""
    ordered = sorted(records, key=lambda record: record.id)
    header = json.dumps({"schema": SCHEMA, "schema_version": VERSION, "records": len(ordered)})
    lines = [record.model_dump_json(exclude_none=True, exclude_defaults=True) for record in ordered]
    return "\n".join([header, *lines]) + "\n"


def load_records(path: Path) -> list[CameraRecord]:
    """Read an inventory, its file or the folder that holds it, sorted by id.

    Raises:
        ConfigError: unreadable, not an inventory of this version, cut short, a bad record or an id used twice;
            with file and line.
    """
    path = path / FILE if path.is_dir() else path
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            "cannot read the inventory", where=str(path), why=str(error), next="check the path"
        ) from error
    lines = text.removesuffix("\n").split(
        "\n"
    )  # not splitlines(): JSON leaves U+0085 and U+2028 in strings as they are
    _check_header(path, lines)
    records = [_record(f"{path}:{number}", line) for number, line in enumerate(lines[1:], 2)]
    seen: dict[str, int] = {}
    for number, record in enumerate(records, 2):
        first = seen.setdefault(record.id, number)
        if first != number:
            raise ConfigError(
                f"two records have the id {record.id}", where=f"{path}:{number}", why=f"first used at {path}:{first}"
            )
    return sorted(records, key=lambda record: record.id)


def _check_header(path: Path, lines: list[str]) -> None:
    header: Any = None
    with contextlib.suppress(json.JSONDecodeError):
        header = json.loads(lines[0])
    if not isinstance(header, dict) or (header.get("schema"), header.get("schema_version")) != (SCHEMA, VERSION):
        raise ConfigError(
            "not an inventory file",
            where=f"{path}:1",
            why=f"its first line must say schema {SCHEMA}, schema_version {VERSION}",
            next="make it with `citycam inventory import`",
        )
    if header.get("records") != len(lines) - 1:
        raise ConfigError(
            "the inventory file is not whole",
            where=str(path),
            why=f"its first line says {header.get('records')} records, it has {len(lines) - 1}",
            next="make it again with `citycam inventory import`",
        )


def _record(where: str, line: str) -> CameraRecord:
    try:
        return CameraRecord.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        raise ConfigError(f"{field}: {first['msg']} (found {first['input']!r})", where=where) from error
