from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

import psutil
import pulumi.automation as auto
import pytest

from citycam.model.errors import EnvironmentFailure
from citycam.model.workspace import PROJECT
from infra.cli import Cli, require_cli, search_path
from integration_tests.waiting import wait_for

# A CLI with one long step: asked to end, it finishes the step once the pipe `go` is opened, and says so.
STEP = f"""#!{sys.executable}
import signal, sys
from pathlib import Path

def finish(*_):
    Path("asked").touch()
    open("go").read()
    Path("finished").touch()
    sys.exit(1)

signal.signal(signal.SIGINT, finish)
Path("began").touch()
while True:
    signal.pause()
"""
RUN = "import sys; from infra.cli import Cli; Cli(sys.argv[1]).run(['up'], '.', {})"


def program(folder: Path, text: str, name: str = "pulumi-trial") -> str:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    file.chmod(0o755)
    return str(file)


@pytest.fixture
def interrupted(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that runs the CLI and was interrupted while a step is under way."""
    os.mkfifo(tmp_path / "go")
    command = [sys.executable, "-c", RUN, program(tmp_path, STEP)]
    process = subprocess.Popen(
        command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(PROJECT)}, stderr=subprocess.PIPE
    )
    steps: list[psutil.Process] = []
    try:
        wait_for((tmp_path / "began").exists, bool, "beginning of the step")
        steps = psutil.Process(process.pid).children()
        process.send_signal(signal.SIGINT)
        wait_for((tmp_path / "asked").exists, bool, "request to end", timeout=20)
        yield process
    finally:
        for step in steps:
            with suppress(psutil.NoSuchProcess):
                step.kill()
        process.kill()
        process.wait()


def test_output_is_passed_on_line_by_line_and_kept(tmp_path: Path) -> None:
    said: list[str] = []
    cli = Cli(program(tmp_path, '#!/bin/sh\necho "$@"; echo "$WORD $PULUMI_AUTOMATION_API"; pwd; echo no >&2\n'))
    result = cli.run(["up", "a b"], str(tmp_path), {"WORD": "word"}, said.append)
    assert said == ["--non-interactive up a b", "word true", str(tmp_path)]
    assert (result.stdout.splitlines(), result.stderr, result.code) == (said, "no", 0)


def test_a_command_that_fails_says_what_it_said(tmp_path: Path) -> None:
    errors: list[str] = []
    with pytest.raises(auto.CommandError, match="no room"):
        Cli(program(tmp_path, "#!/bin/sh\necho no room >&2\nexit 3\n")).run(["up"], ".", {}, None, errors.append)
    assert errors == ["no room"]


def test_it_reads_nothing_and_a_terminals_ctrl_c_does_not_reach_it(tmp_path: Path) -> None:
    script = f"#!{sys.executable}\nimport os, sys\nprint(repr(sys.stdin.read()), os.getsid(0) == os.getpid())\n"
    assert Cli(program(tmp_path, script)).run([], ".", {}).stdout == "'' True"


def test_its_version_is_the_sdks() -> None:
    assert str(Cli("anywhere").version) == version("pulumi")


def test_ctrl_c_lets_the_step_under_way_finish(interrupted: subprocess.Popen[bytes], tmp_path: Path) -> None:
    assert interrupted.poll() is None
    assert not (tmp_path / "finished").exists()
    (tmp_path / "go").write_text("go", encoding="ascii")
    said = interrupted.communicate()[1]
    assert (tmp_path / "finished").exists()
    assert b"interrupted: finishing the step under way" in said
    assert b"KeyboardInterrupt" in said
    assert interrupted.returncode == -signal.SIGINT


def test_a_second_ctrl_c_ends_it_at_once(interrupted: subprocess.Popen[bytes], tmp_path: Path) -> None:
    (step,) = psutil.Process(interrupted.pid).children()
    interrupted.send_signal(signal.SIGINT)
    said = interrupted.communicate()[1]
    assert interrupted.returncode == -signal.SIGINT
    assert b"KeyboardInterrupt" in said
    assert not (tmp_path / "finished").exists()
    assert not step.is_running()


def test_providers_that_outlive_the_cli_are_ended_and_nobody_elses_are(tmp_path: Path) -> None:
    provider = program(tmp_path, "#!/bin/sh\nread -r _ < never\n", "pulumi-resource-trial")
    os.mkfifo(tmp_path / "never")
    # It keeps no pipe of the CLI's, so that its life is no reason to wait for output.
    leaves = f"#!/bin/sh\n{provider} >/dev/null 2>&1 </dev/null &\necho $!\n"
    strangers = subprocess.Popen([provider], cwd=tmp_path, start_new_session=True)
    try:
        left = int(Cli(program(tmp_path, leaves)).run([], str(tmp_path), {}).stdout)
        wait_for(lambda: _ended(left), bool, "end of the provider")
        assert strangers.poll() is None
    finally:
        strangers.kill()
        strangers.wait()


def _ended(number: int) -> bool:
    try:
        return psutil.Process(number).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_the_set_ups_programs_come_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CITYCAM_CACHE", str(tmp_path))
    monkeypatch.setenv("PATH", "/somewhere")
    assert search_path() == f"{tmp_path}/bin{os.pathsep}/somewhere"


@pytest.mark.parametrize("missing", ["pulumi", "pulumi-resource-pulumi-python"])
def test_a_tool_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, missing: str) -> None:
    monkeypatch.setenv("CITYCAM_CACHE", str(tmp_path))
    monkeypatch.setenv("PATH", "/nowhere")
    (tmp_path / "bin").mkdir()
    for tool in {"pulumi", "pulumi-resource-pulumi-python"} - {missing}:
        program(tmp_path / "bin", "#!/bin/sh\n", tool)
    with pytest.raises(EnvironmentFailure, match=f"^PATH: {missing} is not installed"):
        require_cli()
    program(tmp_path / "bin", "#!/bin/sh\n", missing)
    assert require_cli().command == str(tmp_path / "bin" / "pulumi")
