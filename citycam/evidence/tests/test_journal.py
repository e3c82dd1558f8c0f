from pathlib import Path

import pytest

from citycam.evidence.journal import Entry, Journal
from citycam.model.errors import EvidenceInvalid


def test_entries_come_back_in_order(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    assert list(journal.entries()) == []
    journal.append(1, "up", "start")
    journal.append(2, "up", "fail", why="không được")
    assert list(journal.entries()) == [Entry(1, "up", "start"), Entry(2, "up", "fail", "không được")]


def test_a_torn_last_line_is_left_out_and_a_torn_middle_is_invalid(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    journal.append(1, "up", "start")
    with journal.path.open("a") as file:
        file.write('{"t": 2, "pha')
    assert list(journal.entries()) == [Entry(1, "up", "start")]
    with journal.path.open("a") as file:
        file.write("\n")
    with pytest.raises(EvidenceInvalid, match="journal is damaged"):
        list(journal.entries())
