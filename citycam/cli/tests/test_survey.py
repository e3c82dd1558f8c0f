"""What is refused before anything is sent."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from citycam.cli.main import app


@pytest.mark.parametrize(
    ("options", "wrong"),
    [
        ([], "no network is declared"),
        (["--network", "8.8.8.8/32"], "public"),
        (["--network", "10.0.0.1/24"], "no network"),
        (["--network", "10.0.0.0/8"], "too many"),
        (["--network", "127.0.0.9/32", "--merge"], "nothing to merge into"),
        (["--network", "127.0.0.9/32", "--accounts", "none.json"], "no secret store"),
        (["--network", "127.0.0.9/32", "--accounts", "none.csv"], "cannot read the accounts"),
        (["--network", "127.0.0.9/32", "--services", "none.yaml"], "cannot read the file"),
        (["--network", "127.0.0.9/32", "--inventory", "none.jsonl"], "cannot read the inventory"),
    ],
)
def test_a_call_that_is_wrong_surveys_nothing(tmp_path: Path, options: list[str], wrong: str) -> None:
    out = tmp_path / "survey.jsonl"
    done = CliRunner().invoke(app, ["inventory", "survey", "--out", str(out), *options])
    assert done.exit_code == 2, done.output
    assert wrong in done.output
    assert not out.exists()
