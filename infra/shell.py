"""`eval "$(python -m infra.shell local)"`: what the Pulumi CLI needs to work by hand on an environment's stack."""

from __future__ import annotations

import shlex
import sys

from citycam.model.errors import ExitCode
from citycam.model.workspace import Workspace
from infra.backend import Backend


def main(arguments: list[str]) -> int:
    """Print `export` lines for the named environment; none of the values is a secret."""
    if len(arguments) != 1:
        sys.stderr.write('usage: eval "$(python -m infra.shell ENVIRONMENT)"; cd infra && pulumi preview\n')
        return ExitCode.CONFIG
    backend = Backend(Workspace.of(arguments[0]))
    backend.prepare()
    for name, value in (*backend.environment().items(), ("PULUMI_STACK", arguments[0])):
        sys.stdout.write(f"export {name}={shlex.quote(value)}\n")
    return ExitCode.OK


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
