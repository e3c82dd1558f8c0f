"""Programs built from Go modules, kept in the cache: the Go proxy is the only source, hashes are pinned."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from citycam.model.errors import EnvironmentFailure
from citycam.model.workspace import cache_folder
from infra.images.versions import Versions

MEDIAMTX = "github.com/bluenviron/mediamtx"


def find_go(oldest: str) -> Path:
    """The Go command: the one that set-up put into the cache, else the one on PATH.

    Raises:
        EnvironmentFailure: there is none, or it is older than `oldest` (`1.26`).
    """
    path = os.pathsep.join([str(cache_folder() / "bin"), os.environ.get("PATH", "")])
    command = shutil.which("go", path=path)
    if command is None:
        raise EnvironmentFailure("Go is not installed", next="run `make setup`")
    said = run([command, "env", "GOVERSION"], env={"GOTOOLCHAIN": "local"})
    found = re.match(r"go([0-9]+)\.([0-9]+)", said)
    if found is None or (int(found[1]), int(found[2])) < tuple(map(int, oldest.split("."))):
        raise EnvironmentFailure(f"Go {oldest} or newer is needed", why=f"{command} is {said}", next="run `make setup`")
    return Path(command)


def build_program(name: str, pinned: Versions) -> Path:
    """The executable of `name` (only `mediamtx` so far), built unless it is in the cache.

    Raises:
        EnvironmentFailure: no Go, or the build failed, or the module is not the pinned one.
    """
    if name != "mediamtx":
        raise ValueError(f"no recipe for {name}")
    target = cache_folder() / "programs" / f"mediamtx-{pinned.mediamtx.version}" / "mediamtx"
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="mediamtx-", dir=target.parent) as folder:
            build_mediamtx(Path(folder), pinned).rename(target)
    return target


def build_mediamtx(folder: Path, pinned: Versions) -> Path:
    """Build MediaMTX in `folder` out of its module; its own go.sum pins all it imports."""
    go = str(find_go(pinned.go.oldest))
    wanted = f"{MEDIAMTX}@{pinned.mediamtx.version}"
    # Checked against our own pin, so no checksum database needs to answer.
    said = run([go, "mod", "download", "-json", wanted], cwd=folder, env={"GOSUMDB": "off"})
    module = json.loads(said)
    if module["Sum"] != pinned.mediamtx.sum:
        raise EnvironmentFailure(
            f"{wanted} is not the module that is pinned",
            where="infra/images/versions.yaml",
            why=f"its hash is {module['Sum']}, not {pinned.mediamtx.sum}",
            next="find out who changed it before you correct the pin",
        )
    source = folder / "source"
    shutil.copytree(module["Dir"], source, copy_function=shutil.copyfile)
    for made in source.rglob("*"):
        made.chmod(0o755 if made.is_dir() else 0o644)
    # The two files that `go generate` would download. The second is the player of a web page that our gateways never
    # serve (HLS is switched off), so it stays empty instead of bringing npm into the build.
    (source / "internal/core/VERSION").write_text(pinned.mediamtx.version, encoding="utf-8")
    (source / "internal/servers/hls/hls.min.js").touch()
    target = folder / "mediamtx"
    run(
        [go, "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", str(target), "."],
        cwd=source,
        env={"CGO_ENABLED": "0"},
    )
    return target


def run(command: list[str], cwd: Path | None = None, env: Mapping[str, str] | None = None) -> str:
    """Run a tool and return what it printed.

    Raises:
        EnvironmentFailure: it is not there, or it failed; `why` ends with its last words.
    """
    try:
        done = subprocess.run(
            command, cwd=cwd, env={**os.environ, **(env or {})}, capture_output=True, text=True, check=False
        )
    except OSError as error:
        raise EnvironmentFailure(f"cannot run {command[0]}", why=str(error), next="run `make setup`") from error
    if done.returncode != 0:
        last_words = "\n".join((done.stderr or done.stdout).strip().splitlines()[-15:])
        raise EnvironmentFailure(f"{' '.join(command[:3])} failed with code {done.returncode}", why=last_words)
    return done.stdout.strip()
