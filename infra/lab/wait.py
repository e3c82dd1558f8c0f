"""Until a host is up: systemd is content, and SSH lets us in with our key and its own."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from docker.errors import APIError
from docker.models.containers import Container

from citycam.model.errors import EnvironmentFailure
from citycam.model.workspace import Workspace
from infra.lab.container import HOST
from infra.provider.engine import explain

DEADLINE_S = 120.0
PAUSE_S = 0.3


def wait_running(
    hosts: Iterable[Container], workspace: Workspace, report: Callable[[str], None], seconds: float = DEADLINE_S
) -> None:
    """Wait for all hosts at once.

    Raises:
        EnvironmentFailure: one is not up at the deadline; it says which, and what was seen last.
    """
    _wait_all(hosts, lambda each: _trouble(each, workspace), report, seconds)


def wait_reached(
    hosts: Iterable[Container], workspace: Workspace, report: Callable[[str], None], seconds: float = DEADLINE_S
) -> None:
    """Wait until SSH lets us in, for all hosts at once; what went wrong on them meanwhile is theirs.

    Raises:
        EnvironmentFailure: one does not by the deadline; it says which, and what was seen last.
    """
    _wait_all(hosts, lambda each: _ssh(each.labels[HOST], workspace), report, seconds)


def _wait_all(
    hosts: Iterable[Container], trouble: Callable[[Container], str], report: Callable[[str], None], seconds: float
) -> None:
    chosen = list(hosts)
    with ThreadPoolExecutor(max_workers=8) as pool:
        for host in pool.map(lambda each: _wait(each, trouble, seconds), chosen):
            report(f"{host} is up")


def _wait(container: Container, trouble: Callable[[Container], str], seconds: float) -> str:
    host, deadline = container.labels[HOST], time.monotonic() + seconds
    while True:
        seen = trouble(container)
        if not seen:
            return host
        if time.monotonic() > deadline:
            raise EnvironmentFailure(
                f"{host} did not come up within {seconds:.0f} s",
                where=f"container {container.name}",
                why=seen,
                next=f"look into it: docker exec {container.name} journalctl --boot",
            )
        time.sleep(PAUSE_S)


def _trouble(container: Container, workspace: Workspace) -> str:
    """What a host still lacks, in words; empty when it is up."""
    container.reload()
    if container.status != "running":
        return f"the container is {container.status}: {container.logs(tail=5).decode(errors='replace').strip()}"
    state = _said(container, ["systemctl", "is-system-running"])
    if state == "degraded":
        failed = _said(container, ["systemctl", "list-units", "--state=failed", "--plain", "--no-legend"])
        return f"units failed: {failed}" if failed else "units failed, and no longer do"
    if state != "running":
        return f"systemd is {state or 'not there'}"
    return _ssh(container.labels[HOST], workspace)


def _said(container: Container, command: list[str]) -> str:
    try:
        answer: Any = container.exec_run(command)
    except APIError as error:  # it went away meanwhile
        return explain(error)
    return str(answer.output.decode(errors="replace")).strip()


def _ssh(host: str, workspace: Workspace) -> str:
    """Why SSH as Ansible uses it does not let us in; empty when it does."""
    options = ("-F", str(workspace.ssh / "config"), "-o", "BatchMode=yes", "-o", "ConnectTimeout=5")
    command = ["ssh", *options, "-o", "StrictHostKeyChecking=yes", host, "true"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    return f"ssh: {done.stderr.strip()}" if done.returncode else ""
