"""A campaign that is asked for otherwise than its file says: what is run, and what the run says was run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from citycam.cli import campaign as verbs
from citycam.cli import doctor
from citycam.cli.lab_run import Asked
from citycam.cli.main import app
from citycam.inventory.roster import load_inventory
from citycam.model.environment import Environment
from citycam.model.errors import EnvironmentFailure, ExitCode
from citycam.model.workspace import PROJECT

FAILOVER = PROJECT / "campaigns" / "failover.yaml"
LAB_3 = PROJECT / "environments" / "lab-3.yaml"


@pytest.fixture
def stood_up(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the environments that were to stand; none of them can."""
    found: list[str] = []

    class Refusing:
        def __init__(self, environment: Environment) -> None:
            self.environment = environment

        def up(self, _progress: object) -> None:
            found.append(self.environment.name)
            raise EnvironmentFailure("nothing stands here")

        def down(self, _progress: object) -> None:
            """There is nothing."""

    monkeypatch.setattr(verbs, "Platform", Refusing)
    monkeypatch.setattr(doctor, "require", lambda *_: None)
    return found


def said(asked: Asked, runs: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the folder of a run says was asked for: its campaign and its plan."""
    done = CliRunner().invoke(app, [*asked.arguments, "--runs", str(runs)])
    assert done.exit_code == ExitCode.ENVIRONMENT, done.output
    assert "nothing stands here" in done.stderr
    (folder,) = (path.parent for path in runs.glob("failover/*/campaign.json"))
    campaign, plan = (json.loads((folder / name).read_text()) for name in ("campaign.json", "plan.json"))
    return campaign, plan


def test_a_campaign_runs_on_another_environment_for_another_time_and_its_run_says_so(
    stood_up: list[str], tmp_path: Path
) -> None:
    campaign, plan = said(Asked(FAILOVER, LAB_3, recording_s=75), tmp_path)
    assert stood_up == ["lab-3"]
    assert (campaign["environment"], campaign["recording"]) == (str(LAB_3), 75)
    assert (plan["environment"], len(plan["gateways"])) == ("lab-3", 3)
    assert (campaign["warm_up"], len(plan["cameras"])) == (180, 200)


def test_a_campaign_is_what_its_file_says_where_nothing_else_is_asked(stood_up: list[str], tmp_path: Path) -> None:
    campaign, plan = said(Asked(FAILOVER), tmp_path)
    assert stood_up == ["lab"]
    assert (Path(campaign["environment"]).name, campaign["recording"]) == ("lab.yaml", 120)
    assert (plan["environment"], len(plan["gateways"])) == ("lab", 6)


def test_other_cameras_are_named_by_their_whole_path(
    stood_up: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(PROJECT)
    campaign, plan = said(Asked(FAILOVER, inventory=Path("inventories/smoke.csv")), tmp_path)
    assert stood_up == ["lab"]
    assert campaign["inventory"] == str(PROJECT / "inventories" / "smoke.csv")
    assert len(plan["cameras"]) == len(load_inventory(PROJECT / "inventories" / "smoke.csv"))
