from __future__ import annotations

from ipaddress import IPv4Address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycam.inventory.survey.scope import PRIVATE, scope_of
from citycam.model.errors import ConfigError, PolicyViolation


def test_an_address_outside_is_refused() -> None:
    scope = scope_of(["10.20.0.0/30", "192.168.1.7/32"])
    scope.check(IPv4Address("10.20.0.3"))
    assert [str(one) for one in scope.hosts()] == ["10.20.0.1", "10.20.0.2", "192.168.1.7"]
    for text in ("10.20.0.4", "10.19.255.255", "192.168.1.8", "8.8.8.8"):
        with pytest.raises(PolicyViolation, match="no declared network"):
            scope.check(IPv4Address(text))


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1), st.integers(14, 32))
def test_what_passes_is_in_a_declared_network(address: int, base: int, prefix: int) -> None:
    mask = (2**32 - 1) << (32 - prefix) & (2**32 - 1)
    network = f"{IPv4Address(base & mask)}/{prefix}"
    try:
        scope = scope_of([network])
    except ConfigError:
        return
    assert any(IPv4Address(base) in private for private in PRIVATE)
    inside = address & mask == base & mask
    assert (IPv4Address(address) in scope) is inside


@pytest.mark.parametrize("network", ["8.8.8.0/24", "172.32.0.0/24", "100.128.0.0/24"])
def test_public_addresses_need_an_explicit_yes(network: str) -> None:
    with pytest.raises(ConfigError, match="public"):
        scope_of([network])
    if network.endswith("/24"):
        assert scope_of([network], public=True).size == 256


@pytest.mark.parametrize("network", ["224.0.0.0/24", "255.255.255.255/32", "0.0.0.0/0", "240.0.0.0/24"])
def test_addresses_that_no_device_has_are_never_surveyed(network: str) -> None:
    with pytest.raises(ConfigError, match="no device"):
        scope_of([network], public=True)


def test_too_much_is_a_mistake_and_so_is_nothing() -> None:
    for networks, wrong in (([], "no network"), (["10.0.0.0/8"], "too many"), (["10.0.0.1/24"], "no network")):
        with pytest.raises(ConfigError, match=wrong):
            scope_of(networks)


def test_a_file_declares_networks(tmp_path: Path) -> None:
    path = tmp_path / "networks.yaml"
    path.write_text(
        "schema_version: 1\nnetworks:\n  - {network: 8.8.8.0/30, public: true}\n  - {network: 10.0.0.0/30}\n"
    )
    assert scope_of([], [path]).size == 8
    path.write_text("schema_version: 1\nnetworks:\n  - {network: 8.8.8.0/30}\n")
    with pytest.raises(ConfigError, match="public"):
        scope_of([], [path])
    path.write_text("schema_version: 1\nnetworks:\n  - {network: here}\n")
    with pytest.raises(ConfigError) as caught:
        scope_of([], [path])
    assert caught.value.where == f"{path}:3"
