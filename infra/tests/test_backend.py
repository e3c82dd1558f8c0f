from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycam.model.errors import EnvironmentFailure
from citycam.model.workspace import Workspace
from infra.backend import Backend, lock_holder
from integration_tests.waiting import wait_for

LEADER = "import subprocess, sys; print(subprocess.Popen([sys.argv[1], 'infinity'], stdout=subprocess.DEVNULL).pid)"


@pytest.fixture
def backend(tmp_path: Path) -> Backend:
    return Backend(Workspace(tmp_path / "local"))


@pytest.fixture
def pulumi(tmp_path: Path) -> Path:
    """A program that carries Pulumi's name and does nothing until it is ended."""
    return Path(shutil.copy(str(shutil.which("sleep")), tmp_path / "pulumi-trial"))


@pytest.fixture
def living(pulumi: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([pulumi, "infinity"])
    wait_for(lambda: psutil.Process(process.pid).name(), lambda name: name == "pulumi-trial", "program of that name")
    yield process
    process.kill()
    process.wait()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def lock(backend: Backend, content: str, stack: str = "local") -> Path:
    """A lock file as the CLI writes it, with the file of attributes beside it."""
    folder = backend.state / ".pulumi" / "locks" / "organization" / "citycam" / stack
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "0123.json"
    file.write_text(content, encoding="utf-8")
    file.with_name("0123.json.attrs").touch()
    return file


def gone() -> int:
    """The number of a process that has ended."""
    with subprocess.Popen(["true"]) as process:
        return process.pid


def test_the_passphrase_is_its_owners_alone_whatever_the_umask(backend: Backend) -> None:
    before = os.umask(0)
    try:
        backend.prepare()
    finally:
        os.umask(before)
    assert mode(backend.passphrase) == 0o600
    assert mode(backend.workspace.pulumi) == 0o700
    assert len(backend.passphrase.read_text(encoding="ascii")) >= 43


def test_a_passphrase_stays_and_two_environments_have_two(backend: Backend, tmp_path: Path) -> None:
    backend.prepare()
    first = backend.passphrase.read_bytes()
    backend.prepare()
    assert backend.passphrase.read_bytes() == first
    other = Backend(Workspace(tmp_path / "other"))
    other.prepare()
    assert other.passphrase.read_bytes() != first


def test_a_passphrase_half_written_by_a_killed_run_is_made_anew(backend: Backend) -> None:
    backend.workspace.pulumi.mkdir(parents=True)
    half = backend.passphrase.with_suffix(".new")
    half.write_text("ha", encoding="ascii")
    half.chmod(0o644)
    backend.prepare()
    assert not half.exists()
    assert backend.passphrase.read_text(encoding="ascii") != "ha"
    assert mode(backend.passphrase) == 0o600


def test_no_variable_holds_the_passphrase_and_all_state_lies_in_the_workspace(backend: Backend) -> None:
    backend.prepare()
    variables = backend.environment()
    assert backend.passphrase.read_text(encoding="ascii") not in json.dumps(variables)
    assert variables["PULUMI_CONFIG_PASSPHRASE_FILE"] == str(backend.passphrase)
    assert variables["PULUMI_BACKEND_URL"] == f"file://{backend.state}"
    assert Path(variables["PULUMI_HOME"]).is_relative_to(backend.workspace.pulumi)


def test_the_lock_of_a_process_that_is_gone_is_broken(backend: Backend) -> None:
    held = lock(backend, json.dumps({"pid": gone()}))
    backend.break_stale_locks("local")
    assert list(held.parent.iterdir()) == []


def test_the_lock_of_another_stack_is_left_alone(backend: Backend) -> None:
    other = lock(backend, json.dumps({"pid": gone()}), stack="other")
    backend.break_stale_locks("local")
    assert other.exists()


def test_a_lock_whose_number_another_program_has_now_is_broken(backend: Backend) -> None:
    held = lock(backend, json.dumps({"pid": os.getpid()}))
    backend.break_stale_locks("local")
    assert not held.exists()


def test_a_living_holder_keeps_its_lock_and_is_named(backend: Backend, living: subprocess.Popen[bytes]) -> None:
    held = lock(backend, json.dumps({"pid": living.pid}))
    with pytest.raises(EnvironmentFailure, match="another command is working on the stack local") as failure:
        backend.break_stale_locks("local")
    assert failure.value.why == f"process {living.pid} holds the lock"
    assert held.exists()
    assert living.poll() is None


def test_a_holder_that_ended_and_was_not_waited_for_is_gone(backend: Backend, living: subprocess.Popen[bytes]) -> None:
    held = lock(backend, json.dumps({"pid": living.pid}))
    assert lock_holder(held) is not None
    living.kill()
    process = psutil.Process(living.pid)
    wait_for(process.status, lambda status: status == psutil.STATUS_ZOMBIE, "zombie")
    backend.break_stale_locks("local")
    assert not held.exists()


def test_providers_that_a_dead_holder_left_end_with_its_lock(
    backend: Backend, pulumi: Path, living: subprocess.Popen[bytes]
) -> None:
    leader = subprocess.Popen(
        [sys.executable, "-c", LEADER, str(pulumi)], stdout=subprocess.PIPE, start_new_session=True
    )
    orphan = psutil.Process(int(leader.communicate()[0]))
    try:
        held = lock(backend, json.dumps({"pid": leader.pid}))
        assert orphan.is_running()
        backend.break_stale_locks("local")
        assert not held.exists()
        wait_for(lambda: _state(orphan), lambda state: state in ("gone", psutil.STATUS_ZOMBIE), "end of the orphan")
        assert living.poll() is None, "it is in another session and nobody's orphan"
    finally:
        if _state(orphan) != "gone":
            orphan.kill()


def _state(process: psutil.Process) -> str:
    try:
        return str(process.status())
    except psutil.NoSuchProcess:
        return "gone"


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "null",
        "7",
        '"pid"',
        "{}",
        '{"pid": null}',
        '{"pid": "soon"}',
        '{"pid": -7}',
        '{"pid": 1e30}',
        '{"pid": 1e999}',
    ],
)
def test_a_lock_that_names_nobody_is_broken(backend: Backend, content: str) -> None:
    held = lock(backend, content)
    backend.break_stale_locks("local")
    assert not held.exists()


@given(st.binary(max_size=40))
def test_a_lock_of_any_bytes_is_held_by_nobody(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    held = tmp_path_factory.getbasetemp() / "lock.json"
    held.write_bytes(content)
    assert lock_holder(held) is None


def test_without_locks_there_is_nothing_to_break(backend: Backend) -> None:
    backend.break_stale_locks("local")
    assert backend.locks("local") == []
