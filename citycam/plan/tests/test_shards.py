import random
from ipaddress import IPv4Network

from hypothesis import given
from hypothesis import strategies as st

from citycam.inventory.sample import sample_inventory
from citycam.plan.shards import assign

CITY = sample_inventory(1000, 7, IPv4Network("198.18.64.0/18"))
GATEWAYS = ["gateway-1", "gateway-2", "gateway-3"]


def _homes(shards: dict[str, list[str]]) -> dict[str, str]:
    return {camera: gateway for gateway, cameras in shards.items() for camera in cameras}


@given(st.integers(0, 200), st.integers(1, 8), st.randoms())
def test_every_camera_has_one_gateway_whatever_the_order(count: int, gateways: int, chance: random.Random) -> None:
    names = [f"gateway-{number}" for number in range(1, gateways + 1)]
    cameras = CITY[:count]
    shuffled = list(cameras)
    chance.shuffle(shuffled)
    shards = assign(cameras, names)
    assert shards == assign(shuffled, names)
    assert sorted(_homes(shards)) == [camera.id for camera in cameras]
    assert sum(map(len, shards.values())) == count


def test_gateways_carry_about_the_same() -> None:
    sizes = [len(cameras) for cameras in assign(CITY, GATEWAYS).values()]
    assert max(sizes) <= 1.06 * sum(sizes) / len(sizes)


def test_growth_by_one_percent_moves_less_than_two() -> None:
    before, after = _homes(assign(CITY[:990], GATEWAYS)), _homes(assign(CITY, GATEWAYS))
    moved = [camera for camera in before if before[camera] != after[camera]]
    assert len(moved) < 0.02 * len(before)
