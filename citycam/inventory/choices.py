"""Choices of the form, in the words of `words.yaml` or near to them."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from pathlib import Path

from ruamel.yaml import YAML

from citycam.inventory.spelling import Cell, Unreadable, fold, shown

WORDS = Path(__file__).parent / "words.yaml"
CLOSE = 85.0
"""Words that agree to this (rapidfuzz ratio, 0 to 100) are one word written badly."""


@cache
def words() -> dict[str, dict[str, str]]:
    """Field → word → value."""
    tree: dict[str, dict[str, list[str]]] = YAML(typ="safe", pure=True).load(WORDS.read_text(encoding="utf-8"))
    return {
        field: {fold(word): value for value, others in values.items() for word in (value, *others)}
        for field, values in tree.items()
    }


def choice(field: str, cell: Cell) -> tuple[str, str]:
    """The value that a cell names for `field`, and a note when the word was only near.

    Raises:
        Unreadable: no such choice.
    """
    return _choice(field, shown(cell))


@lru_cache(maxsize=16384)
def choices(field: str, text: str) -> tuple[tuple[str, ...], str]:
    """The values that a cell names, separated by comma, semicolon, slash or plus; in the order of the file.

    Raises:
        Unreadable: one of them is no choice.
    """
    known = list(dict.fromkeys(words()[field].values()))
    whole = fold(text)
    parts = (
        [text] if whole in words()[field] else [part for part in re.split(r"[,;/+&\n]|\bvà\b", text) if part.strip()]
    )
    read = [_choice(field, part.strip()) for part in parts]
    found = sorted({value for value, _ in read}, key=known.index)
    return tuple(found), "; ".join(note for _, note in read if note)


@lru_cache(maxsize=16384)
def _choice(field: str, text: str) -> tuple[str, str]:
    from rapidfuzz import fuzz, process

    known = words()[field]
    word = fold(text)
    if word in known:
        return known[word], ""
    values = sorted(set(known.values()))
    best = process.extractOne(word, known.keys(), scorer=fuzz.ratio, score_cutoff=CLOSE) if len(word) > 3 else None
    if best is None:
        raise Unreadable(f"{text!r} is not one of the choices", "one of " + ", ".join(values))
    return known[best[0]], f"{text!r} read as {known[best[0]]}"


@cache
def labels(field: str) -> dict[str, str]:
    """Value → the word of the form's drop-down list."""
    tree = YAML(typ="safe", pure=True).load(WORDS.read_text(encoding="utf-8"))
    return {value: others[0] for value, others in tree[field].items()}
