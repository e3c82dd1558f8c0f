"""What the import says, in Vietnamese and French: it is agencies that must act on it."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from pathlib import Path

from ruamel.yaml import YAML

REMARKS = Path(__file__).parent / "remarks.yaml"
LANGUAGES = ("vi", "fr")


@lru_cache(maxsize=16384)
def translated(text: str, language: str) -> str:
    """A remark's `wrong` or `right`, or a reason of a merge, in `vi` or `fr`; one that is not known stays English."""
    for pattern, others in _phrases():
        found = pattern.fullmatch(text)
        if found:
            return others[language].format(*(translated(part, language) for part in found.groups()))
    return text


@cache
def _phrases() -> tuple[tuple[re.Pattern[str], dict[str, str]], ...]:
    tree: dict[str, list[str]] = YAML(typ="safe", pure=True).load(REMARKS.read_text(encoding="utf-8"))
    return tuple(
        (
            re.compile("(.+?)".join(map(re.escape, english.split("{}"))), re.DOTALL),
            dict(zip(LANGUAGES, others, strict=True)),
        )
        for english, others in tree.items()
    )
