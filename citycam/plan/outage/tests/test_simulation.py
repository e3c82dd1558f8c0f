"""Laws that hold for every scenario and seed, and small cases that arithmetic can do."""

import math
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citycam.model.errors import CitycamError, ConfigError
from citycam.plan.coefficients import coefficients
from citycam.plan.outage.calls import Steps
from citycam.plan.outage.layout import Gateway, Layout, grid, layout_of
from citycam.plan.outage.scenario import Scenario, load_scenario, scenario_names
from citycam.plan.outage.simulation import Run, simulate
from citycam.plan.outage.swarm import Swarm
from citycam.plan.outage.timings import timings
from citycam.plan.tests.cities import city, planned

EXACT = timings().replaced({"gateway.part": 0, "camera.key_frame": 0, "camera.single_session": 0})
"""Without chance at the camera: what is left is when the loss is noticed."""

PERIOD, JITTER = EXACT.swarm.heartbeat.value, EXACT.swarm.heartbeat_jitter.value
SHORT, LONG = PERIOD - JITTER, PERIOD + JITTER
"""Between two heartbeats of a node, at least and at most."""
SETUP = EXACT.gateway.setup_cpu.value
CONNECT = EXACT.camera.round_trips.value * EXACT.camera.round_trip.value
START, STOP = EXACT.gateway.start.value, EXACT.gateway.stop.value
PLACED = EXACT.swarm.restart_delay.value + EXACT.placing + START
"""From a loss that is known until the first of its gateways calls its cameras."""


def lab(cameras: int = 60, gateways: int = 6, nodes: int = 5, **more: object) -> Layout:
    return grid(cameras, gateways, nodes, 512_000, coefficients(), **{"setup_cores": 2, **more})  # type: ignore[arg-type]


def scenario(**event: object) -> Scenario:
    return Scenario.model_validate({"schema_version": 1, "title": "", **event})


def seconds(run: Run) -> list[float]:
    return [gap.seconds for several in run.gaps.values() for gap in several]


layouts = st.builds(lab, st.integers(12, 90), st.integers(3, 12), st.integers(5, 7))
scenarios = st.sampled_from(scenario_names()).map(load_scenario)
seeds = st.integers(0, 10_000)


@settings(max_examples=40, deadline=None)
@given(scenarios, layouts, seeds, st.randoms())
def test_the_same_seed_gives_the_same_run_in_any_order(
    chosen: Scenario, layout: Layout, seed: int, chance: random.Random
) -> None:
    cameras, gateways = list(layout.cameras), list(layout.gateways.items())
    chance.shuffle(cameras)
    chance.shuffle(gateways)
    shuffled = replace(layout, cameras=tuple(cameras), gateways=dict(gateways))
    assert simulate(chosen, shuffled, timings(), seed) == simulate(chosen, layout, timings(), seed)


def test_another_seed_gives_another_run() -> None:
    one, other = (simulate(load_scenario("node-dies"), lab(), timings(), seed) for seed in (1, 2))
    assert seconds(one) != seconds(other)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(["node-dies", "node-returns", "leader-dies", "rack-dies", "node-cut-off"]), layouts, seeds)
def test_a_node_that_does_not_die_loses_nothing(name: str, layout: Layout, seed: int) -> None:
    run = simulate(load_scenario(name), layout, timings(), seed)
    nodes = list(layout.nodes)
    fallen = {"leader-dies": nodes[:1], "rack-dies": nodes[-4:]}.get(name)
    touched = {one.gateway for one in layout.cameras if one.id in run.gaps}
    if fallen is None:
        assert len({layout.gateways[gateway].home for gateway in touched}) <= 1
    else:
        assert {layout.gateways[gateway].home for gateway in touched} <= set(fallen)
        assert set(run.moved) <= {name for name, one in layout.gateways.items() if one.home in fallen}


@settings(max_examples=30, deadline=None)
@given(layouts, seeds, st.integers(1, 4))
def test_more_free_cores_never_make_a_gap_longer(layout: Layout, seed: int, more: int) -> None:
    """With slow set-ups; cameras that refuse a second session are left out, as their calls fall on a grid of pauses."""
    slow = timings().replaced({"gateway.setup_cpu": 0.3, "camera.single_session": 0, "gateway.read_timeout": 1000})
    few = simulate(load_scenario("node-dies"), replace(layout, setup_cores=1), slow, seed)
    many = simulate(load_scenario("node-dies"), replace(layout, setup_cores=1 + more), slow, seed)
    for camera, several in few.gaps.items():
        assert many.gaps[camera][0].seconds <= several[0].seconds + 1e-9


@settings(max_examples=20, deadline=None)
@given(st.integers(12, 90), st.integers(5, 8), seeds)
def test_standbys_never_make_a_gap_longer(cameras: int, nodes: int, seed: int) -> None:
    event = scenario(node_dies={"returns_after": "5min"})
    without = simulate(event, lab(cameras, 6, nodes, standbys=False), EXACT, seed)
    spare = simulate(event, lab(cameras, 6, nodes), EXACT, seed)
    assert without.gaps.keys() == spare.gaps.keys()
    for camera, several in without.gaps.items():
        assert spare.gaps[camera][0].seconds <= several[0].seconds + 1e-9


def test_a_lost_node_by_hand() -> None:
    """Two gateways of ten cameras go to two nodes, one pair of tasks after the other."""
    layout = lab(60, 6, 3)
    run = simulate(load_scenario("node-dies"), layout, EXACT, 3)
    (missed,) = run.found.values()
    assert 2 * SHORT <= missed <= 3 * LONG
    begun = missed + PLACED
    first = [begun + math.ceil(k / 2) * SETUP + CONNECT for k in range(1, 11)]
    assert sorted(seconds(run)) == pytest.approx(sorted([*first, *(one + EXACT.placing for one in first)]))
    assert (run.calls_of_node, len(run.moved)) == (10, 2)
    assert not run.overlaps


def test_a_lost_leader_by_hand() -> None:
    """Elected after 10 to 19 ticks, less what has passed since its last word; then six heartbeats of 3.5 to 4.5 s."""
    found = [simulate(load_scenario("leader-dies"), lab(), EXACT, seed).found["node-1"] for seed in range(60)]
    assert 9 + 6 * SHORT <= min(found) < 34
    assert 42 < max(found) <= 19 + 6 * LONG


def test_a_majority_of_managers_lost_is_waited_for() -> None:
    event = scenario(rack_dies={"nodes": 2, "first": "node-1", "returns_after": "100s"})
    run = simulate(event, lab(), EXACT, 1)
    assert all(109 <= missed <= 119 for missed in run.found.values())
    gone = simulate(scenario(rack_dies={"nodes": 2, "first": "node-1"}), lab(), EXACT, 1)
    assert gone.dark == frozenset(gone.gaps)
    assert not gone.moved


def test_home_and_standby_lost_at_once_stay_dark() -> None:
    event = scenario(rack_dies={"nodes": 2, "first": "node-4"})
    layout = lab(60, 12, 5)
    run = simulate(event, layout, EXACT, 1)
    stranded = {name for name, one in layout.gateways.items() if {one.home, one.standby} <= {"node-4", "node-5"}}
    assert stranded
    assert run.dark == {one.id for one in layout.cameras if one.gateway in stranded}


def test_upgrades_by_hand() -> None:
    layout = lab(60, 6, 3)
    run = simulate(load_scenario("gateways-upgraded"), layout, EXACT, 1)
    one = [STOP + START + math.ceil(k / 2) * SETUP + CONNECT for k in range(1, 11)]
    assert sorted(seconds(run)) == pytest.approx(sorted(6 * one))
    assert not run.moved
    ends = sorted({round(gap.began, 6) for several in run.gaps.values() for gap in several})
    each = STOP + START + EXACT.gateway.settle.value
    assert ends == pytest.approx([each * k for k in range(6)]), "stop, start, and settle before the next"


@pytest.mark.parametrize(
    ("down", "gap"),
    [
        (0.1, 0.2),  # TCP sends again after 0.2 s
        (5.0, 6.2),  # 0.2 + 0.4 + 0.8 + 1.6 + 3.2
        (15.5, 15 + 1 + SETUP + CONNECT),  # called after 10 + 5 s; the second SYN arrives
        (24.0, 15 + 10 + 5 + SETUP + CONNECT),  # no SYN after 7 s; called anew after a pause
    ],
)
def test_a_line_that_fails_by_hand(down: float, gap: float) -> None:
    layout = lab(6, 6, 3)
    event = scenario(uplink_flaps={"down": f"{down}s", "every": "5min", "times": 2, "site": "gateway-1/site-1"})
    run = simulate(event, layout, EXACT, 1)
    assert seconds(run) == pytest.approx([gap, gap])


def test_a_line_carries_the_key_frames_of_its_site_one_after_the_other() -> None:
    layout = replace(lab(60, 6, 3), lines={"gateway-1/site-1": 1_000_000})
    event = scenario(uplink_flaps={"down": "15.5s", "every": "5min", "site": "gateway-1/site-1"})
    figures = EXACT.replaced({"camera.key_frame": 1e-9, "camera.key_frame_share": 1e9})
    run = simulate(event, layout, figures, 1)
    assert max(seconds(run)) == pytest.approx(16 + CONNECT + SETUP + 10 * 0.512, abs=0.01)


def test_power_comes_back_by_hand() -> None:
    """Ready at 30 s; called every 15 s, in step: by the next SYN at the latest."""
    figures = EXACT.replaced({"camera.boot_spread": 0})
    for seed in range(30):
        run = simulate(scenario(power_returns={"ward": 1}), lab(), figures, seed)
        assert len(run.gaps) == 10
        assert CONNECT + SETUP <= min(seconds(run)) <= max(seconds(run)) <= 8 + 0.1 + CONNECT + 5 * SETUP


def test_who_takes_one_session_only_waits_for_the_old_one() -> None:
    figures = EXACT.replaced({"camera.single_session": 1})
    run = simulate(load_scenario("node-dies"), lab(), figures, 1)
    assert all(60 <= gap <= 60 + 5 + 2 * CONNECT + 10 * SETUP for gap in seconds(run))


def cut_off(lasts: float, node: str | None = "node-3") -> Scenario:
    return scenario(node_cut_off={"lasts": f"{lasts}s", **({"node": node} if node else {})})


def called(begun: float, gateways: int) -> list[float]:
    """When ten cameras each of so many gateways are recorded that are placed from `begun` on, one after the other."""
    each = [begun + math.ceil(k / 2) * SETUP + CONNECT for k in range(1, 11)]
    return sorted(one + k * EXACT.placing for k in range(gateways) for one in each)


LEASE, CALL = EXACT.watch.lease.value, EXACT.watch.call.value
WITHIN = EXACT.watch.look.value + CALL
"""The next look, and its call that nobody answers."""


def test_a_node_that_is_cut_off_records_on_for_its_lease_beside_its_standby() -> None:
    layout = lab(60, 6, 3)
    for seed in range(20):
        run = simulate(cut_off(60), layout, EXACT, seed)
        assert not run.gaps
        assert len(run.moved) == 2
        begun = run.found["node-3"] + PLACED
        ends = max(run.overlaps.values()) + begun
        assert LEASE + CALL + STOP < ends <= LEASE + WITHIN + STOP
        assert min(run.overlaps.values()) == pytest.approx(ends - begun - EXACT.placing)


def test_a_cut_that_is_longer_than_the_lease_makes_no_difference() -> None:
    for seed in range(10):
        one, other = (simulate(cut_off(lasts), lab(), EXACT, seed) for lasts in (60, 300))
        assert one.overlaps == other.overlaps


def test_a_node_that_was_missed_stops_when_the_cut_ends() -> None:
    for seed in range(20):
        run = simulate(cut_off(15), lab(60, 6, 3), EXACT, seed)
        assert not run.gaps
        ends = max(run.overlaps.values()) + run.found["node-3"] + PLACED
        assert 15 + STOP < ends <= 15 + 1 + STOP


def test_a_node_that_was_not_missed_starts_its_own_again() -> None:
    """The leader's followers take 30 s and more to miss it."""
    layout = lab(60, 6, 3)
    for seed in range(20):
        run = simulate(cut_off(10, "node-1"), layout, EXACT, seed)
        assert (run.moved, run.overlaps, run.found, run.dark) == ({}, {}, {}, frozenset())
        assert sorted(seconds(run)) == pytest.approx(called(STOP + PLACED, 2))
        (began,) = {gap.began for several in run.gaps.values() for gap in several}
        assert 10 <= began <= 11


def test_a_cut_that_is_shorter_than_its_patience_has_no_consequence() -> None:
    for seed in range(20):
        run = simulate(cut_off(6), lab(), EXACT, seed)
        assert (run.gaps, run.moved, run.overlaps) == ({}, {}, {})


def test_the_brief_cut_that_comes_along_costs_all_cameras_of_the_node_and_is_never_missed() -> None:
    for seed in range(50):
        run = simulate(load_scenario("node-cut-off-briefly"), lab(60, 6, 3), EXACT, seed)
        assert (len(run.gaps), run.moved, run.found) == (20, {}, {})


def test_a_leader_that_is_cut_off_records_on_until_its_standbys_have_its_cameras() -> None:
    """With our timings in a lab, key frames included: 300 seeds, and the worst that any may draw."""
    ours, layout = timings().replaced({"camera.single_session": 0}), lab(60, 6, 3)
    runs = [simulate(cut_off(120, "node-1"), layout, ours, seed) for seed in range(300)]
    assert {(len(run.moved), len(run.overlaps), len(run.gaps)) for run in runs} == {(2, 2, 0)}
    missed = max(run.found["node-1"] for run in runs)
    assert 43 < missed <= 19 + 6 * LONG
    assert called(19 + 6 * LONG + PLACED, 2)[-1] + ours.camera.key_frame.value < LEASE + CALL


def test_cameras_are_dark_between_a_lease_and_a_new_owner() -> None:
    """The leader's, were elections so long that its followers took longer than its lease to miss it."""
    patient, layout = EXACT.replaced({"swarm.election_ticks": 20}), lab(60, 6, 3)
    dark = []
    for seed in range(20):
        run = simulate(cut_off(300, "node-1"), layout, patient, seed)
        assert len(run.moved) == 2
        begun = run.found["node-1"] + PLACED
        (lease,) = {gap.began for several in run.gaps.values() for gap in several} or {0.0}
        if begun > LEASE + WITHIN + STOP:
            assert LEASE + CALL <= lease <= LEASE + WITHIN
            assert not run.overlaps
            assert sorted(seconds(run)) == pytest.approx([one - lease for one in called(begun, 2)])
            dark.append(seed)
    assert dark, "no seed has an election that takes longer than the lease"


def test_a_node_that_returns_after_its_lease_and_before_it_is_missed_starts_its_own_again() -> None:
    patient, layout = EXACT.replaced({"swarm.election_ticks": 40}), lab(60, 6, 3)
    run = simulate(cut_off(LEASE + 6, "node-1"), layout, patient, 1)
    (lease,) = {gap.began for several in run.gaps.values() for gap in several}
    assert LEASE + CALL <= lease <= LEASE + WITHIN
    assert sorted(seconds(run)) == pytest.approx([one - lease for one in called(LEASE + 6 + PLACED, 2)])
    assert (run.moved, run.overlaps) == ({}, {})


def test_without_a_standby_its_own_start_again_when_it_is_back() -> None:
    run = simulate(cut_off(60), lab(60, 6, 3, standbys=False), EXACT, 1)
    (lease,) = {gap.began for several in run.gaps.values() for gap in several}
    again = 60 + EXACT.placing + START
    assert sorted(seconds(run)) == pytest.approx([one - lease for one in called(again, 2)])
    assert (run.moved, run.overlaps) == ({}, {})


def test_who_takes_one_session_only_is_dark_from_the_lease_until_it_is_called_again() -> None:
    run = simulate(cut_off(60), lab(60, 6, 3), EXACT.replaced({"camera.single_session": 1}), 1)
    assert len(run.gaps) == 20
    assert all(LEASE + CALL <= gap.began <= LEASE + WITHIN for several in run.gaps.values() for gap in several)
    assert all(STOP <= gap <= STOP + 5 + 2 * CONNECT + 10 * SETUP for gap in seconds(run))


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 900), st.sampled_from(["node-1", "node-3", None]), layouts, seeds)
def test_two_owners_overlap_from_when_a_node_is_missed_until_its_lease_at_most(
    tenths: int, node: str | None, layout: Layout, seed: int
) -> None:
    lasts = tenths / 10
    run = simulate(cut_off(lasts, node), layout, timings(), seed)
    for gateway, overlap in run.overlaps.items():
        missed = run.found[layout.gateways[gateway].home]
        assert missed < lasts
        assert overlap <= min(lasts, LEASE) + WITHIN + STOP - missed - PLACED + 1e-9
    assert set(run.overlaps) <= set(run.moved)
    assert not run.dark


def test_the_only_manager_cannot_be_cut_off() -> None:
    with pytest.raises(ConfigError, match="node-1 cannot be cut off"):
        simulate(cut_off(60, "node-1"), lab(60, 6, 2), EXACT, 1)


def test_a_gateway_that_fails_starts_once_on_one_of_its_two_nodes() -> None:
    layout = lab(60, 6, 3)
    for seed in range(8):
        run = simulate(scenario(gateway_fails={"gateway": "gateway-2", "noticed_after": "20s"}), layout, EXACT, seed)
        assert set(run.gaps) == {one.id for one in layout.cameras if one.gateway == "gateway-2"}
        begun = 20 + PLACED
        assert sorted(seconds(run)) == pytest.approx([begun + math.ceil(k / 2) * SETUP + CONNECT for k in range(1, 11)])
        assert set(run.moved) <= {"gateway-2"}
    moves = [len(simulate(load_scenario("gateway-fails"), layout, EXACT, seed).moved) for seed in range(30)]
    assert set(moves) == {0, 1}, "the Swarm takes either node"


class Twice(Swarm):
    """A mechanism that starts a gateway on its standby, and then once more."""

    def start(self, gateway: Gateway, node: str, held_until: float) -> None:
        super().start(gateway, node, held_until)
        super().start(gateway, node, held_until)


class Restless(Swarm):
    """One that moves a gateway of a node that stands."""

    def restart(self, gateway: Gateway, held_until: float) -> Steps:
        yield from super().restart(gateway, held_until)
        other = next(one for one in self.world.layout.gateways.values() if one.home in self.world.alive and one.standby)
        self.world.left(other.name, other.home)
        self.start(other, str(other.standby), held_until)


class Idle(Swarm):
    """One that never starts anything."""

    def start(self, gateway: Gateway, node: str, held_until: float) -> None:
        pass


class Deaf(Swarm):
    """One whose node goes on until it is heard again, as without a watch."""

    def lets_go(self, node: str, cut: float) -> float | None:
        return cut


class Unwatched(Swarm):
    """One whose node goes on for ever."""

    def lets_go(self, node: str, cut: float) -> float | None:
        return None


@pytest.mark.parametrize("mechanism", [Deaf, Unwatched])
def test_a_node_that_records_on_beyond_its_lease_is_found(mechanism: type[Swarm]) -> None:
    with pytest.raises(CitycamError, match=r"had two owners for .* are allowed"):
        simulate(cut_off(60), lab(60, 6, 3), EXACT, 1, mechanism)


def test_a_patience_that_is_too_long_for_the_heartbeat_is_found() -> None:
    """Managers that miss a node within a second or two, and a node to which these do not matter."""
    hasty = EXACT.replaced({"swarm.heartbeat": 0.5, "swarm.heartbeat_jitter": 0, "watch.patience": 10})
    with pytest.raises(CitycamError, match=r"had two owners for .* are allowed"):
        simulate(cut_off(2), lab(60, 6, 3), hasty, 1)


@pytest.mark.parametrize(
    ("mechanism", "message"),
    [(Twice, "had two owners"), (Restless, "not 0"), (Idle, "runs 0 times at the end")],
)
def test_a_mechanism_that_is_wrong_is_found(mechanism: type[Swarm], message: str) -> None:
    with pytest.raises(CitycamError, match=message):
        simulate(load_scenario("node-dies"), lab(), timings(), 1, mechanism)


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ({"node_dies": {"node": "node-9"}}, "there is no node node-9"),
        ({"rack_dies": {"nodes": 6}}, "a rack of 6 nodes"),
        ({"uplink_flaps": {"down": "1s", "every": "2s", "site": "nowhere"}}, "there is no site nowhere"),
        ({"power_returns": {"ward": 99}}, "there is no ward 99"),
        ({"gateway_fails": {"gateway": "gateway-9"}}, "there is no gateway gateway-9"),
    ],
)
def test_what_the_layout_does_not_have_is_told(event: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        simulate(scenario(**event), lab(), timings(), 1)


def test_the_plan_of_a_city_is_laid_out() -> None:
    plan = planned(city(600, wards=6))
    layout = layout_of(plan, coefficients())
    assert len(layout.cameras) == len(plan.homes())
    assert all(one.standby != one.home for one in layout.gateways.values())
    run = simulate(load_scenario("node-dies"), layout, timings(), 1)
    (fallen,) = run.found
    assert set(run.gaps) == {one.id for one in layout.cameras if layout.gateways[one.gateway].home == fallen}
    assert run.peak_load <= max(node.lost for node in plan.nodes) + 1e-3


@pytest.mark.parametrize(("cameras", "gateways", "nodes"), [(0, 1, 1), (5, 6, 1), (5, 1, 0)])
def test_a_grid_of_nothing_is_refused(cameras: int, gateways: int, nodes: int) -> None:
    with pytest.raises(ConfigError, match="cannot lay out"):
        lab(cameras, gateways, nodes)
