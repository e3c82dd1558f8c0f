"""The files of who is told of alerts: read by the operator's tools, carried to Alertmanager as secret and config."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509

from citycam.model.environment import Environment
from citycam.model.errors import ConfigError
from citycam.model.workspace import PROJECT


@dataclass(frozen=True)
class AlertReceiver:
    """A webhook. `token` is what it knows us by, `authority` a certificate in PEM; empty where there is none."""

    url: str
    token: str = field(default="", repr=False)
    authority: str = ""


def read_receiver(environment: Environment, project: Path = PROJECT) -> AlertReceiver | None:
    """The receiver of an environment's alerts, with what its files hold; none where none is named.

    Raises:
        ConfigError: a file is not there, holds something else, or (a token) may be read by others than its owner.
    """
    named = environment.monitoring.receiver
    if named is None:
        return None
    return AlertReceiver(
        named.url,
        _token(project / named.token) if named.token else "",
        _authority(project / named.authority) if named.authority else "",
    )


def _token(path: Path) -> str:
    text = _text(path).strip()
    if path.stat().st_mode & 0o077:
        raise ConfigError("others may read this token", where=str(path), next=f"chmod 600 {path}")
    if not text.isascii() or not text.isprintable() or " " in text or not text:
        raise ConfigError(  # what it holds is not quoted: it may be a secret
            "this is no token",
            where=str(path),
            why="it is one word of ASCII, without the word Bearer before it",
            next="write the token into the file, and nothing else",
        )
    return text


def _authority(path: Path) -> str:
    text = _text(path)
    try:
        x509.load_pem_x509_certificates(text.encode())
    except ValueError as error:
        raise ConfigError(
            "this is no certificate in PEM", where=str(path), why=str(error), next="name the receiver's authority"
        ) from error
    return text


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror or str(error) if isinstance(error, OSError) else "it is no text"
        raise ConfigError(
            "the receiver of alerts names a file that cannot be read",
            where=str(path),
            why=why,
            next="write it, or correct monitoring.receiver in the environment file",
        ) from error
