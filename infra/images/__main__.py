"""`python -m infra.images build [names…]` has the images; `python -m infra.images tags` prints their references."""

from __future__ import annotations

import argparse
import sys
import time

from citycam.model.errors import CitycamError
from infra.images.build import build
from infra.images.contexts import RECIPES, tags


def main() -> int:
    """Run the verb; progress goes to stderr, references to stdout."""
    parser = argparse.ArgumentParser(prog="python -m infra.images", description=__doc__)
    parser.add_argument("verb", choices=["build", "tags"])
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(RECIPES)}; all when left out")
    chosen = parser.parse_args()
    started = time.monotonic()

    def report(line: str) -> None:
        print(f"[{time.monotonic() - started:5.0f} s] {line}", file=sys.stderr, flush=True)  # noqa: T201

    try:
        references = build(tuple(chosen.names), report) if chosen.verb == "build" else tags()
    except CitycamError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return error.exit_code
    for name, reference in references.items():
        print(f"{name} {reference}")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
