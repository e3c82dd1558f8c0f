from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi.dynamic.dynamic import PROVIDER_KEY

from infra.provider.config import ConfigArgs, ConfigProvider
from infra.provider.declared import DeclaredProvider
from infra.provider.network import NetworkArgs, NetworkProvider
from infra.provider.random import RandomArgs, RandomProvider
from infra.provider.secret import SecretArgs, SecretProvider
from infra.provider.service import ServiceProvider
from infra.provider.service_args import ServiceArgs
from infra.provider.volume import VolumeArgs, VolumeProvider

NAMED = ("name", "environment")
ALL = {
    ConfigProvider: {*vars(ConfigArgs(*NAMED, "content")), "key"},
    NetworkProvider: {*vars(NetworkArgs(*NAMED, "overlay"))},
    RandomProvider: {*vars(RandomArgs())},
    SecretProvider: {*vars(SecretArgs(*NAMED, "content", "key"))},
    ServiceProvider: {*ServiceArgs(*NAMED, "part", "image").properties()},
    VolumeProvider: {*vars(VolumeArgs(*NAMED))},
}


class Trial(DeclaredProvider):
    declared = ("size", "colour", "place")
    fixed = ("place",)


props = st.fixed_dictionaries({key: st.integers(0, 1) for key in Trial.declared})


@pytest.mark.parametrize(("provider", "arguments"), ALL.items())
def test_whatever_may_be_said_of_a_resource_is_compared(provider: type[DeclaredProvider], arguments: set[str]) -> None:
    assert set(provider.declared) == arguments
    assert set(provider.fixed) <= arguments


@given(props)
def test_what_is_as_it_was_is_no_change(seen: dict[str, Any]) -> None:
    found = Trial().diff("id", {**seen, "noticed": 1, PROVIDER_KEY: "old"}, {**seen, PROVIDER_KEY: "new"})
    assert not found.changes
    assert found.replaces == []


@given(props, props)
def test_any_difference_is_a_change_and_in_what_is_fixed_a_replacement(
    olds: dict[str, Any], news: dict[str, Any]
) -> None:
    found = Trial().diff("id", olds, news)
    assert found.changes == (olds != news)
    assert found.replaces == (["place"] if olds["place"] != news["place"] else [])
    assert found.delete_before_replace


def test_a_property_that_was_never_seen_is_a_change() -> None:
    assert Trial().diff("id", {"size": 1, "colour": 1}, {"size": 1, "colour": 1, "place": 1}).replaces == ["place"]


def test_only_what_is_declared_is_taken() -> None:
    news = {"size": 1, "weight": 2, PROVIDER_KEY: "pickle"}
    assert Trial().check({}, news).inputs == {"size": 1}
    assert Trial().own(news) == {"size": 1}
