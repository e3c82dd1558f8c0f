"""What all verbs share: an error becomes words and an exit code, an interrupt 130, a bug its traceback."""

from __future__ import annotations

import functools
import logging
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from citycam.cli.output import Output, stderr_console
from citycam.model.errors import CitycamError, ExitCode
from citycam.model.workspace import PROJECT

Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout instead of text.")]
EnvironmentFile = Annotated[
    Path, typer.Option("--environment", "-e", help="The environment file.", show_default="environments/local.yaml")
]
LOCAL = PROJECT / "environments" / "local.yaml"


def verb(run: Callable[..., ExitCode | None]) -> Callable[..., None]:
    """Wrap a verb that returns an exit code (None is success) and may raise."""

    @functools.wraps(run)
    def wrapped(*args: Any, **options: Any) -> None:
        output = Output(as_json=bool(options.get("as_json")))
        try:
            code = run(*args, **options) or ExitCode.OK
        except CitycamError as error:
            output.failure(error)
            code = error.exit_code
        except KeyboardInterrupt:
            stderr_console().print("interrupted")
            code = ExitCode.INTERRUPTED
        except Exception as error:  # noqa: BLE001  the last resort: say that it is our bug, with the traceback
            logging.getLogger(__name__).error("%s", traceback.format_exc())
            output.failure(CitycamError(f"bug in citycam: {error!r}", next="report it with the lines above"))
            code = ExitCode.BUG
        raise typer.Exit(int(code))

    return wrapped
