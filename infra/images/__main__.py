"""`python -m infra.images build [names…]` has the images; `tags` prints their references.

`push --environment environments/lab.yaml` has them in the registry of an environment with nodes.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from citycam.model.environment import load_environment
from citycam.model.errors import CitycamError
from infra.images.build import build
from infra.images.contexts import RECIPES, tags
from infra.images.push import push


def main() -> int:
    """Run the verb; progress goes to stderr, references to stdout."""
    parser = argparse.ArgumentParser(prog="python -m infra.images", description=__doc__)
    parser.add_argument("verb", choices=["build", "tags", "push"])
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(RECIPES)}; all when left out")
    parser.add_argument("--environment", "-e", type=Path, help="the file of the environment to push to")
    chosen = parser.parse_args()
    if chosen.verb == "push" and (chosen.environment is None or chosen.names):
        parser.error("push takes --environment and no names: all images are pushed")
    started = time.monotonic()

    def report(line: str) -> None:
        print(f"[{time.monotonic() - started:5.0f} s] {line}", file=sys.stderr, flush=True)  # noqa: T201

    try:
        if chosen.verb == "build":
            references = build(tuple(chosen.names), report)
        elif chosen.verb == "push":
            references = push(load_environment(chosen.environment), report)
        else:
            references = tags()
    except CitycamError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return error.exit_code
    for name, reference in references.items():
        print(f"{name} {reference}")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
