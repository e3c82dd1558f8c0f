from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from citycam.model.errors import EnvironmentFailure
from infra.provider.tests.engine import Client
from infra.provider.volume import VolumeArgs, VolumeProvider


@pytest.fixture
def owners(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path, int, int]]:
    """Who became the owner of what; for that, a test need not be root."""
    became: list[tuple[Path, int, int]] = []
    monkeypatch.setattr(os, "chown", lambda path, user, group: became.append((path, user, group)))
    return became


def args(folder: str = "", owner: int = 0) -> dict[str, Any]:
    return dict(vars(VolumeArgs("citycam-local-data", "local", folder, owner)))


def test_a_volume_of_the_engines_own_is_read_back_as_declared(client: Client) -> None:
    made = VolumeProvider().create(args())
    assert made.id == "citycam-local-data"
    assert VolumeProvider().read(made.id, made.outs or {}).outs == args()


def test_a_folder_is_made_for_its_owner_and_is_read_back_as_declared(
    client: Client, tmp_path: Path, owners: list[tuple[Path, int, int]]
) -> None:
    folder = tmp_path / "recordings" / "gateway-1"
    wanted = args(str(folder), 10001)
    made = VolumeProvider().create(wanted)
    assert folder.is_dir()
    assert owners == [(folder, 10001, 10001)]
    assert VolumeProvider().read(made.id, wanted).outs == wanted
    assert client.api.inspect_volume(made.id)["Options"] == {"type": "none", "o": "bind", "device": str(folder)}


def test_owners_that_pulumi_turned_into_fractions_are_whole_again(
    client: Client, tmp_path: Path, owners: list[tuple[Path, int, int]]
) -> None:
    VolumeProvider().create(args(str(tmp_path / "new")) | {"owner": 10001.0})
    assert [type(number) for number in owners[0][1:]] == [int, int]


def test_a_folder_that_exists_is_left_as_it_is(
    client: Client, tmp_path: Path, owners: list[tuple[Path, int, int]]
) -> None:
    (tmp_path / "kept").write_text("kept", encoding="ascii")
    made = VolumeProvider().create(args(str(tmp_path), 10001))
    VolumeProvider().delete(made.id, args(str(tmp_path)))
    assert owners == []
    assert (tmp_path / "kept").read_text(encoding="ascii") == "kept"


def test_what_an_interrupted_run_left_is_taken_over(client: Client) -> None:
    VolumeProvider().create(args())
    VolumeProvider().create(args())
    assert client.api.done == ["create citycam-local-data"]


def test_one_that_was_left_and_is_another_folder_is_made_anew(client: Client, tmp_path: Path) -> None:
    VolumeProvider().create(args())
    VolumeProvider().create(args(str(tmp_path)))
    assert client.api.inspect_volume("citycam-local-data")["Options"]["device"] == str(tmp_path)


def test_a_volume_of_somebody_elses_is_not_touched(client: Client) -> None:
    VolumeProvider().create(args() | {"environment": "another"})
    with pytest.raises(EnvironmentFailure, match="a volume named citycam-local-data exists and is not ours"):
        VolumeProvider().create(args())
    assert client.api.done == ["create citycam-local-data"]


def test_a_volume_whose_folder_is_gone_is_gone(client: Client, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    made = VolumeProvider().create(args(str(folder)))
    folder.rmdir()
    assert VolumeProvider().read(made.id, args(str(folder))).id is None


def test_one_that_is_gone_is_noticed_and_need_not_be_deleted(client: Client) -> None:
    made = VolumeProvider().create(args())
    VolumeProvider().delete(made.id, args())
    VolumeProvider().delete(made.id, args())
    assert VolumeProvider().read(made.id, args()).id is None


@pytest.mark.parametrize("change", [{"folder": "/elsewhere"}, {"owner": 1}, {"name": "other"}])
def test_any_difference_is_another_volume_and_the_old_one_goes_first(change: dict[str, Any]) -> None:
    found = VolumeProvider().diff("id", args(), args() | change)
    assert found.replaces == list(change)
    assert found.delete_before_replace
