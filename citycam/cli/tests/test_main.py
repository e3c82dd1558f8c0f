"""Bad input through the whole command line: one clear error, its exit code, nothing started."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from citycam.cli.main import app
from citycam.model.errors import ExitCode
from citycam.model.workspace import PROJECT

SMOKE = PROJECT / "campaigns" / "smoke.yaml"


def _campaign(folder: Path, old: str, new: str) -> Path:
    text = SMOKE.read_text().replace("../", f"{PROJECT}/")
    assert old in text
    path = folder / "wrong.yaml"
    path.write_text(text.replace(old, new, 1))
    return path


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("recording: 60s", "recording: 60", "wrong.yaml:9"),
        ("recording: 60s", "recrding: 60s", "did you mean 'recording'"),
        ("frame-completeness: 99.99%", "frame-completness: 99.99%", "did you mean 'frame-completeness'"),
        ("frame-completeness: 99.99%", "frame-completeness: 3s", "99.99%"),
        ("smoke.csv", "absent.csv", "absent.csv"),
        ("gates:", "faults: [{kind: freeze, cameras: [cam-999999]}]\ngates:", "cam-999999"),
        ("gates:", "faults:\n  - {kind: drop-frames, cameras: [cam-000001]}\ngates:", "wrong.yaml:19"),
        ("gates:", "faults:\n  - {kind: rebot, cameras: [cam-000001]}\ngates:", "unknown fault 'rebot'"),
        ("gates:", "faults:\n  - {kind: freeze, at: 5, cameras: [cam-000001]}\ngates:", "wrong.yaml:19"),
    ],
)
def test_a_wrong_campaign_starts_nothing(tmp_path: Path, old: str, new: str, says: str) -> None:
    runs = tmp_path / "runs"
    done = CliRunner().invoke(app, ["campaign", "run", str(_campaign(tmp_path, old, new)), "--runs", str(runs)])
    assert done.exit_code == ExitCode.CONFIG, done.output
    assert says in done.stderr
    assert not runs.exists()


def test_an_error_with_json_is_one_document_on_stdout(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["archive", "audit", str(tmp_path), "--json"])
    assert done.exit_code == ExitCode.CONFIG
    answer = json.loads(done.stdout)
    assert answer["ok"] is False
    assert answer["error"]["next"] == "try runs/latest"


def test_an_unknown_option_is_a_usage_error() -> None:
    assert CliRunner().invoke(app, ["stack", "up", "--quickly"]).exit_code == ExitCode.CONFIG


def test_a_sample_can_be_checked(tmp_path: Path) -> None:
    out = tmp_path / "cameras.csv"
    assert CliRunner().invoke(app, ["inventory", "sample", "--cameras", "12", "--out", str(out)]).exit_code == 0
    done = CliRunner().invoke(app, ["inventory", "check", str(out), "--json"])
    assert done.exit_code == 0
    assert sum(json.loads(done.stdout)["data"]["gateways"].values()) == 12


def test_more_cameras_than_addresses_are_refused() -> None:
    done = CliRunner().invoke(app, ["inventory", "sample", "--cameras", "99999"])
    assert done.exit_code == ExitCode.CONFIG


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--environment", "absent.yaml"], "absent.yaml"),
        (["--environment", str(SMOKE)], "smoke.yaml"),
        (["--recording", "75"], "'75' is not a duration"),
        (["--recording", ""], "'' is not a duration"),
        (["--recording", "-75s"], "'-75s' is not a duration"),
        (["--recording", "4s"], "4.0 s of recording are less than one clip"),
    ],
)
def test_a_campaign_that_is_wrongly_asked_for_starts_nothing(tmp_path: Path, options: list[str], says: str) -> None:
    runs = tmp_path / "runs"
    done = CliRunner().invoke(app, ["campaign", "run", str(SMOKE), "--runs", str(runs), *options])
    assert done.exit_code == ExitCode.CONFIG, done.output
    assert says in done.stderr
    assert not runs.exists()
