from pathlib import Path

import pytest

from citycam.model.environment import load_environment
from citycam.model.errors import ConfigError
from citycam.model.workspace import PROJECT
from citycam.plan.deployment import environment_text, gateways_of, scrape_targets, sized_for
from citycam.plan.tests.cities import city, planned

LOCAL = load_environment(PROJECT / "environments" / "local.yaml")
PLAN = planned(city(600, wards=9))


def test_an_environment_has_the_gateways_of_the_plan() -> None:
    sized = sized_for(LOCAL, PLAN)
    assert sized.gateways.count == len(PLAN.gateways) == len(sized.gateway_names)
    assert sized.gateways.retention == PLAN.sizing.recent
    assert sized.networks == LOCAL.networks


def test_a_phase_opens_the_gateways_of_its_wards() -> None:
    counts = [len(gateways_of(PLAN, phase.number)) for phase in PLAN.phases]
    assert counts == [phase.gateways for phase in PLAN.phases]
    assert len(gateways_of(PLAN)) == counts[-1]


def test_prometheus_hears_of_every_gateway_twice_with_its_node() -> None:
    targets = scrape_targets(PLAN)
    assert len(targets) == 2 * len(PLAN.gateways)
    first = PLAN.gateways[0]
    assert targets[0]["targets"] == [f"{first.name}.management:9998"]
    assert targets[0]["labels"]["node"] == first.node
    assert targets[1]["targets"][0].startswith("recorder-metrics-")
    assert len(scrape_targets(PLAN, phase=1)) == 2 * PLAN.phases[0].gateways


def test_more_gateways_than_an_environment_holds_are_refused() -> None:
    with pytest.raises(ConfigError, match="an environment has from 1 to 64"):
        sized_for(LOCAL, planned([]))


def test_an_environment_file_has_them_and_keeps_its_comments(tmp_path: Path) -> None:
    base = (PROJECT / "environments" / "local.yaml").read_text(encoding="utf-8")
    path = tmp_path / "planned.yaml"
    path.write_text(environment_text(base, sized_for(LOCAL, PLAN, phase=1), "planned"), encoding="utf-8")
    written = load_environment(path)
    assert (written.name, written.gateways.count) == ("planned", PLAN.phases[0].gateways)
    assert written.gateways.retention == 86_400
    assert "# RFC 2544" in path.read_text(encoding="utf-8")
    with pytest.raises(ConfigError, match="cannot be called"):
        environment_text(base, LOCAL, "Big City")
