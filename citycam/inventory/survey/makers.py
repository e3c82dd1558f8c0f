"""Who made a device that does not say so over ONVIF, and where its streams usually are: data, and no guess."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, StringConstraints

from citycam.model.documents import Document, load

_FILE = Path(__file__).parent / "makers.yaml"


def _pattern(text: str) -> str:
    re.compile(text)
    return text


Template = Annotated[str, StringConstraints(pattern=r"^/[^\s#]*$")]
"""A path; `{channel}` stands for the number of a channel, from 1."""


class Maker(Document):
    """Texts that name a maker, as a regular expression, and paths of its main streams."""

    maker: str
    says: Annotated[str, AfterValidator(_pattern)]
    paths: tuple[Template, ...] = ()


class Makers(Document):
    """The file."""

    schema_version: Literal[1]
    makers: tuple[Maker, ...]
    usual: tuple[Template, ...]

    def of(self, texts: Iterable[str]) -> str | None:
        """Who made it, by what it says of itself; None if that names nobody, or several."""
        said = [text for text in texts if text]
        found = {one.maker for one in self.makers if any(re.search(one.says, text) for text in said)}
        return found.pop() if len(found) == 1 else None

    def paths(self, maker: str | None) -> tuple[str, ...]:
        """Where to look for its streams, the likeliest first."""
        own = [path for one in self.makers if one.maker == maker for path in one.paths]
        return tuple(dict.fromkeys([*own, *self.usual]))


@cache
def makers() -> Makers:
    """What comes along."""
    return load(_FILE, Makers)
