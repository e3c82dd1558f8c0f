import pytest

from citycam.model.errors import ConfigError
from citycam.plan.coefficients import coefficients
from citycam.plan.outage.measured import Measurement, disagreements, measured, simulated
from citycam.plan.outage.timings import timings

LAB = measured().measurements


def invented(**changes: object) -> Measurement:
    """A measurement that nobody made: what arithmetic says of a lab without chance."""
    facts = {
        "what": "a worker is killed",
        "scenario": "node-dies",
        "cameras": 12,
        "gateways": 6,
        "nodes": 3,
        "timings": {"swarm.heartbeat": "2s", "camera.single_session": "0%", "camera.key_frame": "0s"},
        "found": [{"missed.least": 5.0, "missed.most": 5.0}],
        "date": "2026-11",
        "machine": "none",
        "source": "arithmetic",
    }
    return Measurement.model_validate({**facts, **changes})


def of(scenario: str) -> Measurement:
    """The first measurement of a scenario."""
    return next(one for one in LAB if one.scenario == scenario)


@pytest.mark.parametrize("measurement", LAB, ids=lambda one: one.what)
def test_the_simulation_agrees_with_the_lab(measurement: Measurement) -> None:
    assert disagreements(measurement, timings(), coefficients()) == []


@pytest.mark.parametrize(
    ("scenario", "figure", "wrong"),
    [
        ("node-dies", "swarm.heartbeat", "5s"),
        ("node-dies", "swarm.heartbeat", "4s"),
        ("node-dies", "swarm.heartbeat", "1s"),
        ("node-dies", "swarm.grace", "2"),
        ("node-dies", "swarm.grace", "6"),
        ("node-dies", "swarm.restart_delay", "5s"),
        ("node-dies", "swarm.tasks_per_second", "1"),
        ("node-dies", "gateway.start", "2s"),
        ("node-dies", "gateway.setup_cpu", "200ms"),
        ("leader-dies", "swarm.election_ticks", "3"),
        ("leader-dies", "swarm.election_ticks", "20"),
        ("leader-dies", "swarm.grace_unknown", "12"),
        ("gateways-upgraded", "gateway.start", "2s"),
        ("gateways-upgraded", "gateway.stop", "3s"),
        ("gateways-upgraded", "gateway.setup_cpu", "200ms"),
    ],
)
def test_the_lab_disagrees_with_a_figure_that_is_wrong(scenario: str, figure: str, wrong: str) -> None:
    measurement = of(scenario)
    otherwise = measurement.model_copy(update={"timings": {**measurement.timings, figure: wrong}})
    told = disagreements(otherwise, timings(), coefficients())
    assert any("gap.most was measured as" in one for one in told), told


def test_a_leader_that_waited_as_for_a_known_node_would_be_replaced_too_soon() -> None:
    known = timings().replaced({"swarm.grace_unknown": "3"})
    assert [told for one in LAB if one.scenario == "leader-dies" for told in disagreements(one, known, coefficients())]


def test_both_cases_of_a_lost_node_and_the_upgrade_were_measured() -> None:
    assert {one.scenario for one in LAB} >= {"node-dies", "leader-dies", "gateways-upgraded"}
    assert all("gap.most" in run and "touched" in run for one in LAB for run in one.found)


def test_each_measurement_says_the_heartbeat_that_it_was_made_with() -> None:
    """It is no longer ours, and what is ours may change again."""
    assert {one.timings.get("swarm.heartbeat") for one in LAB} == {"2s"}


def test_what_the_lab_measured_is_sourced() -> None:
    for one in LAB:
        assert one.date
        assert one.machine
        assert one.source


def test_the_node_that_is_named_dies_with_its_own_cameras() -> None:
    for scenario, node, touched in [("node-dies", "node-3", 4 + 2), ("leader-dies", "node-2", 5 + 1)]:
        one = invented(
            scenario=scenario,
            node=node,
            cameras=14,
            shards=[1, 5, 4, 1, 1, 2],
            found=[{"touched": touched, "moved": 2}],
        )
        assert disagreements(one, timings(), coefficients()) == []


def test_a_node_that_there_is_not_is_told() -> None:
    with pytest.raises(ConfigError, match="node-9"):
        simulated(invented(node="node-9"), timings(), coefficients())
    with pytest.raises(ConfigError, match="node-9"):
        simulated(invented(scenario="leader-dies", node="node-9"), timings(), coefficients())


def test_shards_that_are_not_all_cameras_are_refused() -> None:
    with pytest.raises(ValueError, match="6 shards must have 12 cameras in all"):
        invented(shards=[2, 2, 2, 2, 2, 1])


def test_a_node_is_missed_within_two_to_three_heartbeats() -> None:
    ranges = simulated(invented(), timings(), coefficients())
    assert 2 * 1.5 <= ranges["missed.least"][0] < ranges["missed.most"][1] <= 3 * 2.5


def test_a_measurement_that_the_simulation_cannot_explain_is_told() -> None:
    assert disagreements(invented(), timings(), coefficients()) == []
    (told,) = disagreements(invented(found=[{"missed.most": 5.0}, {"missed.most": 9.0}]), timings(), coefficients())
    assert "missed.most was measured as 9" in told
    assert disagreements(invented(found=[{"missed.most": 9.0}], within=2.0), timings(), coefficients()) == []
