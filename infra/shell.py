"""`eval "$(python -m infra.shell local)"`: what the Pulumi CLI needs to work by hand on an environment's stack."""

from __future__ import annotations

import re
import shlex
import sys

from citycam.model.environment import NAME
from citycam.model.errors import CitycamError, ExitCode
from citycam.model.workspace import PROJECT, Workspace
from infra.backend import Backend
from infra.cli import require_cli


def main(arguments: list[str]) -> int:
    """Print `export` lines for the named environment, whose stack is made if there is none; no value is a secret."""
    if len(arguments) != 1 or not re.fullmatch(NAME, arguments[0]):
        sys.stderr.write('usage: eval "$(python -m infra.shell ENVIRONMENT)"; cd infra && pulumi preview\n')
        return ExitCode.CONFIG
    try:
        variables = _select(arguments[0])
    except CitycamError as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code
    for name, value in variables.items():
        sys.stdout.write(f"export {name}={shlex.quote(value)}\n")
    return ExitCode.OK


def _select(stack: str) -> dict[str, str]:
    backend = Backend(Workspace.of(stack))
    cli = require_cli()
    backend.prepare()
    variables = {**backend.environment(), "PULUMI_STACK": stack}
    cli.run(["stack", "select", "--create", stack], str(PROJECT / "infra"), variables)
    return variables


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
