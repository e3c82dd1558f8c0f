from __future__ import annotations

from pathlib import Path

import pytest

from citycam.model.errors import ConfigError, EnvironmentFailure
from citycam.registry.access import dsn_from_file, dsn_from_service
from citycam.registry.registry import Registry


def test_a_private_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "dsn"
    path.write_text("host=db password=canary\n", encoding="utf-8")
    path.chmod(0o600)
    assert dsn_from_file(path) == "host=db password=canary"


def test_a_file_that_others_may_read_is_refused_without_its_content(tmp_path: Path) -> None:
    path = tmp_path / "dsn"
    path.write_text("host=db password=canary\n", encoding="utf-8")
    path.chmod(0o644)
    with pytest.raises(ConfigError, match="others may read") as error:
        dsn_from_file(path)
    assert "canary" not in str(error.value)
    path.write_text("", encoding="utf-8")
    path.chmod(0o600)
    with pytest.raises(ConfigError, match="empty"):
        dsn_from_file(path)
    with pytest.raises(ConfigError, match="cannot read"):
        dsn_from_file(tmp_path / "absent")


def test_a_service_is_a_name_and_nothing_else() -> None:
    assert dsn_from_service("citycam") == "service=citycam"
    with pytest.raises(ConfigError):
        dsn_from_service("citycam password=x")


def test_a_database_that_cannot_be_reached_is_told_without_its_password() -> None:
    registry = Registry("host=127.0.0.1 port=1 user=citycam password=canary")
    with pytest.raises(EnvironmentFailure, match="cannot be read") as failure:
        registry.versions()
    assert "onnection refused" in failure.value.why
    assert "canary" not in str(failure.value)
    assert failure.value.__cause__ is None
