"""`python -m infra.clean ENVIRONMENT`: remove everything that carries the environment's label, state or not.

The environment is named, or its file is; where it has nodes it must be the file.
"""

from __future__ import annotations

import sys
from pathlib import Path

from citycam.model.environment import load_environment
from citycam.model.errors import CitycamError, ExitCode
from infra.components.networks import kept
from infra.reach import reach
from infra.sweep import Found, force_clean


def main(arguments: list[str]) -> int:
    """Clean the named environments; an exit code."""
    if not arguments:
        sys.stderr.write("usage: python -m infra.clean ENVIRONMENT…\n")
        return ExitCode.CONFIG
    try:
        for environment in arguments:
            _clean(environment)
    except CitycamError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return ExitCode.OK


def _clean(named: str) -> None:
    if not named.endswith(".yaml"):
        force_clean(named, _tell)
        return
    environment = load_environment(Path(named))
    with reach(environment):
        force_clean(environment.name, _tell, kept(environment))


def _tell(found: Found) -> None:
    print(found.kind, found.name)  # noqa: T201 - its output


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
