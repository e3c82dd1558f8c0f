"""Passwords of cameras that were changed at the camera: kept by the operator, they count before the derived ones."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from citycam.model.errors import ConfigError


def read_passwords(path: Path) -> dict[str, str]:
    """Camera → password out of a JSON object; empty where there is no such file.

    Raises:
        ConfigError: it is no object of texts, or others than its owner may read it.
    """
    try:
        if path.stat().st_mode & 0o077:
            raise ConfigError("others may read these passwords", where=str(path), next=f"chmod 600 {path}")
        found: Any = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError:
        found = None  # its text is not quoted: it may hold passwords
    if not isinstance(found, dict) or not all(isinstance(each, str) and each for each in found.values()):
        raise ConfigError("this is no JSON object of camera ids and passwords", where=str(path))
    return dict(found)


def keep_passwords(path: Path, renewed: Mapping[str, str]) -> None:
    """Add passwords to those that are kept, in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(read_passwords(path) | dict(renewed), file, indent=1)
    new.replace(path)
