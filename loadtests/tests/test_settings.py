from __future__ import annotations

from pathlib import Path

import pytest

from citycam.model.errors import ConfigError
from loadtests.settings import VARIABLE, LoadSettings


def test_file_holds_everything_and_only_its_owner_reads_it(settings: LoadSettings, tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    settings.save(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert LoadSettings.load(path) == settings
    assert LoadSettings.load(path).viewer_password.get_secret_value() == "the-viewers"


def test_an_existing_file_is_not_reused(settings: LoadSettings, tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.touch(0o644)
    with pytest.raises(FileExistsError):
        settings.save(path)


def test_passwords_are_not_shown(settings: LoadSettings) -> None:
    shown = f"{settings} {settings!r} {settings.model_dump()}"
    assert "the-viewers" not in shown
    assert "the-operators" not in shown


def test_a_broken_file_is_named_but_not_quoted(settings: LoadSettings, tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text(settings.model_dump_json().replace('"seconds":10.0', '"seconds":-1'))
    with pytest.raises(ConfigError, match=r"settings\.json") as found:
        LoadSettings.load(path)
    assert "seconds" in found.value.why
    assert "the-viewers" not in str(found.value)
    assert found.value.__cause__ is None  # pydantic's own text repeats its input


def test_a_missing_variable_or_file_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(ConfigError, match="CITYCAM_LOAD is not set"):
        LoadSettings.from_environment()
    monkeypatch.setenv(VARIABLE, str(tmp_path / "absent"))
    with pytest.raises(ConfigError, match="cannot read the load settings"):
        LoadSettings.from_environment()


def test_the_name_of_a_gateway_at_the_edge(settings: LoadSettings) -> None:
    assert settings.server_name("gateway-2") == "gateway-2.city.test"
