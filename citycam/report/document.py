"""The one model of a report: everything a page shows is in it, so that other renderers say the same."""

from __future__ import annotations

import base64
import io
import json
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from citycam.gates.evidence import Evidence
from citycam.gates.judgement import Judged, Judgement, load_judgement
from citycam.gates.tables import TABLES
from citycam.model.documents import Document
from citycam.model.errors import EvidenceMissing
from citycam.model.units import show_bytes, show_duration
from citycam.model.verdict import Verdict
from citycam.report.figures import CameraFigure, Figures, read_figures

LOG = logging.getLogger(__name__)

MOST_CAMERAS = 12
MOST_PICTURES = 40
PICTURE_WIDTH = 240
ORDER = (Verdict.FAIL, Verdict.UNKNOWN, Verdict.PASS, Verdict.NOT_APPLICABLE)
FILES = (
    "verdict.json",
    "manifest.json",
    "campaign.json",
    "plan.json",
    "environment.json",
    "journal.jsonl",
    "evidence/ledger.jsonl",
    *(file for file, _ in TABLES.values()),
    "evidence/audit/audit.json",
    "evidence/load.json",
)


class Picture(Document):
    """A frame decoded from a camera's recording, as a `data:` URI."""

    camera: str
    ward: str
    uri: str


class Facts(Document):
    """A named group of conditions: (label, value)."""

    name: str
    rows: tuple[tuple[str, str], ...]


class FileEntry(Document):
    """A file of the run, and its size in bytes."""

    path: str
    bytes: int


class Report(Document):
    """All that a report says. `criteria` have failures first; `cameras` are the worst, worst first."""

    judgement: Judgement
    criteria: tuple[Judged, ...]
    counts: dict[Verdict, int]
    figures: Figures
    cameras: tuple[CameraFigure, ...]
    pictures: tuple[Picture, ...]
    pictures_left_out: int
    conditions: tuple[Facts, ...]
    files: tuple[FileEntry, ...]
    folder: str

    def criterion(self, identifier: str) -> Judged | None:
        """The outcome of a criterion, by its id."""
        return next((one for one in self.criteria if one.id == identifier), None)


def build(folder: Path) -> Report:
    """The report of a judged run.

    Raises:
        EvidenceMissing: the run has no verdict yet.
    """
    judgement = load_judgement(folder)
    figures = read_figures(Evidence(folder))
    criteria = tuple(sorted(judgement.criteria, key=lambda one: ORDER.index(one.verdict)))
    pictures, left_out = _pictures(folder, figures, [camera for one in criteria for camera in one.cameras])
    return Report(
        judgement=judgement,
        criteria=criteria,
        counts={verdict: sum(one.verdict is verdict for one in criteria) for verdict in ORDER},
        figures=figures,
        cameras=figures.cameras[:MOST_CAMERAS],
        pictures=pictures,
        pictures_left_out=left_out,
        conditions=tuple(_conditions(folder)),
        files=tuple(
            FileEntry(path=name, bytes=(folder / name).stat().st_size) for name in FILES if (folder / name).is_file()
        ),
        folder=f"runs/{folder.resolve().parent.name}/{folder.resolve().name}",
    )


def _pictures(folder: Path, figures: Figures, first: list[str]) -> tuple[tuple[Picture, ...], int]:
    """Thumbnails, guilty cameras first; and how many did not find room."""
    found = {path.stem: path for path in sorted((folder / "evidence" / "thumbnails").glob("*.jpg"))}
    wards = {camera.id: camera.ward for camera in figures.plan.cameras} if figures.plan else {}
    order = [name for name in dict.fromkeys([*first, *found]) if name in found]
    pictures = []
    for name in order[:MOST_PICTURES]:
        try:
            pictures.append(Picture(camera=name, ward=wards.get(name, ""), uri=_uri(found[name])))
        except OSError as error:
            LOG.warning("no picture of %s: %s", name, error)
    return tuple(pictures), max(0, len(order) - MOST_PICTURES)


def _uri(path: Path) -> str:
    """A small JPEG as a `data:` URI. Raises: OSError if it is no picture."""
    with Image.open(path) as image:
        small = image.convert("RGB")
    small.thumbnail((PICTURE_WIDTH, PICTURE_WIDTH))
    out = io.BytesIO()
    small.save(out, "JPEG", quality=72)
    return "data:image/jpeg;base64," + base64.b64encode(out.getvalue()).decode()


def _conditions(folder: Path) -> Iterator[Facts]:
    """The campaign and the environment, every setting with its value; one group per top-level mapping."""
    try:
        for file in ("campaign.json", "environment.json"):
            path = Evidence(folder).path(file)
            tree = json.loads(path.read_bytes())
            if not isinstance(tree, dict):
                raise EvidenceMissing(f"{file} is no object", where=str(path))
            yield from _groups(file.removesuffix(".json"), _with_units(tree) if file.startswith("campaign") else tree)
    except (EvidenceMissing, OSError, ValueError) as error:
        LOG.warning("conditions are not complete: %s", error)


def _with_units(tree: Any) -> Any:
    """A campaign's settings; its fractions are durations in seconds, every one."""
    if isinstance(tree, Mapping):
        return {key: _with_units(value) for key, value in tree.items()}
    return show_duration(tree) if isinstance(tree, float) else tree


def _groups(name: str, tree: Mapping[str, Any]) -> Iterator[Facts]:
    plain = {key: value for key, value in tree.items() if not isinstance(value, Mapping)}
    hidden = {"schema_version", "title", "gates", "producer"}
    rows = tuple(row for key, value in plain.items() if key not in hidden for row in _flat(key, value))
    if rows:
        yield Facts(name=name, rows=rows)
    for key, value in tree.items():
        if isinstance(value, Mapping) and key not in hidden:
            inner = tuple(row for part, leaf in value.items() if part not in hidden for row in _flat(part, leaf))
            if inner:
                yield Facts(name=key, rows=inner)


def _flat(key: str, value: Any) -> Iterator[tuple[str, str]]:
    """`key.part` → text of every leaf."""
    if isinstance(value, Mapping):
        for part, leaf in value.items():
            yield from _flat(f"{key}.{part}", leaf)
    elif isinstance(value, list):
        if all(not isinstance(item, (Mapping, list)) for item in value):
            if value:
                yield key, ", ".join(map(str, value))
        else:
            for index, item in enumerate(value):
                yield from _flat(f"{key}.{index + 1}", item)
    elif value is not None and value != "":
        yield key, _leaf(key, value)


def _leaf(key: str, value: Any) -> str:
    """A setting for people: sizes with their unit, files without the machine's folders."""
    if key.endswith("_bytes") and isinstance(value, (int, float)):
        return show_bytes(value)
    if isinstance(value, str) and value.startswith("/") and value.endswith((".yaml", ".yml", ".csv")):
        return "/".join(Path(value).parts[-2:])
    return f"{value:,}" if isinstance(value, int) and abs(value) >= 100_000 else str(value)
