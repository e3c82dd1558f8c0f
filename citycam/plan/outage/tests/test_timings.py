from pathlib import Path

import pytest

from citycam.model.errors import ConfigError
from citycam.plan.outage.timings import TIMINGS, timings

TEXT = TIMINGS.read_text(encoding="utf-8")


def test_every_figure_has_a_source_and_every_source_a_figure() -> None:
    known = timings()
    used = {source for _, one in known._known() for source in [one.source]}
    assert used == set(known.sources)


def test_what_the_lab_has_not_measured_says_so() -> None:
    kinds = {figure.name: figure.kind for figure in timings().figures()}
    assert kinds["gateway.retry_pause"] == "documented"
    assert kinds["swarm.heartbeat"] == "set"
    assert set(kinds.values()) <= {"measured", "documented", "set", "unmeasured"}


def test_a_node_that_loses_its_manager_is_heard_by_another_before_it_is_missed() -> None:
    """Missed after 3 (P - 0.5), heard again after (P + 0.5) + 5 + 0.3: four is the least whole number of seconds."""
    assert timings().slack == pytest.approx(3 * 3.5 - (4.5 + 5 + 0.3))
    left = {period: timings().replaced({"swarm.heartbeat": period}).slack for period in range(1, 7)}
    assert [period for period, seconds in left.items() if seconds > 0] == [4, 5, 6]
    assert left[2] == pytest.approx(4.5 - (2.5 + 5 + 0.3))


def test_figures_are_replaced_by_name() -> None:
    changed = timings().replaced({"swarm.heartbeat": 1, "camera.key_frame": 0.5})
    assert (changed.swarm.heartbeat.value, changed.camera.key_frame.value) == (1.0, 0.5)
    assert timings().swarm.heartbeat.value == 4.0
    assert timings().replaced({"swarm.grace": "4", "gateway.start": "300ms"}).gateway.start.value == 0.3
    given = {figure.name for figure in changed.figures() if figure.kind == "given"}
    assert given == {"swarm.heartbeat", "camera.key_frame"}


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("swarm.hartbeat", "1s", r"did you mean swarm\.heartbeat"),
        ("swarm.heartbeat", "1", "not a duration"),
        ("swarm.grace", "0", "greater than or equal to 1"),
        ("swarm", "1s", "no such timing: swarm"),
    ],
)
def test_what_cannot_be_replaced_is_told(name: str, value: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        timings().replaced({name: value})


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("heartbeat: {value: 4s", "heartbeat: {value: 4", "not a duration"),
        ("source: containers", "source: hearsay", "no such source: hearsay"),
        ("    address: https://www.rfc-editor.org/rfc/rfc6298\n", "", "must name an address"),
        ("kind: unmeasured", "kind: measured", "must name its machine and date"),
        ("retry_pause", "retry_paus", "did you mean 'retry_pause'"),
        ("tasks_per_second: {value: 6", "tasks_per_second: {value: 0", "greater than 0"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in TEXT
    path = tmp_path / "timings.yaml"
    path.write_text(TEXT.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        timings(path)
    assert message in str(error.value)
    assert f"{path}:" in str(error.value)
