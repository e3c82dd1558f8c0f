"""What each image is made of, and the tag that follows: the same inputs give the same tag on every machine."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path

from citycam.model.errors import ConfigError
from citycam.model.workspace import PROJECT
from infra.images import programs
from infra.images.imports import carried_files
from infra.images.lock import closure, read_lock
from infra.images.versions import Versions, versions


@dataclass(frozen=True)
class Recipe:
    """The inputs of one image beside its folder `infra/images/<name>/`.

    `versions` are keys of versions.yaml and become build arguments where they are plain text; `packages` are
    distributions out of requirements.lock (with all they need); `sources` are modules and packages of ours, which bring
    along every module of ours that they import.
    """

    parent: str | None = "base"
    versions: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


RECIPES: dict[str, Recipe] = {
    "base": Recipe(parent=None, versions=("debian", "base_image")),
    "python": Recipe(),
    "gateway": Recipe(versions=("mediamtx",), programs=("mediamtx",)),
    "database": Recipe(versions=("postgresql", "postgis")),
    "edge": Recipe(),
    "monitoring": Recipe(),
    "fleet": Recipe(
        parent="python",
        packages=("uvloop", "pydantic", "ruamel-yaml", "xxhash", "cryptography"),
        sources=(
            *("simulators.fleet.__main__", "simulators.fleet.admission", "simulators.fleet.certificate"),
            "simulators.profiles",
        ),
    ),
    "recorder-metrics": Recipe(
        parent="python",
        packages=("prometheus-client", "xxhash", "numpy"),
        sources=("citycam.evidence.recorder_metrics",),
    ),
    "loadgen": Recipe(
        parent="python",
        packages=("locust", "psutil", "pydantic", "ruamel-yaml", "xxhash", "numpy", "pyarrow", "av"),
        sources=("loadtests",),
    ),
    "lab-host": Recipe(),
}


def build_order(names: tuple[str, ...] = ()) -> list[str]:
    """The named images (all, when none is named) and their parents, parents first.

    Raises:
        ConfigError: there is no such image.
    """
    for name in names:
        if name not in RECIPES:
            raise ConfigError(f"there is no image {name!r}", where="infra/images", why=f"known: {', '.join(RECIPES)}")
    graph: TopologicalSorter[str] = TopologicalSorter()
    waiting = list(names or RECIPES)
    while waiting:
        name = waiting.pop()
        parent = RECIPES[name].parent
        graph.add(name, *([parent] if parent else []))
        waiting += [parent] if parent else []
    return list(graph.static_order())


def tags(project: Path = PROJECT, pinned: Versions | None = None) -> dict[str, str]:
    """Image name → `citycam/<name>:<12 hex of its inputs>`, or the ready image that versions.yaml names."""
    pinned = pinned or versions()
    result: dict[str, str] = {}
    for name in build_order():
        result[name] = pinned.ready.get(name) or f"citycam/{name}:{_digest(name, project, pinned, result)[:12]}"
    return result


def build_arguments(name: str, pinned: Versions) -> dict[str, str]:
    """Build arguments of a Dockerfile: the plain-text versions that its recipe names, in capitals."""
    chosen = pinned.model_dump(include=set(RECIPES[name].versions))
    return {key.upper(): value for key, value in chosen.items() if isinstance(value, str)}


def requirements(name: str, project: Path = PROJECT) -> str:
    """The hashed requirements of an image, cut out of the project's lock file."""
    pins = read_lock((project / "requirements.lock").read_text(encoding="utf-8"))
    return "".join(f"{pin.text}\n" for pin in closure(pins, RECIPES[name].packages))


def source_files(name: str, project: Path = PROJECT) -> list[Path]:
    """Files of the checkout that an image carries, relative to it, sorted."""
    return carried_files(RECIPES[name].sources, project)


def own_files(name: str, project: Path = PROJECT) -> list[Path]:
    """Files of `infra/images/<name>/`, relative to that folder, sorted."""
    folder = project / "infra" / "images" / name
    return sorted(file.relative_to(folder) for file in _files(folder))


def _files(path: Path) -> Iterator[Path]:
    for child in sorted(path.iterdir()) if path.is_dir() else []:
        if child.is_file():
            yield child
        elif child.name != "__pycache__":
            yield from _files(child)


def _digest(name: str, project: Path, pinned: Versions, parents: dict[str, str]) -> str:
    recipe = RECIPES[name]
    digest = hashlib.sha256()

    def add(label: str, content: bytes) -> None:
        digest.update(f"{label}\0{len(content)}\0".encode() + content)

    add("parent", parents[recipe.parent].encode() if recipe.parent else b"")
    add("versions", json.dumps(pinned.model_dump(include=set(recipe.versions)), sort_keys=True).encode())
    if recipe.programs:
        add("programs", " ".join(recipe.programs).encode() + Path(programs.__file__).read_bytes())
    if recipe.packages:
        add("packages", requirements(name, project).encode())
    folder = project / "infra" / "images" / name
    for file in own_files(name, project):
        executable = bool((folder / file).stat().st_mode & 0o100)
        add(f"own {file.as_posix()} {executable:d}", (folder / file).read_bytes())
    for file in source_files(name, project):
        add(f"source {file.as_posix()}", (project / file).read_bytes())
    return digest.hexdigest()
