"""The order of phases, and what happens when one breaks, with ports that only remember."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from citycam.campaign.ports import FleetStatus, Progress, Tools
from citycam.campaign.runner import CampaignRun
from citycam.campaign.schema import Campaign, Fault, load_campaign
from citycam.evidence.punctuality import Count
from citycam.evidence.run import Run
from citycam.inventory.roster import load_inventory
from citycam.model.camera import Camera
from citycam.model.environment import load_environment
from citycam.model.errors import EnvironmentFailure, EvidenceMissing
from citycam.model.workspace import PROJECT
from citycam.plan.plan import Plan, make_plan


@dataclass
class World:
    """Clock, progress, stack, gateways and probes: remembers what was asked; its clock moves when somebody waits."""

    asked: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    breaks: dict[str, BaseException] = field(default_factory=dict)
    now: int = 1_800_000_000 * 10**9
    playing: int = 0
    ledger_ends: int | None = None
    records: bool = True

    def ask(self, name: str) -> None:
        self.asked.append(name)
        if name in self.breaks:
            raise self.breaks[name]

    # Clock
    def now_ns(self) -> int:
        return self.now

    def pause(self, seconds: float) -> None:
        self.ask("pause")
        self.now += round(seconds * 1e9)

    # Progress
    def phase(self, name: str, title: str) -> None:
        self.said.append(name)

    def note(self, text: str) -> None:
        pass

    def warn(self, text: str) -> None:
        self.said.append(text)

    # Stack
    def up(self, progress: Progress) -> None:
        self.ask("up")

    def down(self, progress: Progress) -> None:
        self.ask("down")

    def publish(self, plan: Plan) -> None:
        self.ask(f"publish {len(plan.cameras)}")

    def facts(self) -> dict[str, Any]:
        return {"images": {}}

    # Gateways
    def deliver(self, plan: Plan) -> None:
        self.ask(f"deliver {len(plan.cameras)}")
        self.playing = len(plan.cameras)

    def written_since(self, plan: Plan, since_ns: int) -> int:
        return len(plan.cameras) if self.records else 0

    def collect(self, plan: Plan, run: Run, progress: Progress) -> None:
        self.ask("collect")

    # Probes
    def playback(self, campaign: Campaign, plan: Plan, run: Run) -> None:
        self.ask("playback")

    def metrics(self, campaign: Campaign, plan: Plan, run: Run) -> None:
        self.ask("metrics")


@dataclass
class RememberingFleet:
    """The fleet's port."""

    world: World

    def load(self, cameras: Sequence[Camera]) -> None:
        self.world.ask(f"load {len(cameras)}")

    def status(self) -> FleetStatus:
        playing = self.world.playing
        return FleetStatus(cameras=playing, playing=playing, frames_sent=0, lateness_p99_ms=0.0)

    def counts(self) -> dict[str, Count]:
        """A frame was sent since the last look, 1 ms late, and half a core was used."""
        seconds = self.world.now / 1e9
        return {"fleet/1": Count(started=1.0, cpu_seconds=seconds / 2, late={9: round(seconds)})}

    def open_ledger(self, run_id: str) -> None:
        self.world.ask("open ledger")

    def flush_ledger(self) -> int:
        return self.world.now if self.world.ledger_ends is None else self.world.ledger_ends

    def copy_ledger(self, destination: Path) -> None:
        self.world.ask("copy ledger")
        destination.write_text("")

    def start(self, fault: Fault) -> None:
        self.world.ask(f"fault {fault.kind}")

    def clear_faults(self) -> None:
        self.world.ask("clear faults")


@dataclass
class RememberingLoad:
    """The load generator's port."""

    world: World

    def start(self, campaign: Campaign, plan: Plan, run: Run) -> None:
        self.world.ask("start load")

    def finish(self) -> None:
        self.world.ask("finish load")

    def stop(self) -> None:
        self.world.ask("stop load")


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def campaign_run(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CampaignRun:
    campaign = load_campaign(PROJECT / "campaigns" / "smoke.yaml")
    environment = load_environment(campaign.environment)
    plan = make_plan(load_inventory(campaign.inventory)[:2], environment)
    # The archive is not written here, so auditing it is left to the tests of the audit.
    monkeypatch.setattr(CampaignRun, "_audit", lambda self: world.ask("audit"))
    tools = Tools(
        stack=world,
        gateways=world,
        fleet=RememberingFleet(world),
        load=RememberingLoad(world),
        probes=world,
        clock=world,
        progress=world,
    )
    return CampaignRun(campaign, plan, Run.create(tmp_path / "runs", "smoke", datetime.now(UTC)), tools)


def test_the_phases_go_in_order_and_the_window_is_as_long_as_asked(campaign_run: CampaignRun, world: World) -> None:
    campaign_run.execute()
    steps = [step for step in world.asked if step != "pause"]
    assert steps == [
        *(
            "up",
            "publish 2",
            "load 2",
            "open ledger",
            "deliver 2",
            "start load",
            "clear faults",
            "finish load",
            "copy ledger",
        ),
        *("metrics", "playback", "deliver 0", "copy ledger", "collect", "audit", "stop load"),
    ]
    marks = campaign_run.run.marks()
    assert (marks.stop_ns - marks.start_ns) / 1e9 == campaign_run.campaign.recording
    ended = [entry.phase for entry in campaign_run.run.journal.entries() if entry.event == "end"]
    assert ended == ["up", "warm-up", "record", "drain", "playback", "collect"]
    assert json.loads((campaign_run.run.root / "campaign.json").read_text())["name"] == "smoke"


def test_what_the_fleet_counted_while_all_was_recorded_is_kept(campaign_run: CampaignRun) -> None:
    campaign_run.execute()
    found = json.loads((campaign_run.run.evidence / "fleet.json").read_text())
    seconds = campaign_run.campaign.recording
    assert found["seconds"] == seconds
    assert found["shards"] == [{"shard": "fleet/1", "frames": seconds, "p99_s": 0.001, "cores": 0.5, "why": ""}]


def test_faults_are_started_in_the_recording(campaign_run: CampaignRun, world: World) -> None:
    fault = Fault(kind="drop-frames", cameras=["cam-000001"])
    faulty = CampaignRun(
        campaign_run.campaign.model_copy(update={"faults": (fault,)}),
        campaign_run.plan,
        campaign_run.run,
        campaign_run.tools,
    )
    faulty.execute()
    assert world.asked.index("deliver 2") < world.asked.index("fault drop-frames") < world.asked.index("start load")


def test_a_ledger_that_ends_too_early_is_kept_for_the_gates_to_judge(campaign_run: CampaignRun, world: World) -> None:
    world.ledger_ends = world.now
    campaign_run.execute()
    assert {"copy ledger", "audit"} <= set(world.asked)
    assert any("the ledger to reach the stop mark" in text for text in world.said)


def test_a_probe_that_fails_keeps_the_recording(campaign_run: CampaignRun, world: World) -> None:
    world.breaks["metrics"] = EvidenceMissing("Prometheus does not answer")
    campaign_run.execute()
    assert {"playback", "deliver 0", "audit"} <= set(world.asked)
    assert any("Prometheus does not answer" in text for text in world.said)


@pytest.mark.parametrize(
    ("step", "error"),
    [("up", EnvironmentFailure("no engine")), ("pause", KeyboardInterrupt()), ("deliver 0", RuntimeError("bug"))],
)
def test_whatever_ends_a_run_early_the_load_is_stopped_and_the_journal_says_so(
    campaign_run: CampaignRun, world: World, step: str, error: BaseException
) -> None:
    world.breaks[step] = error
    with pytest.raises(type(error)):
        campaign_run.execute()
    assert world.asked[-1] == "stop load"
    assert [entry.event for entry in campaign_run.run.journal.entries()][-1] == "fail"


def test_cameras_that_never_come_do_not_end_the_run(campaign_run: CampaignRun, world: World) -> None:
    world.records = False
    campaign_run.execute()
    assert any("2 cameras on disk" in text and "0 on disk" in text for text in world.said)
    assert "audit" in world.asked
