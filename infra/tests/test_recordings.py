"""Bringing files from and to nodes, with a node whose shell is this machine's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from citycam.model.errors import EnvironmentFailure
from infra.nodes import Node
from infra.recordings import RemoteFile, fetch, parse, recorded, send

T = 1_795_477_200_350_000_000


class Here(Node):
    """Logs in to nothing."""

    def ssh(self, *options: str) -> list[str]:
        """A shell."""
        return ["sh", "-c"]


NODE = Here("node-1", "127.0.0.1")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A node's recordings: three segments of two cameras, a second apart."""
    for number, place in enumerate(
        ("gateway-1/cam-000001/a.mp4", "gateway-1/cam-000001/b.mp4", "gateway-2/cam 2/c.mp4")
    ):
        path = tmp_path / "node" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(place.encode())
        os.utime(path, ns=(T, T + number * 10**9 + 1_000))
    return tmp_path / "node"


def test_a_line_of_find_is_read_to_the_nanosecond() -> None:
    assert parse("1795477200.3500010000 gateway-1/cam-000001/a b.mp4") == RemoteFile(
        "gateway-1/cam-000001/a b.mp4", 1_795_477_200_350_001_000
    )
    assert parse("1795477200 x/y/z").written_ns == 1_795_477_200_000_000_000


def test_what_was_written_since_an_instant_is_listed(folder: Path) -> None:
    everything = recorded(NODE, folder)
    assert [file.name for file in everything] == ["a.mp4", "b.mp4", "c.mp4"]
    assert [file.written_ns - T for file in everything] == [1_000, 10**9 + 1_000, 2 * 10**9 + 1_000]
    assert [file.name for file in recorded(NODE, folder, T + 10**9)] == ["b.mp4", "c.mp4"]


def test_only_the_named_files_come_with_their_times(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "here"
    assert fetch(NODE, folder, ["gateway-1/cam-000001/b.mp4", "gateway-2/cam 2/c.mp4"], target) == 2
    found = {str(path.relative_to(target)): path.read_text() for path in target.rglob("*.mp4")}
    assert found == {place: place for place in ("gateway-1/cam-000001/b.mp4", "gateway-2/cam 2/c.mp4")}
    assert (target / "gateway-1/cam-000001/b.mp4").stat().st_mtime == pytest.approx(T / 1e9 + 1, abs=1)


def test_a_file_that_went_meanwhile_does_not_come_and_the_others_do(folder: Path, tmp_path: Path) -> None:
    assert fetch(NODE, folder, ["gateway-1/cam-000001/a.mp4", "gone/cam-1/x.mp4"], tmp_path / "here") == 1


def test_a_node_that_answers_nonsense_is_told(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFailure, match="files of node-1 could not be brought"):
        fetch(NODE, tmp_path / "there is none", ["a/b/c"], tmp_path / "here")


def test_what_a_node_lacks_is_sent_and_lists_are_renewed(tmp_path: Path) -> None:
    source, there = tmp_path / "media", tmp_path / "there"
    (source / "clip").mkdir(parents=True)
    (source / "clip" / "video").write_text("long")
    (source / "media.json").write_text("one")
    there.mkdir()
    send(NODE, source, there, os.getuid())
    (source / "media.json").write_text("two")
    (source / "clip" / "video").write_text("never the same name for other content")
    send(NODE, source, there, os.getuid())
    assert (there / "media.json").read_text() == "two"
    assert (there / "clip" / "video").read_text() == "long"


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "media").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(EnvironmentFailure, match="node-1"):
        send(NODE, tmp_path / "media", tmp_path / "file" / "media", os.getuid())
