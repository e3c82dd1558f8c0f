"""`python -m infra.clean ENVIRONMENT`: remove everything that carries the environment's label, state or not."""

from __future__ import annotations

import sys

from citycam.model.errors import CitycamError, ExitCode
from infra.sweep import force_clean


def main(arguments: list[str]) -> int:
    """Clean the named environments; an exit code."""
    if not arguments:
        sys.stderr.write("usage: python -m infra.clean ENVIRONMENT…\n")
        return ExitCode.CONFIG
    try:
        for environment in arguments:
            force_clean(environment, lambda found: print(found.kind, found.name))  # noqa: T201 - its output
    except CitycamError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return ExitCode.OK


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
