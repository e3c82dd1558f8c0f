from __future__ import annotations

import re

import argon2
import bcrypt
import pytest

from citycam.model.camera import camera_id
from infra.components.credentials import CAMERAS, GATEWAY_RIGHTS
from infra.tests.mocked import Platform, canary, is_secret

CAMERA = re.compile(CAMERAS.removeprefix("~"))


def content(platform: Platform, secret: str) -> str:
    return str(platform.one("Secret", secret)["content"])


def test_nobody_may_publish_and_metrics_and_api_are_for_one_user_each() -> None:
    rights = {user: {right.action for right in allowed} for user, allowed in GATEWAY_RIGHTS.items()}
    assert rights == {"viewer": {"read", "playback"}, "prometheus": {"metrics"}, "operator": {"api"}}


def test_viewers_see_cameras_and_nothing_else() -> None:
    assert {right.path for right in GATEWAY_RIGHTS["viewer"]} == {CAMERAS}
    assert CAMERA.search(camera_id(1))
    assert CAMERA.search(camera_id(999_999))
    assert not any(CAMERA.search(path) for path in ("", "cam-1", "all", "cam-0000001", "x/cam-000001", "cam-000001/x"))


@pytest.mark.parametrize(
    ("number", "user", "credential"),
    [(0, "viewer", "viewer"), (1, "prometheus", "prometheus"), (2, "operator", "gateway-operator")],
)
def test_gateways_know_each_user_by_a_hash_of_the_generated_password(
    platform: Platform, number: int, user: str, credential: str
) -> None:
    users = content(platform, "gateway-users")
    assert f"MTX_AUTHINTERNALUSERS_{number}_USER='{user}'" in users
    hashed = re.search(rf"USERS_{number}_PASS='argon2:(.*)'", users)
    assert hashed
    assert argon2.PasswordHasher().verify(hashed[1], canary(credential))
    assert "canary" not in users


def test_the_edge_knows_the_operator_by_a_hash_of_the_generated_password(platform: Platform) -> None:
    user, _, hashed = content(platform, "operator-htpasswd").strip().partition(":")
    assert user == "operator"
    assert bcrypt.checkpw(canary("operator").encode(), hashed.encode())
    assert "canary" not in content(platform, "operator-htpasswd")


def test_the_operator_of_gateways_is_not_the_operator_of_the_edge(platform: Platform) -> None:
    _, _, hashed = content(platform, "operator-htpasswd").strip().partition(":")
    assert not bcrypt.checkpw(canary("gateway-operator").encode(), hashed.encode())


@pytest.mark.parametrize(
    ("secret", "credential"),
    [
        ("prometheus-password", "prometheus"),
        ("camera-key", "camera-key"),
        ("database-password", "database-password"),
    ],
)
def test_who_must_say_a_password_is_given_it_as_a_file(platform: Platform, secret: str, credential: str) -> None:
    assert content(platform, secret) == canary(credential)


def test_keys_are_longer_than_passwords(platform: Platform) -> None:
    sizes = {name: platform.one("Random", name)["size"] for name in platform.all("Random")}
    assert {name for name, size in sizes.items() if size == 32} == {"camera-key", "seal"}
    assert set(sizes.values()) == {24, 32}


def test_the_seal_leaves_the_stack_in_no_output(platform: Platform) -> None:
    assert "seal" not in platform.outputs
    assert "prometheus" not in platform.outputs
    assert all(is_secret(value) for name, value in platform.outputs.items() if not name.startswith("edge_"))
