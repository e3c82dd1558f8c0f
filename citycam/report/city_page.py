"""A report on the city as one HTML file: nothing is fetched; one script of known digest sorts and changes language."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Literal, NamedTuple

from markupsafe import Markup

from citycam import __version__
from citycam.model.errors import ConfigError
from citycam.report.spreadsheet import workbook
from citycam.report.table import Figure, Mix, Table, sort_value
from citycam.report.wording import LANGUAGES, Value, say, show, tell

FOLDER = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Section:
    """Tables under a title; three abreast when they are `columns`. `text` is a key of the catalogue."""

    title: str
    tables: tuple[Table, ...]
    text: str = ""
    columns: bool = False


class Legend(NamedTuple):
    """A colour of the map: CSS class, key of its word with values, and how many cameras."""

    name: str
    key: str
    values: Mapping[str, Value] = MappingProxyType({})
    cameras: int | None = None


@dataclass(frozen=True)
class Page:
    """Everything that a report says. `off_map` counts cameras that no ward of the map has."""

    kind: Literal["inventory", "plan"]
    day: date
    digest: str
    figures: tuple[Figure, ...]
    map: Markup
    legend: tuple[Legend, ...]
    off_map: int
    sections: tuple[Section, ...]
    more: tuple[Table, ...] = ()
    language: str = "vi"
    workbook: str = ""
    producer: str = f"citycam {__version__}"

    @property
    def title(self) -> str:
        """For the window of a browser."""
        return f"{tell(self.kind, self.language)} – {tell('city', self.language)}"

    @property
    def tables(self) -> list[Table]:
        """All tables, in order, with those that only the workbook has."""
        return [table for section in self.sections for table in section.tables] + list(self.more)


def render(page: Page) -> str:
    """The page as text."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    script = (FOLDER / "city.js").read_text(encoding="utf-8")
    environment = Environment(
        loader=PackageLoader("citycam.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.tests["mix"] = lambda value: isinstance(value, Mix)
    return environment.get_template("city.html.j2").render(
        page=page,
        languages=LANGUAGES,
        say=say,
        show=show,
        tell=tell,
        sort_value=sort_value,
        style=Markup((FOLDER / "city.css").read_text(encoding="utf-8")),  # noqa: S704  ours
        script=Markup(script),  # noqa: S704  ours
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )


def save(page: Page, path: Path) -> Sequence[Path]:
    """Write the page to `path` (`.html`) and its workbook beside it; both paths.

    Raises:
        ConfigError: no such language, another suffix, or the files cannot be written.
    """
    if page.language not in LANGUAGES:
        raise ConfigError(f"reports do not speak {page.language!r}", next=f"use one of {', '.join(LANGUAGES)}")
    if path.suffix != ".html":
        raise ConfigError("a report is an .html file", where=str(path), next=f"name it {path.stem}.html")
    beside = path.with_suffix(".xlsx")
    _write(beside, workbook(page.tables, page.language))
    _write(path, render(replace(page, workbook=beside.name)).encode())
    return path, beside


def _write(path: Path, content: bytes) -> None:
    scratch = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch.write_bytes(content)
        os.replace(scratch, path)
    except OSError as error:
        raise ConfigError("cannot write the report", where=str(path), why=error.strerror or str(error)) from error
