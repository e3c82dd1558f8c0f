from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycam.evidence.segment import file_name, file_time_ns, segments_of


@given(st.integers(0, 4_000_000_000_000_000))
def test_a_name_says_its_time_to_the_microsecond(micros: int) -> None:
    assert file_time_ns(file_name(micros * 1000)) == micros * 1000


def test_known_name() -> None:
    assert file_time_ns("2026-11-23_23-40-00-123456.mp4") == 1_795_477_200_123_456_000


@pytest.mark.parametrize("name", ["", "clip.mp4", "2026-13-01_00-00-00-000000.mp4", "2026-11-23_23-40-00-123456.ts"])
def test_other_names_say_nothing(name: str) -> None:
    assert file_time_ns(name) is None


def test_segments_come_by_time_and_strangers_last(tmp_path: Path) -> None:
    names = [file_name(time) for time in (3 * 10**9, 10**9, 2 * 10**9)]
    for name in (*names, "a.mp4", "a.txt"):
        (tmp_path / name).touch()
    assert [path.name for path in segments_of(tmp_path)] == [*sorted(names), "a.mp4"]
    assert segments_of(tmp_path / "nothing") == []
