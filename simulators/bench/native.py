"""C sources beside this module, compiled with the machine's compiler and kept in the cache."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from citycam.model.errors import EnvironmentFailure
from citycam.model.workspace import cache_folder

SOURCES = Path(__file__).parent / "native"
_FLAGS = ("-O2", "-Wall", "-Wextra", "-std=gnu11")


def compiled(name: str, *, library: bool = False) -> Path:
    """The program (or library) made of `native/<name>.c`.

    Raises:
        EnvironmentFailure: there is no C compiler, or it refuses the source.
    """
    source = SOURCES / f"{name}.c"
    flags = (*_FLAGS, "-shared", "-fPIC") if library else _FLAGS
    digest = hashlib.sha256(source.read_bytes() + " ".join(flags).encode()).hexdigest()[:12]
    target = cache_folder() / "programs" / f"bench-{name}-{digest}"
    if target.exists():
        return target
    compiler = shutil.which("cc")
    if compiler is None:
        raise EnvironmentFailure("there is no C compiler", next="install gcc and libc6-dev: `make bench-fleet` does")
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_suffix(f".{os.getpid()}")
    done = subprocess.run([compiler, *flags, "-o", fresh, source], capture_output=True, text=True, check=False)
    if done.returncode:
        raise EnvironmentFailure(f"{source.name} cannot be compiled", where=str(source), why=done.stderr.strip())
    fresh.rename(target)
    return target
