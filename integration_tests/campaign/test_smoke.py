"""The smoke campaign through the command line, on real containers: it passes, it can fail, and it does not guess."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from citycam.evidence.manifest import verify
from citycam.evidence.run import Run
from citycam.model.errors import ExitCode
from citycam.model.workspace import PROJECT
from integration_tests.command import Ended, citycam

pytestmark = [pytest.mark.docker, pytest.mark.timeout(900)]


def _verdicts(ended: Ended) -> dict[str, str]:
    """Of the criteria that the campaign has limits for."""
    return {one["id"]: one["verdict"] for one in ended.data["criteria"] if one["limit"] is not None}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The smoke campaign, but for how quickly pictures must start and be sent: timings do not decide a test."""
    text = (PROJECT / "campaigns" / "smoke.yaml").read_text(encoding="utf-8")
    for strict, lenient in (("live-start-time: 3s", "live-start-time: 60s"), ("lateness: 200ms", "lateness: 1s")):
        assert strict in text
        text = text.replace(strict, lenient)
    file = tmp_path_factory.mktemp("campaign") / "smoke.yaml"
    file.write_text(text.replace("../", f"{PROJECT}/"))
    return str(file)


@pytest.fixture(scope="module")
def passed(runs: Path, campaign: str) -> Iterator[Ended]:
    """One good run; its platform is left standing for the faulty one, which takes it down."""
    ended = citycam("campaign", "run", campaign, "--runs", str(runs), "--keep")
    yield ended
    citycam("stack", "down", "--volumes")


def test_every_frame_of_forty_cameras_is_accounted_for(passed: Ended) -> None:
    assert passed.code == ExitCode.OK, passed.said
    assert set(_verdicts(passed).values()) == {"pass"}
    run = Run(Path(passed.data["folder"]))
    sent, once, missing = duckdb.sql(
        f"select sum(frames_sent), sum(recorded_once), sum(missing) from '{run.audit}/cameras.parquet'"
    ).fetchall()[0]
    assert sent == once == 40 * 60 * 10
    assert missing == 0
    assert verify(run) > 0
    assert (run.root / "report.html").stat().st_size > 10_000
    assert (run.root / "junit.xml").is_file()


@pytest.mark.parametrize(
    ("taken", "criterion"),
    [
        ("evidence/ledger.jsonl", "frame-completeness"),
        ("evidence/metrics.parquet", "cameras-connected"),
        ("evidence/requests.parquet", "live-start-time"),
        ("evidence/playback.parquet", "playback"),
        ("evidence/fleet.json", "fleet-lateness"),
    ],
)
def test_evidence_taken_away_makes_the_verdict_unknown(
    passed: Ended, tmp_path: Path, taken: str, criterion: str
) -> None:
    folder = tmp_path / "smoke" / "copy"
    shutil.copytree(passed.data["folder"], folder, ignore=shutil.ignore_patterns("archive"))
    (folder / taken).unlink()
    judged = citycam("campaign", "judge", str(folder))
    assert judged.code == ExitCode.UNKNOWN, judged.said
    assert _verdicts(judged)[criterion] == "unknown"
    assert "fail" not in _verdicts(judged).values()


def test_cameras_that_leave_frames_out_are_named(passed: Ended, runs: Path, campaign: str) -> None:
    ended = citycam("campaign", "run", campaign, "--runs", str(runs), "--fault", "drop-frames")
    assert ended.code == ExitCode.GATE_FAILED, ended.said
    assert _verdicts(ended)["frame-completeness"] == "fail"
    named = {one["id"]: set(one["cameras"]) for one in ended.data["criteria"]}["frame-completeness"]
    faults = json.loads((Path(ended.data["folder"]) / "campaign.json").read_text())["faults"]
    assert named == set(faults[0]["cameras"])
    # The second run left the first as it was.
    assert verify(Run(Path(passed.data["folder"]))) > 0
