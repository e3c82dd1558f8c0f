from pathlib import Path

import pytest

from citycam.model.errors import ConfigError
from citycam.plan.outage.scenario import EVENTS, load_scenario, scenario_names


def test_each_event_has_a_scenario_that_comes_along() -> None:
    assert {load_scenario(name).event for name in scenario_names()} == set(EVENTS)


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("schema_version: 1\ntitle: Two nodes\nrack_dies: {nodes: 2}\n", encoding="utf-8")
    assert load_scenario(str(path)).event == "rack_dies"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("title: t", "1: schema_version: this key is required"),
        ("schema_version: 1\ntitle: t", "one event of node_dies, "),
        ("schema_version: 1\ntitle: t\nnode_dies: {}\nleader_dies: {}", "not node_dies and leader_dies"),
        ("schema_version: 1\ntitle: t\nnode_die: {}", "did you mean 'node_dies'"),
        ("schema_version: 1\ntitle: t\nnode_dies:\n  returns_afte: 5min", "4: node_dies.returns_afte: unknown key"),
        ("schema_version: 1\ntitle: t\nnode_cut_off: {lasts: 60}", "is not a duration"),
        ("schema_version: 1\ntitle: t\nrack_dies: {nodes: 0}", "greater than or equal to 1"),
        ("schema_version: 1\ntitle: t\nuplink_flaps: {down: 2min, every: 1min}", "must be up for a while"),
    ],
)
def test_a_bad_scenario_is_refused_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(text + "\n", encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        load_scenario(str(path))
    assert message in str(error.value)


def test_a_name_that_is_nearly_right_is_guessed() -> None:
    with pytest.raises(ConfigError, match="did you mean leader-dies"):
        load_scenario("leader-die")
    with pytest.raises(ConfigError, match="cannot read the file"):
        load_scenario("nowhere/mine.yaml")
