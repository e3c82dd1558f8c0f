from __future__ import annotations

from ipaddress import IPv4Network

from hypothesis import given
from hypothesis import strategies as st

from infra.lab.layout import MOST_NODES
from infra.lab.subnets import RANGE, free, routed

subnet = st.builds(
    lambda address, prefix: IPv4Network((address, prefix), strict=False),
    st.integers(int(RANGE[0]), int(RANGE[-1])),
    st.integers(17, 30),
)


def test_the_first_lab_takes_the_first_pair() -> None:
    first = next(free([]))
    assert (str(first.admin), str(first.cameras)) == ("100.127.0.0/24", "100.127.1.0/24")
    assert (str(first.address(0)), str(first.camera_address(0))) == ("100.127.0.10", "100.127.1.10")
    assert first.address(MOST_NODES) in first.admin


@given(st.lists(subnet, max_size=8))
def test_a_pair_overlaps_nothing_that_is_taken(taken: list[IPv4Network]) -> None:
    for pair in free(taken):
        assert not pair.admin.overlaps(pair.cameras)
        assert not any(each.overlaps(one) for each in taken for one in (pair.admin, pair.cameras))


@given(st.lists(subnet, max_size=4))
def test_labs_that_follow_one_another_stay_apart(taken: list[IPv4Network]) -> None:
    for first in free(taken):
        second = next(free([*taken, first.admin, first.cameras]), None)
        assert second is None or not {first.admin, first.cameras} & {second.admin, second.cameras}
        break


def test_a_range_that_is_full_has_nothing() -> None:
    assert list(free([IPv4Network("100.64.0.0/10")])) == []


def test_routes_are_read_from_the_kernels_table() -> None:
    table = (
        "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
        "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
        "docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n"
        "eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
    )
    assert routed(table) == [IPv4Network("172.17.0.0/16"), IPv4Network("192.0.2.0/24")]
