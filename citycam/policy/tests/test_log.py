from __future__ import annotations

import json
import multiprocessing
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycam.model.errors import ConfigError, EvidenceInvalid
from citycam.policy.docket import decide
from citycam.policy.log import GENESIS, DecisionLog, Entry, body_of, news, parse, past_of
from citycam.policy.moratorium import Past, Ruling, load_moratorium
from citycam.policy.tests.proposals import DAY, proposal, specialised

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
M = load_moratorium()


def chain(count: int) -> str:
    lines, head = [], GENESIS
    for sequence in range(1, count + 1):
        entry = Entry.seal(sequence, NOW.isoformat(), {"n": sequence, "text": "Đội Cấn \u2028"}, head)
        lines.append(entry.line() + "\n")
        head = entry.hash
    return "".join(lines)


TEXT = chain(4)


def append(path: Path, *bodies: Mapping[str, Any]) -> str:
    with DecisionLog(path).held() as held:
        held.add(bodies, NOW)
        return held.head


def test_a_chain_verifies() -> None:
    entries = parse(TEXT)
    assert [entry.sequence for entry in entries] == [1, 2, 3, 4]
    assert parse(TEXT, head=entries[-1].hash) == entries
    assert parse("") == []


@given(st.data())
def test_any_changed_character_is_found(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(TEXT) - 1))
    other = data.draw(st.characters(codec="utf-8").filter(lambda c: c != TEXT[at]))
    with pytest.raises(EvidenceInvalid):
        parse(TEXT[:at] + other + TEXT[at + 1 :])


@given(st.permutations(range(4)).filter(lambda order: order != [0, 1, 2, 3]))
def test_moved_lines_are_found(order: list[int]) -> None:
    lines = TEXT.split("\n")[:-1]
    with pytest.raises(EvidenceInvalid):
        parse("".join(lines[index] + "\n" for index in order))


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_a_removed_line_is_found(missing: int) -> None:
    lines = TEXT.split("\n")[:-1]
    del lines[missing]
    with pytest.raises(EvidenceInvalid, match="does not verify"):
        parse("\n".join(lines) + "\n")


def test_lines_cut_off_at_the_end_are_found_by_the_head() -> None:
    head = parse(TEXT)[-1].hash
    shorter = "".join(line + "\n" for line in TEXT.split("\n")[:3])
    assert len(parse(shorter)) == 3
    with pytest.raises(EvidenceInvalid) as found:
        parse(shorter, head=head)
    assert "lines at the end are missing" in found.value.why


def test_a_log_that_was_sealed_anew_is_found_by_the_head() -> None:
    head = parse(TEXT)[-1].hash
    forged = Entry.seal(1, NOW.isoformat(), {"n": 1, "text": "other"}, GENESIS)
    with pytest.raises(EvidenceInvalid):
        parse(forged.line() + "\n", head=head)


def test_a_line_cut_short_is_found_and_nothing_is_added_to_it(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text(TEXT[:-10], encoding="utf-8")
    with pytest.raises(EvidenceInvalid) as found:
        append(path, {"n": 5})
    assert found.value.where == f"{path}:4"
    assert path.read_text(encoding="utf-8") == TEXT[:-10]


def test_appending_goes_on_from_the_head(tmp_path: Path) -> None:
    log = DecisionLog(tmp_path / "deep" / "log.jsonl")
    assert log.entries() == []
    first = append(log.path, {"n": 1}, {"n": 2})
    second = append(log.path, {"n": 3})
    assert append(log.path) == second
    entries = log.entries(head=first)
    assert [entry.body["n"] for entry in entries] == [1, 2, 3]
    assert entries[2].previous == first
    assert entries[0].at == "2026-11-24T08:00:00+00:00"


def test_a_log_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot write"):
        append(tmp_path, {})


def _write(path: Path, writer: int) -> None:
    for n in range(20):
        append(path, {"writer": writer, "n": n})


def test_writers_take_turns(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    writers = [multiprocessing.get_context("spawn").Process(target=_write, args=(path, n)) for n in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(DecisionLog(path).entries()) == 40


def test_a_decision_comes_back_from_the_log(tmp_path: Path) -> None:
    log = DecisionLog(tmp_path / "log.jsonl")
    bodies = [body_of(one, M, DAY) for one in decide([proposal("P-1"), specialised("P-2")], M, DAY)]
    append(log.path, *bodies)
    assert past_of(log.entries()) == [
        Past(proposal("P-1"), Ruling.REFUSED),
        Past(specialised("P-2"), Ruling.SPECIALISED),
    ]
    (reason,) = log.entries()[0].body["reasons"]
    assert reason["rule"] == "frozen"
    assert reason["sources"] == ["Document 4932/UBND-ĐMPT (Hanoi People's Committee), pause of new investment"]


def test_only_what_changed_is_news(tmp_path: Path) -> None:
    log = DecisionLog(tmp_path / "log.jsonl")
    bodies = [body_of(one, M, DAY) for one in decide([proposal("P-1")], M, DAY)]
    append(log.path, *news(bodies, log.entries()))
    assert news(bodies, log.entries()) == []
    changed = [body_of(one, M, DAY) for one in decide([proposal("P-1", cameras=13)], M, DAY)]
    assert news(changed, log.entries()) == changed
    append(log.path, *changed)
    assert [one.proposal.cameras for one in past_of(log.entries())] == [13]
    assert json.loads(log.path.read_text(encoding="utf-8").split("\n")[1])["body"]["proposal"]["cameras"] == 13
