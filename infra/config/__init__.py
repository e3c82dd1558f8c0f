"""Configuration files of the platform's programs, and how they are filled in."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

FOLDER = Path(__file__).parent


def render(template: str, **values: Any) -> str:
    """Fill in `infra/config/<template>`; a name without a value is an error."""
    return _templates().get_template(template).render(**values)


def plain(name: str) -> str:
    """The text of `infra/config/<name>`, which needs no filling in."""
    return (FOLDER / name).read_text(encoding="utf-8")


@cache
def _templates() -> Environment:
    return Environment(  # noqa: S701 - these are configuration files, nothing here becomes HTML
        loader=FileSystemLoader(FOLDER), undefined=StrictUndefined, keep_trailing_newline=True, trim_blocks=True
    )
