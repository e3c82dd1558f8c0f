"""Which files of the checkout some of its modules need: themselves, and all of ours that they import."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

OURS = ("citycam", "infra", "simulators", "loadtests")
LEFT_OUT = ("tests", "__pycache__", "bench.py")
"""Names that no image carries."""


def carried_files(modules: tuple[str, ...], project: Path) -> list[Path]:
    """Files of modules (`citycam.wire.rtp`) and of whole packages (`simulators`, with their data), relative to
    `project`, and of every module of ours that any of them imports; sorted."""
    found: set[Path] = set()
    waiting = [file for module in modules for file in _start(module, project)]
    while waiting:
        file = waiting.pop()
        if file in found:
            continue
        found.add(file)
        if file.suffix == ".py":
            text = (project / file).read_text(encoding="utf-8")
            waiting += [each for name in imported(text) for each in _module(name, project)]
    return sorted(found)


@lru_cache(maxsize=4096)
def imported(text: str) -> frozenset[str]:
    """Names that a module's text imports; `from a import b` counts as `a` and as `a.b`, which may be a module too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(found)


def _start(module: str, project: Path) -> Iterator[Path]:
    folder = project.joinpath(*module.split("."))
    yield from _walk(folder, project) if folder.is_dir() else _module(module, project)


def _walk(folder: Path, project: Path) -> Iterator[Path]:
    for child in sorted(folder.iterdir()):
        if child.is_dir() and child.name not in LEFT_OUT:
            yield from _walk(child, project)
        elif child.is_file() and child.name not in LEFT_OUT:
            yield child.relative_to(project)


def _module(name: str, project: Path) -> Iterator[Path]:
    """The file of a module of ours, and the `__init__.py` of every package above it; nothing for others."""
    parts = name.split(".")
    if parts[0] not in OURS:
        return
    for depth in range(1, len(parts) + 1):
        where = Path(*parts[:depth])
        for file in (where / "__init__.py", where.with_suffix(".py")):
            if (project / file).is_file():
                yield file
