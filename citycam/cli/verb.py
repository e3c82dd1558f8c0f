"""What all verbs share: an error becomes words and an exit code, an interrupt 130, a bug its traceback.

A file that cannot be read or written is its user's (2), a full disk the machine's (4), whoever met it. A reader of
stdout that goes away, as `head` does, interrupts.
"""

from __future__ import annotations

import errno
import functools
import logging
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from citycam.cli.output import Output, stderr_console
from citycam.model.errors import CitycamError, ConfigError, EnvironmentFailure, ExitCode
from citycam.model.workspace import PROJECT

Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout instead of text.")]
EnvironmentFile = Annotated[
    Path, typer.Option("--environment", "-e", help="The environment file.", show_default="environments/local.yaml")
]
LOCAL = PROJECT / "environments" / "local.yaml"

_FULL = {errno.ENOSPC, errno.EDQUOT}
_FILE = {
    errno.ENOENT,
    errno.EACCES,
    errno.EPERM,
    errno.EISDIR,
    errno.ENOTDIR,
    errno.EEXIST,
    errno.EROFS,
    errno.ELOOP,
    errno.ENAMETOOLONG,
}


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
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = ExitCode.INTERRUPTED
        except Exception as error:  # noqa: BLE001  the last resort: say that it is our bug, with the traceback
            known = _of_a_file(error)
            logging.getLogger(__name__).log(logging.DEBUG if known else logging.ERROR, "%s", traceback.format_exc())
            bug = CitycamError(f"bug in citycam: {error!r}", next="report it with the lines above")
            output.failure(known or bug)
            code = (known or bug).exit_code
        raise typer.Exit(int(code))

    return wrapped


def _of_a_file(error: Exception) -> CitycamError | None:
    """A file or a disk that a user can do something about; None for any other error."""
    if not isinstance(error, OSError):
        return None
    where, why = str(error.filename or ""), error.strerror or str(error)
    if error.errno in _FULL:
        return EnvironmentFailure("the disk is full", where=where, why=why, next="make room")
    if error.errno in _FILE and where:
        return ConfigError("cannot read or write the file", where=where, why=why, next="check the path")
    return None
