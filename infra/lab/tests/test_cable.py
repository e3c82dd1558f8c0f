from __future__ import annotations

import os
from types import SimpleNamespace
from typing import Any, cast

import pytest

from citycam.model.errors import EnvironmentFailure
from infra.lab.cable import leads, plug, pull, pulled
from infra.lab.container import HOST, LAB

HEAD = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
ADMIN = "eth0\t00007F64\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
CAMERAS = "eth1\t00017F64\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"


class Host:
    """A container that notes what it is told."""

    name, labels = "citycam-lab-demo-node-1", {LAB: "demo", HOST: "node-1"}

    def __init__(self, process: int = 0, code: int = 0) -> None:
        networks = {"citycam-lab-demo-admin": {"Gateway": "100.127.0.1"}}
        self.attrs = {"State": {"Pid": process}, "NetworkSettings": {"Networks": networks}}
        self.told: list[str] = []
        self._code = code

    def exec_run(self, command: list[str]) -> Any:
        self.told.append(" ".join(command))
        return SimpleNamespace(exit_code=self._code, output=b"no such device")


def test_a_host_that_is_joined_again_gets_its_way_out_back() -> None:
    host = Host()
    pull(cast(Any, host))
    plug(cast(Any, host))
    assert host.told == [
        "ip link set eth0 down",
        "ip link set eth0 up",
        "ip route replace default via 100.127.0.1 dev eth0",
    ]


def test_a_cable_that_cannot_be_touched_is_told() -> None:
    with pytest.raises(EnvironmentFailure, match="the cable of node-1") as caught:
        pull(cast(Any, Host(code=2)))
    assert caught.value.why == "no such device"


def test_a_host_without_a_route_by_its_cable_is_cut_off() -> None:
    assert leads(HEAD + ADMIN + CAMERAS)
    assert not leads(HEAD + CAMERAS)


@pytest.mark.parametrize("process", [0, 2**22 + 1], ids=["never ran", "just ended"])
def test_a_host_that_does_not_run_is_not_cut_off(process: int) -> None:
    assert not pulled(cast(Any, Host(process)))


def test_this_machine_is_read_as_it_is() -> None:
    with open(f"/proc/{os.getpid()}/net/route", encoding="ascii") as table:
        assert pulled(cast(Any, Host(os.getpid()))) != leads(table.read())
