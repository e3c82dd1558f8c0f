import random

from hypothesis import given
from hypothesis import strategies as st

from citycam.plan.phases import WardState, assign_phases

SHARES = (0.05, 0.2, 0.35, 0.4)


def ward(code: int, cameras: int, part: float) -> WardState:
    return WardState(code, cameras, int(cameras * part))


WARDS = st.lists(
    st.builds(ward, st.integers(0, 300), st.integers(1, 500), st.floats(0, 1)), unique_by=lambda one: one.code
)


@given(WARDS, st.randoms())
def test_every_ward_has_a_phase_whatever_the_order(wards: list[WardState], chance: random.Random) -> None:
    phases = assign_phases(wards, SHARES)
    assert phases.keys() == {ward.code for ward in wards}
    assert set(phases.values()) <= {1, 2, 3, 4}
    shuffled = list(wards)
    chance.shuffle(shuffled)
    assert assign_phases(shuffled, SHARES) == phases


@given(WARDS, WARDS)
def test_an_approved_phase_is_kept(wards: list[WardState], others: list[WardState]) -> None:
    before = assign_phases(wards, SHARES)
    after = assign_phases([*wards, *(ward for ward in others if ward.code not in before)], SHARES, before)
    assert {code: after[code] for code in before} == before


def test_the_readiest_come_first_and_the_unknown_ward_last() -> None:
    wards = [WardState(0, 50, 50), WardState(7, 100, 20), WardState(8, 100, 90), WardState(9, 100, 90)]
    phases = assign_phases(wards, (0.3, 0.3, 0.4))
    assert phases[8] == 1
    assert phases[9] <= phases[7]
    assert phases[0] == 3


def test_phases_are_about_as_large_as_wanted() -> None:
    wards = [WardState(code, 100, code % 100) for code in range(1, 101)]
    phases = assign_phases(wards, SHARES)
    sizes = [list(phases.values()).count(number) for number in (1, 2, 3, 4)]
    assert sizes == [5, 20, 35, 40]
