from __future__ import annotations

import pytest
from typer.testing import CliRunner

from citycam.cli.main import app


@pytest.mark.parametrize(
    "arguments",
    [
        ["up", "--name", "Not A Name"],
        ["up", "--hosts", "0"],
        ["up", "--managers", "2"],
        ["down", "--name", "a" * 21],
        ["kill"],
        ["cut"],
    ],
)
def test_labs_that_cannot_be_are_refused(arguments: list[str]) -> None:
    assert CliRunner().invoke(app, ["lab", *arguments]).exit_code == 2
