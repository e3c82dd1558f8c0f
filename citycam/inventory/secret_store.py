"""Credentials of cameras, encrypted at rest: one file of sealed entries, one key file that nobody else may read.

Sealed with Fernet (AES-128-CBC and HMAC-SHA-256) of the `cryptography` package.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from citycam.inventory.network import Credentials
from citycam.model.errors import ConfigError
from citycam.model.workspace import PROJECT

VERSION = 1


def load_key(path: Path) -> bytes:
    """The key in `path`; made there, with mode 0600, when there is no file.

    Raises:
        ConfigError: inside the checkout, readable by others, or not a key.
    """
    if path.resolve().is_relative_to(PROJECT):
        raise ConfigError("the key lies in the checkout", where=str(path), next="keep it outside, with --key")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read_key(path)
    except OSError as error:
        raise ConfigError("cannot make the key", where=str(path), why=str(error), next="check the path") from error
    key = Fernet.generate_key()
    with os.fdopen(descriptor, "wb") as file:
        file.write(key)
    return key


def _read_key(path: Path) -> bytes:
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise ConfigError("others may read the key", where=str(path), next=f"chmod 600 {path}")
        key = path.read_bytes().strip()
        Fernet(key)
    except OSError as error:
        raise ConfigError("cannot read the key", where=str(path), why=str(error), next="check the path") from error
    except ValueError as error:
        raise ConfigError("not a key", where=str(path), next="name the file that was made with the store") from error
    return key


class SecretStore:
    """The sealed entries of one file. A reference names an entry and tells nothing of it."""

    def __init__(self, path: Path, key: bytes) -> None:
        self._path = path
        self._seal = Fernet(key)

    def put(self, entries: Mapping[str, Credentials]) -> None:
        """Add or replace entries; the file is replaced by rename, with mode 0600.

        Raises:
            ConfigError: the file is there and is not a store.
        """
        if not entries:
            return
        sealed = self._read()
        for reference, told in entries.items():
            text = json.dumps({"username": told.username, "password": told.password}).encode()
            sealed[reference] = self._seal.encrypt(text).decode()
        document = json.dumps({"schema_version": VERSION, "entries": dict(sorted(sealed.items()))}, indent=1)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        scratch = self._path.with_suffix(".new")
        scratch.unlink(missing_ok=True)
        with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(document + "\n")
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(self._path)

    def get(self, reference: str) -> Credentials | None:
        """An entry; None when there is none.

        Raises:
            ConfigError: not a store, or sealed with another key.
        """
        return self.reader()(reference)

    def reader(self) -> Callable[[str], Credentials | None]:
        """`get` for many: the file is read once, now.

        Raises:
            ConfigError: not a store.
        """
        tokens = self._read()
        return lambda reference: self._opened(tokens[reference]) if reference in tokens else None

    def _opened(self, token: str) -> Credentials:
        try:
            return Credentials(**json.loads(self._seal.decrypt(token)))
        except InvalidToken as error:
            raise ConfigError(
                "the secret store was sealed with another key", where=str(self._path), next="name its key with --key"
            ) from error

    def _read(self) -> dict[str, str]:
        if not self._path.exists():
            return {}
        try:
            tree = json.loads(self._path.read_text(encoding="utf-8"))
            if tree["schema_version"] != VERSION:
                raise ValueError(f"version {tree['schema_version']}")
            return dict(tree["entries"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ConfigError(
                "not a secret store", where=str(self._path), why=str(error), next="check the path"
            ) from error
