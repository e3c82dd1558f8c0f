from __future__ import annotations

import subprocess
from pathlib import Path

import argon2
import bcrypt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.components.hashing import Right, argon2id, gateway_users, htpasswd, salt

RIGHTS = {"viewer": (Right("read", "~^cam-[0-9]{6}$"), Right("playback")), "operator": (Right("api"),)}
PASSWORDS = {"viewer": "one", "operator": "two", "nobody": "three"}
salts = st.binary(min_size=16, max_size=16)
passwords = st.text("abcABC0123-_", min_size=1, max_size=40)


@given(st.text(), st.text(), st.text())
def test_a_salt_is_sixteen_bytes_of_its_purpose_alone(secret: str, purpose: str, other: str) -> None:
    assert len(salt(secret, purpose)) == 16
    assert (salt(secret, purpose) == salt(secret, other)) == (purpose == other)


def test_another_stacks_salt_is_another() -> None:
    assert salt("one seal", "gateway viewer") != salt("another seal", "gateway viewer")


@settings(max_examples=20)
@given(passwords, salts)
def test_gateways_can_check_a_password_and_its_hash_is_the_same_at_every_run(password: str, with_salt: bytes) -> None:
    kind, _, hashed = argon2id(password, with_salt).partition(":")
    assert kind == "argon2"
    assert hashed.startswith("$argon2id$v=19$")
    assert argon2.PasswordHasher().verify(hashed, password)
    assert argon2id(password, with_salt) == f"argon2:{hashed}"
    with pytest.raises(argon2.exceptions.VerifyMismatchError):
        argon2.PasswordHasher().verify(hashed, password + "x")


@settings(max_examples=20)
@given(passwords, salts)
def test_nginx_can_check_a_password_and_its_hash_is_the_same_at_every_run(password: str, with_salt: bytes) -> None:
    line = htpasswd("operator", password, with_salt)
    user, _, hashed = line.rstrip("\n").partition(":")
    assert user == "operator"
    assert bcrypt.checkpw(password.encode(), hashed.encode())
    assert not bcrypt.checkpw(f"x{password}".encode(), hashed.encode())
    assert htpasswd("operator", password, with_salt) == line


def test_two_users_of_one_password_have_two_hashes() -> None:
    lines = gateway_users({"viewer": "same", "operator": "same"}, RIGHTS, "seal").splitlines()
    hashes = [line.partition("=")[2] for line in lines if "_PASS=" in line]
    assert len(set(hashes)) == 2


def test_a_shell_reads_users_and_their_rights_as_they_are_meant(tmp_path: Path) -> None:
    file = tmp_path / "users"
    file.write_text(gateway_users(PASSWORDS, RIGHTS, "seal"), encoding="ascii")
    script = f"set -eu; set -a; . {file}; env | grep ^MTX_ | sort"
    read = subprocess.run(
        ["sh", "-c", script], check=True, capture_output=True, text=True, env={"PATH": "/usr/bin:/bin"}
    )
    variables = dict(line.split("=", 1) for line in read.stdout.splitlines())
    hashed = variables.pop("MTX_AUTHINTERNALUSERS_0_PASS").removeprefix("argon2:")
    assert argon2.PasswordHasher().verify(hashed, "one")
    hashed = variables.pop("MTX_AUTHINTERNALUSERS_1_PASS").removeprefix("argon2:")
    assert argon2.PasswordHasher().verify(hashed, "two")
    assert variables == {
        "MTX_AUTHINTERNALUSERS_0_USER": "viewer",
        "MTX_AUTHINTERNALUSERS_0_IPS": "",
        "MTX_AUTHINTERNALUSERS_0_PERMISSIONS_0_ACTION": "read",
        "MTX_AUTHINTERNALUSERS_0_PERMISSIONS_0_PATH": "~^cam-[0-9]{6}$",
        "MTX_AUTHINTERNALUSERS_0_PERMISSIONS_1_ACTION": "playback",
        "MTX_AUTHINTERNALUSERS_0_PERMISSIONS_1_PATH": "",
        "MTX_AUTHINTERNALUSERS_1_USER": "operator",
        "MTX_AUTHINTERNALUSERS_1_IPS": "",
        "MTX_AUTHINTERNALUSERS_1_PERMISSIONS_0_ACTION": "api",
        "MTX_AUTHINTERNALUSERS_1_PERMISSIONS_0_PATH": "",
    }


def test_a_user_without_a_password_is_a_mistake() -> None:
    with pytest.raises(KeyError, match="operator"):
        gateway_users({"viewer": "one"}, RIGHTS, "seal")
