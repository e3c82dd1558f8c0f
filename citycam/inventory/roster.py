"""Read and write an inventory file: one camera a row (CSV) or an item of `cameras:` (YAML)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from citycam.inventory.formula import escaped, unescaped
from citycam.model.camera import Camera
from citycam.model.documents import Document, load
from citycam.model.errors import ConfigError

COLUMNS = (
    "id serial mac agency ward_code ward site latitude longitude address port path transport auth username model "
    "codec width height fps bitrate"
).split()
_STREAM = ("codec", "width", "height", "fps", "bitrate")


class _Roster(Document):
    schema_version: int
    cameras: list[Camera]


def load_inventory(path: Path) -> list[Camera]:
    """Read the cameras of `path` (`.csv`, `.yaml`), in file order.

    Raises:
        ConfigError: unreadable, unknown or missing columns, a bad value, or two cameras with one identity or address;
            each with file and line.
    """
    if path.suffix == ".csv":
        rows = _read_csv(path)
    elif path.suffix in {".yaml", ".yml"}:
        rows = [(f"{path}: camera {index}", camera) for index, camera in enumerate(load(path, _Roster).cameras, 1)]
    else:
        raise ConfigError(
            "unknown kind of inventory",
            where=str(path),
            why=f"its name ends in {path.suffix!r}",
            next="use .csv or .yaml",
        )
    if not rows:
        raise ConfigError("the inventory has no camera", where=str(path), next="add at least one row")
    _refuse_doubles(rows)
    return [camera for _, camera in rows]


def dump_csv(cameras: Iterable[Camera]) -> str:
    """The cameras as CSV text; the inverse of `load_inventory`. What looks like a formula is escaped."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for camera in cameras:
        row = camera.model_dump(mode="json")
        row.update(row.pop("stream"))
        writer.writerow({name: escaped(cell) if isinstance(cell, str) else cell for name, cell in row.items()})
    return out.getvalue()


def _read_csv(path: Path) -> list[tuple[str, Camera]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            "cannot read the inventory", where=str(path), why=str(error), next="check the path"
        ) from error
    reader = csv.DictReader(io.StringIO(text), restkey="(more)")
    unknown = [name for name in reader.fieldnames or [] if name not in COLUMNS]
    absent = [name for name in COLUMNS if name not in (reader.fieldnames or [])]
    if unknown or absent:
        raise ConfigError(
            "the columns are not those of an inventory",
            where=f"{path}:1",
            why=f"unknown: {', '.join(unknown) or 'none'}; missing: {', '.join(absent) or 'none'}",
            next=f"use exactly: {','.join(COLUMNS)}",
        )
    return [(f"{path}:{reader.line_num}", _camera(f"{path}:{reader.line_num}", row)) for row in reader]


def _camera(where: str, row: dict[str, Any]) -> Camera:
    fields = {name: unescaped(cell) if isinstance(cell, str) else cell for name, cell in row.items()}
    stream = {name: fields.pop(name) for name in _STREAM}
    try:
        return Camera.model_validate({**fields, "stream": stream})
    except ValidationError as error:
        first = error.errors()[0]
        column = str(first["loc"][-1])
        raise ConfigError(
            f"{column}: {first['msg']} (found {first['input']!r})", where=where, next=f"correct {column} on that line"
        ) from error


def doubles(cameras: Sequence[Camera]) -> Iterator[tuple[int, int, str]]:
    """What cannot be in one roster: places of the later and the first camera, and what they share.

    Ids and streams are unique; a device is one serial, one MAC and one address, a recorder for all its channels.
    """
    for name in ("id", "serial", "mac", "address"):
        first_seen: dict[Any, int] = {}
        for at, camera in enumerate(cameras):
            value = getattr(camera, name)
            first = first_seen.setdefault(value, at)
            if first != at and (name == "id" or not _same_device(camera, cameras[first])):
                yield at, first, f"{name} {value}"
    streams: dict[Any, int] = {}
    for at, camera in enumerate(cameras):
        first = streams.setdefault((camera.address, camera.port, camera.path), at)
        if first != at:
            yield at, first, f"stream {camera.address}{camera.path}"


def _refuse_doubles(rows: Sequence[tuple[str, Camera]]) -> None:
    for at, first, what in doubles([camera for _, camera in rows]):
        raise ConfigError(
            f"two cameras share the {what}",
            where=rows[at][0],
            why=f"first used at {rows[first][0]}",
            next="give every channel its own path"
            if what.startswith("stream")
            else "give every camera its own; channels of a recorder share serial, mac and address",
        )


def _same_device(one: Camera, other: Camera) -> bool:
    return (one.serial, one.mac, one.address) == (other.serial, other.mac, other.address)
