from pathlib import Path

import pytest

from citycam.model.documents import Document, load, place
from citycam.model.errors import ConfigError
from citycam.model.units import Seconds


class Inner(Document):
    count: int


class Outer(Document):
    name: str
    wait: Seconds
    inner: Inner


def _write(folder: Path, text: str) -> Path:
    path = folder / "file.yaml"
    path.write_text(text)
    return path


def test_a_good_file_is_read(tmp_path: Path) -> None:
    outer = load(_write(tmp_path, "name: a\nwait: 5s\ninner:\n  count: 3\n"), Outer)
    assert outer == Outer(name="a", wait="5s", inner=Inner(count=3))


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("name: a\nwait: 5s\ninner:\n  cuont: 3\n  count: 3\n", 4, "did you mean 'count'"),
        ("name: a\nwait: 60\ninner:\n  count: 3\n", 2, "not a duration"),
        ("name: a\nwait: 5s\ninner:\n  count: many\n", 4, "integer"),
        ("name: a\nwait: 5s\n", 1, "required"),
        ("name: [a\nwait: 5s\n", 2, "not valid YAML"),
        ("- a\n", 1, "mapping"),
        ("", 1, "mapping"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, text: str, line: int, says: str) -> None:
    path = _write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load(path, Outer)
    assert caught.value.where == f"{path}:{line}"
    assert says in str(caught.value)


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(_write(tmp_path, "name: a\nwait: 1\ninner:\n  count: x\n"), Outer)
    assert "file.yaml:2" in str(caught.value)
    assert "file.yaml:4" in str(caught.value)


def test_a_missing_file_is_a_config_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot read"):
        load(tmp_path / "absent.yaml", Outer)


class Shelf(Document):
    items: tuple[Inner, ...]


def test_an_unknown_key_in_an_item_of_a_list_is_compared_with_the_keys_of_items(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"did you mean 'count'\? \(known: count\)") as caught:
        load(_write(tmp_path, "items:\n  - {count: 1}\n  - {cont: 2, count: 3}\n"), Shelf)
    assert str(caught.value.where).endswith("file.yaml:3")


def test_a_place_in_a_document_is_found_again(tmp_path: Path) -> None:
    file = _write(tmp_path, "items:\n  - {count: 1}\n  - count: 2\n")
    assert place(file, ("items", 1)) == f"{file}:3"
