"""How the database is reached without a password on a command line: a private file, or a libpq service."""

from __future__ import annotations

import re
from pathlib import Path

from citycam.model.errors import ConfigError


def dsn_from_file(path: Path) -> str:
    """The connection string in a file that only its owner may read.

    Raises:
        ConfigError: unreadable, empty, or open to others.
    """
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError("cannot read the connection string", where=str(path), why=str(error)) from error
    if mode & 0o077:
        raise ConfigError("others may read the connection string", where=str(path), next=f"chmod 600 {path}")
    if not text:
        raise ConfigError("the connection string is empty", where=str(path), next="host=… dbname=… user=… password=…")
    return text


def dsn_from_service(name: str) -> str:
    """A service of `~/.pg_service.conf` or `$PGSERVICEFILE`; its password may stand in `~/.pgpass`.

    Raises:
        ConfigError: not a service's name.
    """
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", name):
        raise ConfigError(f"{name!r} is not the name of a service", next="name a section of ~/.pg_service.conf")
    return f"service={name}"
