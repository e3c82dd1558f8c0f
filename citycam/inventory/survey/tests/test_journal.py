from __future__ import annotations

from ipaddress import IPv4Address
from pathlib import Path

import pytest

from citycam.inventory.survey.journal import Journal, load_survey
from citycam.inventory.survey.scope import scope_of
from citycam.inventory.survey.tests.visits import AT, empty, stream, visit
from citycam.model.errors import ConfigError

SCOPE = scope_of(["10.0.0.0/30"])
HERE = IPv4Address("10.0.0.1")


def begun(path: Path) -> Journal:
    return Journal.open(path, SCOPE, AT)[0]


def test_what_was_kept_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "survey.jsonl"
    journal = begun(path)
    told = visit("10.0.0.1", stream(codec="h264", fps=12.5), serial="A")
    journal.refused(HERE, "admin")
    journal.visit(told)
    journal.close()
    survey = load_survey(path)
    assert survey.visits == {HERE: told}
    assert survey.lines == {HERE: 3}
    assert survey.refusals == {HERE: ["admin"]}
    assert not survey.whole


def test_a_survey_goes_on_where_it_ended_even_in_the_middle_of_a_line(tmp_path: Path) -> None:
    path = tmp_path / "survey.jsonl"
    journal = begun(path)
    journal.visit(visit("10.0.0.1"))
    journal.visit(visit("10.0.0.2"))
    journal.close()
    path.write_bytes(path.read_bytes()[:-9])
    assert list(load_survey(path).visits) == [HERE]
    journal, before = Journal.open(path, SCOPE, AT)
    assert list(before.visits) == [HERE]
    journal.visit(empty("10.0.0.2"))
    journal.end(AT)
    journal.close()
    assert len(load_survey(path).visits) == 2
    assert load_survey(path).whole


def test_a_file_of_other_networks_is_not_gone_on_with(tmp_path: Path) -> None:
    path = tmp_path / "survey.jsonl"
    begun(path).close()
    with pytest.raises(ConfigError, match="other networks"):
        Journal.open(path, scope_of(["10.0.1.0/30"]), AT)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("", ""),
        ('{"schema": "citycam.inventory", "schema_version": 1}\n', ":1"),
        ("nonsense\n", ":1"),
        ("{HEAD}\n[]\n", ":2"),
        ('{HEAD}\n{"visit": {"address": "here"}}\n', ":2"),
        ('{HEAD}\n{"other": 1}\n', ":2"),
    ],
)
def test_what_is_no_survey_is_refused_with_its_line(tmp_path: Path, text: str, where: str) -> None:
    path = tmp_path / "survey.jsonl"
    begun(path).close()
    head = path.read_text().strip()
    path.write_text(text.replace("{HEAD}", head))
    with pytest.raises(ConfigError) as caught:
        load_survey(path)
    assert caught.value.where == f"{path}{where}"
