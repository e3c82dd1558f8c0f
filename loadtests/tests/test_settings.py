from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycam.model.errors import ConfigError
from loadtests.settings import VARIABLE, Edge, LoadSettings

SETTINGS: dict[str, Any] = {
    "edge_name": "city.test",
    "ca_file": "/nowhere/ca.crt",
    "viewer_password": "the-viewers",
    "operator_password": "the-operators",
    "cameras": [{"camera": "cam-000001", "gateway": "gateway-1", "fps": 10}],
    "seconds": 10,
}


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


def edges(count: int) -> list[Edge]:
    return [Edge(https=f"192.0.2.{number}:8443", rtsps=f"192.0.2.{number}:8322") for number in range(1, count + 1)]


@given(st.integers(1, 5), st.integers(0, 60))
def test_users_are_spread_over_the_edges_in_turn(count: int, users: int) -> None:
    run = LoadSettings.model_validate({**SETTINGS, "edges": edges(count)})
    each = [run.from_edge(number) for number in range(users)]
    asked = Counter(one.edge.https for one in each)
    assert max(asked.values(), default=0) - min((asked[edge.https] for edge in run.edges), default=0) <= 1
    for number, one in enumerate(each):
        assert one.edge == run.edges[number % count]
        assert sorted(edge.https for edge in one.edges) == [edge.https for edge in run.edges]
        assert one.model_copy(update={"edges": run.edges}) == run


@pytest.mark.parametrize("wrong", [[], [{"https": "city.test", "rtsps": "city.test:8322"}], [{"https": "a:1"}]])
def test_a_run_without_an_edge_or_with_a_part_of_one_is_refused(
    settings: LoadSettings, tmp_path: Path, wrong: list[dict[str, str]]
) -> None:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({**json.loads(settings.model_dump_json()), "edges": wrong}))
    with pytest.raises(ConfigError, match="not valid") as found:
        LoadSettings.load(path)
    assert "edges" in found.value.why
