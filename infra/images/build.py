"""Build images with the engine's plain builder; an image whose tag exists is left alone."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import docker
from docker.errors import APIError, DockerException, ImageNotFound

from citycam.model.errors import EnvironmentFailure
from citycam.model.workspace import PROJECT, cache_folder
from infra.images.contexts import RECIPES, build_arguments, build_order, own_files, requirements, source_files, tags
from infra.images.programs import build_program, run
from infra.images.versions import Versions, versions

Report = Callable[[str], None]

PROXIES = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
PULL_TIMEOUT_S = 20
IMAGE_PYTHON = "3.11"
"""Python of the Debian release that images are made of."""


def build(names: tuple[str, ...] = (), report: Report = print, project: Path = PROJECT) -> dict[str, str]:
    """Have every named image (all, when none is named) and its parents; returns name → reference.

    Raises:
        ConfigError: no such image.
        EnvironmentFailure: Docker, a registry of packages or a build failed.
    """
    pinned = versions()
    wanted = tags(project, pinned)
    try:
        engine = docker.from_env(timeout=600)
        for name in build_order(names):
            if has_image(engine, wanted[name]):
                report(f"{name}: {wanted[name]} is there")
            elif name in pinned.ready:
                report(f"{name}: pulling {wanted[name]}")
                engine.images.pull(wanted[name])
            elif name == "base":
                make_base(engine, wanted[name], pinned, report, project)
            else:
                report(f"{name}: building {wanted[name]}")
                build_image(engine, name, wanted, pinned, project)
    except DockerException as error:
        raise EnvironmentFailure("Docker failed", where="images", why=str(error), next="run `make setup`") from error
    return {name: wanted[name] for name in build_order(names)}


def has_image(engine: docker.DockerClient, reference: str) -> bool:
    """Whether the engine holds an image of that reference."""
    try:
        engine.images.get(reference)
    except ImageNotFound:
        return False
    return True


def make_base(engine: docker.DockerClient, tag: str, pinned: Versions, report: Report, project: Path = PROJECT) -> None:
    """Pull the base image where a registry answers, else make it out of Debian packages."""
    report(f"base: pulling {pinned.base_image}")
    try:
        docker.from_env(timeout=PULL_TIMEOUT_S).images.pull(pinned.base_image).tag(tag)
    except (APIError, OSError) as error:
        report(f"base: no registry answers ({_first_line(error)}); making {tag} with mmdebstrap")
    else:
        report(f"base: pulled as {tag}")
        return
    cache_folder().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="base-", dir=cache_folder()) as folder:
        archive = Path(folder) / "base.tar"
        settings = project / "infra" / "images" / "base"
        # Its own apt keeps packages until it has unpacked them, so the settings of apt come last.
        copied = f"--customize-hook=copy-in {shlex.quote(str(settings / 'apt.conf'))} /etc/apt/apt.conf.d"
        emptied = '--customize-hook=rm -f "$1"/var/cache/apt/*.bin'
        options = [f"--dpkgopt={settings / 'dpkg.cfg'}", copied, emptied]
        options += ["--variant=minbase", "--include=ca-certificates"]
        run(["mmdebstrap", *options, pinned.debian, str(archive)])
        repository, _, version = tag.partition(":")
        engine.api.import_image(src=str(archive), repository=repository, tag=version)


def build_image(
    engine: docker.DockerClient, name: str, wanted: dict[str, str], pinned: Versions, project: Path = PROJECT
) -> None:
    """Put the context of one image together and build it upon its parent's reference in `wanted`."""
    arguments = {key: os.environ[key] for key in PROXIES if key in os.environ}
    arguments |= {"BASE": wanted[RECIPES[name].parent or "base"], **build_arguments(name, pinned)}
    with tempfile.TemporaryDirectory(prefix=f"context-{name}-") as folder:
        context = Path(folder) / "context"
        assemble(name, context, pinned, project)
        archive = Path(folder) / "context.tar"
        with tarfile.open(archive, "w") as tar:
            tar.add(context, arcname=".", filter=_plain)
        with archive.open("rb") as stream:
            lines = engine.api.build(
                fileobj=stream,
                custom_context=True,
                tag=wanted[name],
                rm=True,
                forcerm=True,
                decode=True,
                buildargs=arguments,
            )
            _follow(name, lines)


def assemble(name: str, context: Path, pinned: Versions, project: Path = PROJECT) -> None:
    """Write the build context of an image: its own folder, programs in `bin/`, `packages/`, our sources in `app/`."""
    for file in own_files(name, project):
        _copy(project / "infra" / "images" / name / file, context / file)
    for program in RECIPES[name].programs:
        _copy(build_program(program, pinned), context / "bin" / program)
    for file in source_files(name, project):
        _copy(project / file, context / "app" / file)
    if RECIPES[name].packages:
        install_packages(requirements(name, project), context / "packages")


def install_packages(pinned: str, target: Path) -> None:
    """Install hashed requirements into a folder, for the image's Python, without running any of their code."""
    target.mkdir(parents=True)
    with tempfile.TemporaryDirectory(prefix="requirements-") as folder:
        listed = Path(folder) / "requirements.txt"
        listed.write_text(pinned, encoding="utf-8")
        platform = f"{os.uname().machine}-manylinux_2_36"
        options = ["--quiet", "--no-deps", "--require-hashes", "--only-binary", ":all:"]
        options += ["--python-version", IMAGE_PYTHON, "--python-platform", platform]
        run([_uv(), "pip", "install", *options, "--target", str(target), "--requirement", str(listed)])


def _uv() -> str:
    beside = Path(sys.prefix) / "bin" / "uv"
    return str(beside) if beside.exists() else "uv"


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, target)


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Root's, and of no date: a layer then depends on contents alone."""
    member.uid = member.gid = 0
    member.uname = member.gname = "root"
    member.mtime = 0
    return member


def _follow(name: str, lines: Iterator[dict[str, Any]]) -> None:
    heard: list[str] = []
    for line in lines:
        if "error" in line:
            why = "".join(heard).strip().splitlines()[-15:]
            raise EnvironmentFailure(f"building the image {name} failed: {line['error']}", why="\n".join(why))
        heard.append(line.get("stream", ""))


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
