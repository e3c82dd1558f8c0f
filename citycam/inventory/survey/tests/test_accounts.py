from __future__ import annotations

from ipaddress import IPv4Address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycam.inventory.network import Credentials
from citycam.inventory.record import CameraRecord
from citycam.inventory.survey.accounts import MOST_WRONG, Accounts, Attempts, load_accounts, stored_accounts
from citycam.model.errors import ConfigError

HERE, THERE = IPv4Address("10.0.0.1"), IPv4Address("10.0.0.2")
ONE, OTHER, EYE = Credentials("admin", "one"), Credentials("admin", "other"), Credentials("eye", "x")


def written(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def test_the_most_particular_account_of_a_user_counts(tmp_path: Path) -> None:
    text = "address,username,password\n10.0.0.0/24,admin,other\n10.0.0.1,admin,one\n10.0.0.0/24,eye,x\n"
    accounts = load_accounts(written(tmp_path / "a.csv", text))
    assert accounts.of(HERE) == [ONE, EYE]
    assert accounts.of(THERE) == [OTHER, EYE]
    assert accounts.of(IPv4Address("10.0.1.1")) == []


@pytest.mark.parametrize(
    ("text", "mode", "wrong"),
    [
        ("address,username,password\n10.0.0.1,a,secret\n", 0o644, "others may read"),
        ("address,username,password\nsecret,a,secret\n", 0o600, "needs address"),
        ("address,username\n10.0.0.1,a\n", 0o600, "needs address"),
    ],
)
def test_a_file_that_is_wrong_is_refused_without_its_secrets(tmp_path: Path, text: str, mode: int, wrong: str) -> None:
    with pytest.raises(ConfigError, match=wrong) as caught:
        load_accounts(written(tmp_path / "a.csv", text, mode))
    assert "secret" not in str(caught.value)


def test_a_refused_user_is_not_asked_again_with_another_password() -> None:
    attempts = Attempts()
    attempts.refused(HERE, ONE)
    assert attempts.candidates(HERE, [ONE, OTHER, EYE]) == [EYE]
    assert attempts.candidates(THERE, [ONE]) == [ONE]


def test_who_was_let_in_is_the_only_one_until_he_is_not() -> None:
    attempts = Attempts()
    attempts.accepted(HERE, EYE)
    assert attempts.candidates(HERE, [ONE, EYE]) == [EYE]
    attempts.refused(HERE, EYE)
    assert attempts.known(HERE) is None
    assert attempts.candidates(HERE, [ONE, EYE]) == [ONE]


def test_refusals_are_told_at_once_and_recalled_by_a_later_run() -> None:
    told: list[tuple[IPv4Address, str]] = []
    Attempts(told=lambda address, name: told.append((address, name))).refused(HERE, ONE)
    assert told == [(HERE, "admin")]
    later = Attempts()
    later.recall({HERE: ["admin"]})
    assert later.candidates(HERE, [ONE, OTHER]) == []


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.text(max_size=3)), max_size=40))
def test_no_device_ever_hears_more_wrong_words_than_it_stands(given_: list[tuple[str, str]]) -> None:
    """Whatever accounts are given, and however often somebody asks: each user once, and few users."""
    attempts, heard = Attempts(), []
    accounts = [Credentials(*one) for one in given_]
    for _ in range(5):
        while candidates := attempts.candidates(HERE, accounts):
            heard.append(candidates[0].username)
            attempts.refused(HERE, candidates[0])
    assert len(heard) == len(set(heard)) <= MOST_WRONG


def test_accounts_of_a_secret_store_go_to_the_addresses_that_name_them() -> None:
    store = {"secret-1": ONE, "secret-2": Credentials("", "x")}
    records = [
        CameraRecord(id="cam-000001", agency="a", address=HERE, secret="secret-1"),
        CameraRecord(id="cam-000002", agency="a", address=THERE, secret="secret-2"),
        CameraRecord(id="cam-000003", agency="a", secret="secret-1"),
    ]
    accounts = stored_accounts(records, store.get)
    assert isinstance(accounts, Accounts)
    assert accounts.of(HERE) == [ONE]
    assert accounts.of(THERE) == [], "a password of nobody opens nothing"
