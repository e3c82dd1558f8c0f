"""Images of the bench of many nodes: all of them in the registry of a lab, and a gateway that is another."""

from __future__ import annotations

import subprocess
import sys
import time
from io import BytesIO
from pathlib import Path

from citycam.model.environment import Environment
from citycam.model.errors import EnvironmentFailure
from infra.images.contexts import tags
from infra.images.push import push_one
from infra.provider.engine import connect


def push_images(file: Path) -> float:
    """Build what is not built, and have it in the registry of an environment file; how long that took (s).

    Raises:
        EnvironmentFailure: the registry or the engine refuses.
    """
    began = time.monotonic()
    for verb in (("build",), ("push", "--environment", str(file))):
        done = subprocess.run(
            [sys.executable, "-m", "infra.images", *verb], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise EnvironmentFailure(f"images {verb[0]} ended with {done.returncode}", why=done.stderr.strip())
    return time.monotonic() - began


def another_gateway(environment: Environment) -> str:
    """The gateway's image under a new digest, in the registry; nothing in it differs but a label."""
    now = f"{time.time_ns()}"
    recipe = f"FROM {tags()['gateway']}\nLABEL citycam.bench={now}\n"
    built, _ = connect().images.build(fileobj=BytesIO(recipe.encode()), tag=f"citycam/gateway:bench-{now}", rm=True)
    try:
        return push_one(environment, str(built.tags[0]), lambda _: None)
    finally:
        connect().images.remove(f"citycam/gateway:bench-{now}", force=True)
