"""What becomes of an error that no verb expected."""

import errno
import json
import os
import subprocess
import sys

import pytest
import typer

from citycam.cli.verb import verb


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OSError(errno.EACCES, "Permission denied", "a.csv"), 2),
        (OSError(errno.ENOSPC, "No space left on device"), 4),
        (OSError(errno.EIO, "Input/output error", "a.csv"), 255),
        (OSError(errno.ENOENT, "No such file or directory"), 255),
        (ValueError("a"), 255),
        (KeyboardInterrupt(), 130),
    ],
)
def test_a_file_is_its_users_and_the_rest_is_ours(
    error: BaseException, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    @verb
    def broken(as_json: bool) -> None:
        raise error

    with pytest.raises(typer.Exit) as ended:
        broken(as_json=True)
    assert ended.value.exit_code == code
    told = capsys.readouterr().out
    assert not told or json.loads(told)["ok"] is False


def test_a_reader_that_goes_away_is_an_interrupt_without_a_word() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "citycam", "policy", "standard", "--json"],
        stdout=writer,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (130, b"")
