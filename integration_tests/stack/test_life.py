"""How a platform comes and goes: killed, interrupted, refused, stood up in the end, and gone without a trace."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from pathlib import Path

import psutil
import pytest

from citycam.model.errors import ExitCode
from integration_tests.command import CITYCAM, settings
from integration_tests.waiting import wait_for

from .platform import Platform, everything

pytestmark = [pytest.mark.docker, pytest.mark.timeout(600)]

OUTSIDE = ("/etc", "/opt", "/srv", "/var/tmp", "/var/lib", "/root")
"""Where a careless program leaves files. Temporary ones are looked for in a folder of the test's own."""


@pytest.fixture(scope="module")
def before() -> set[str]:
    return _files()


def test_up_goes_on_after_one_that_was_killed(before: set[str], unborn: Platform) -> None:
    """Killed with its Pulumi in mid-step: the lock it leaves is nobody's business."""
    process = _up_until_service(unborn)
    for each in (*process.children(recursive=True), process):
        each.kill()
    process.wait(60)
    assert list((unborn.workspace.pulumi / "state").rglob("locks/**/*.json"))

    ended = unborn.citycam("up")
    assert ended.code == ExitCode.OK, ended.said
    assert unborn.citycam("up", "--expect-no-changes").code == ExitCode.OK


def test_down_keeps_data_and_secrets(before: set[str], unborn: Platform) -> None:
    secrets = unborn.outputs().secrets
    ended = unborn.citycam("down")
    assert ended.code == ExitCode.OK, ended.said
    kinds = {line.split()[0] for line in everything("citycam-unborn")}
    assert kinds == {"volume"}
    assert unborn.outputs().secrets == secrets
    assert unborn.citycam("status").code == ExitCode.ENVIRONMENT


def test_up_goes_on_after_one_that_was_interrupted(before: set[str], unborn: Platform) -> None:
    process = _up_until_service(unborn)
    process.send_signal(signal.SIGINT)
    assert process.wait(120) == ExitCode.INTERRUPTED
    assert not list((unborn.workspace.pulumi / "state").rglob("locks/**/*.json"))
    assert [name for name in _commands() if "pulumi" in name and "unborn" in name] == []


def test_a_port_that_is_taken_is_named_and_up_works_once_it_is_free(before: set[str], unborn: Platform) -> None:
    assert unborn.citycam("down").code == ExitCode.OK  # the interrupted `up` may have come as far as the edge
    with socket.socket() as squatter:
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        squatter.bind(("0.0.0.0", unborn.environment.edge.https_port))
        squatter.listen()
        ended = unborn.citycam("up")
    assert ended.code == ExitCode.ENVIRONMENT, ended.said
    assert str(unborn.environment.edge.https_port) in ended.said
    ended = unborn.citycam("up")
    assert ended.code == ExitCode.OK, ended.said


def test_down_with_volumes_leaves_nothing(before: set[str], unborn: Platform) -> None:
    ended = unborn.citycam("down", "--volumes")
    assert ended.code == ExitCode.OK, ended.said
    assert everything("citycam-unborn") == []
    assert [command for command in _commands() if "unborn.yaml" in command or "citycam-unborn" in command] == []
    left = [file for folder in (unborn.workspace.root,) for file in folder.rglob("*") if file.is_file()]
    assert {file.parent.name for file in left} <= {"pki"}  # users may trust the authority
    assert _files() - before == set()
    assert os.listdir(os.environ["TMPDIR"]) == []
    again = unborn.citycam("down", "--volumes")
    assert again.code == ExitCode.OK, again.said


def _up_until_service(platform: Platform) -> psutil.Process:
    """Start `up` in a session of its own and come back when its first service is there."""
    command = [*CITYCAM, "stack", "up", "--environment", str(platform.file)]
    process = psutil.Popen(command, stderr=subprocess.DEVNULL, env=settings(), start_new_session=True)
    name = platform.environment.service_name("")

    def there() -> list[str]:
        assert process.is_running()
        return [found for found in everything(name) if found.startswith("service ")]

    wait_for(there, bool, "service")
    return process


def _commands() -> list[str]:
    return [" ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"])]


def _files() -> set[str]:
    """What lies outside the project, two levels deep; without the caches of set-up and of Ansible."""
    found = set()
    for folder in OUTSIDE:
        for entry in os.scandir(folder):
            found.add(entry.path)
            if entry.is_dir(follow_symlinks=False) and not entry.name not in (".cache", ".ansible"):
                found |= {str(path) for path in Path(entry.path).iterdir()}
    return found
