from citycam.plan.coefficients import coefficients
from citycam.plan.outage.lab import Measurement, disagreement, lab, simulated
from citycam.plan.outage.timings import timings


def measured(**changes: object) -> Measurement:
    """A measurement that nobody made: what arithmetic says of a lab without chance."""
    facts = {
        "what": "a worker is killed",
        "scenario": "node-dies",
        "cameras": 12,
        "gateways": 6,
        "nodes": 3,
        "timings": {"camera.single_session": "0%", "camera.key_frame": "0s"},
        "metric": "missed.most",
        "value": 5.0,
        "date": "2026-11",
        "machine": "none",
        "source": "arithmetic",
    }
    return Measurement.model_validate({**facts, **changes})


def test_the_simulation_agrees_with_the_lab() -> None:
    told = [disagreement(one, timings(), coefficients()) for one in lab().measurements]
    assert not [one for one in told if one]


def test_what_the_lab_measured_is_sourced() -> None:
    for one in lab().measurements:
        assert one.date
        assert one.machine
        assert one.source


def test_a_node_is_missed_within_two_to_three_heartbeats() -> None:
    least, most = simulated(measured(), timings(), coefficients())
    assert 2 * 1.5 <= least < most <= 3 * 2.5


def test_a_measurement_that_the_simulation_cannot_explain_is_told() -> None:
    assert disagreement(measured(), timings(), coefficients()) is None
    told = disagreement(measured(value=9.0), timings(), coefficients())
    assert told is not None
    assert "missed.most was measured as 9" in told
    assert disagreement(measured(value=9.0, within=2.0), timings(), coefficients()) is None
