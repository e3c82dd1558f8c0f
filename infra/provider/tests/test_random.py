from __future__ import annotations

import base64

import pytest

from infra.provider.random import RandomProvider


def drawn(size: int = 24) -> dict[str, object]:
    found: dict[str, object] = RandomProvider().create({"size": size}).outs or {}
    return found


@pytest.mark.parametrize("size", [24, 32])
def test_a_secret_holds_so_many_random_bytes(size: int) -> None:
    value = str(drawn(size)["value"])
    assert len(base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))) == size


def test_sizes_that_pulumi_turned_into_fractions_are_whole_again() -> None:
    outs = RandomProvider().create({"size": 24.0}).outs or {}
    assert len(outs["value"]) == 32


def test_no_two_secrets_are_alike_and_an_id_says_nothing_about_them() -> None:
    results = [RandomProvider().create({"size": 24}) for _ in range(50)]
    values = {(result.outs or {})["value"] for result in results}
    assert len(values) == len({result.id for result in results}) == 50
    assert not any(str(value) in result.id or result.id in str(value) for result in results for value in values)


def test_another_size_is_another_secret_made_before_the_old_one_goes() -> None:
    outs = drawn()
    found = RandomProvider().diff("id", outs, {"size": 32})
    assert found.replaces == ["size"]
    assert not found.delete_before_replace


def test_a_secret_stays_at_every_run() -> None:
    outs = drawn()
    assert not RandomProvider().diff("id", outs, {"size": 24}).changes
    assert RandomProvider().update("id", outs, {"size": 24}).outs == outs
