"""Reach what listens on a node through SSH: a manager's engine, the registry, the fleet's control socket.

Nothing of the Swarm listens for us on a network: whoever may log in to a manager may manage it.
"""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import docker
from docker.errors import DockerException

from citycam.model.environment import Environment
from citycam.model.errors import EnvironmentFailure
from citycam.model.workspace import PROJECT
from infra.nodes import Node, roster
from infra.provider.engine import connect

ENGINE = "/var/run/docker.sock"
PATIENCE_S = 15.0
"""How long a tunnel may take to answer, SSH's own handshake included."""

_reached: list[str] = []
"""Environments whose engine `DOCKER_HOST` names now: the innermost is last."""


class Unanswered(Exception):
    """What was to be reached does not answer; its text says why."""


@contextmanager
def reach(environment: Environment, project: Path = PROJECT) -> Iterator[None]:
    """Let `DOCKER_HOST` name the engine of a manager of the environment, for us and for every process we start.

    The first manager that answers is taken. On one machine, and within another `reach` of the same environment,
    nothing changes.

    Raises:
        ConfigError: the inventory and the environment do not fit.
        EnvironmentFailure: no manager answers; each is named with its reason.
    """
    if environment.nodes is None or environment.name in _reached:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="citycam-") as folder:
        local = Path(folder) / "docker.sock"
        tunnel = _first_manager(environment, roster(environment, project).managers, local)
        _reached.append(environment.name)
        try:
            with _docker_host(f"unix://{local}"):
                yield
        finally:
            _reached.remove(environment.name)
            _close(tunnel)


@contextmanager
def forwarded(node: Node, remote: str, local: str, answers: Callable[[], bool] | None = None) -> Iterator[None]:
    """Let `local` (`host:port`, or a path that is free) lead to `remote` as the node sees it.

    `answers` tells whether what listens there answers; else it is enough that the way is open.

    Raises:
        EnvironmentFailure: the node cannot be logged in to, or nothing answers there.
    """
    try:
        tunnel = _open(node, remote, local, answers or (lambda: _accepts(local)))
    except Unanswered as reason:
        raise EnvironmentFailure(
            f"{remote} on {node.name} does not answer", where=f"ssh {node.address}", why=str(reason)
        ) from None
    try:
        yield
    finally:
        _close(tunnel)


def run_on(node: Node, command: str, data: bytes | None = None) -> bytes:
    """Run a command of the node's shell with `data` as its input; what it printed.

    Raises:
        EnvironmentFailure: the node cannot be logged in to, or the command failed.
    """
    done = subprocess.run([*node.ssh(), command], input=data or b"", capture_output=True, check=False)
    if done.returncode != 0:
        why = done.stderr.decode(errors="replace").strip() or f"exit code {done.returncode}"
        raise EnvironmentFailure(f"a command failed on {node.name}", where=f"ssh {node.address}", why=why)
    return done.stdout


def _first_manager(environment: Environment, managers: list[Node], local: Path) -> subprocess.Popen[bytes]:
    reasons = []
    for manager in managers:
        try:
            return _open(manager, ENGINE, str(local), lambda: _manages(local))
        except Unanswered as reason:
            reasons.append(f"{manager.name} ({manager.address}): {reason}")
    raise EnvironmentFailure(
        f"no manager of {environment.name} answers",
        where=str(environment.nodes.hosts if environment.nodes else ""),
        why="\n        ".join(reasons),
        next="are the hosts up (citycam lab status), and were they deployed (citycam hosts deploy)",
    )


def _open(node: Node, remote: str, local: str, answers: Callable[[], bool]) -> subprocess.Popen[bytes]:
    """A tunnel that is open and answers. `cat` at its end ends when we do, however that happens."""
    command = [*node.ssh("-o", "ExitOnForwardFailure=yes", "-L", f"{local}:{remote}"), "cat"]
    tunnel = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
    )
    deadline = time.monotonic() + PATIENCE_S
    last = "nothing listens there"
    try:
        while time.monotonic() < deadline:
            if tunnel.poll() is not None:
                said = tunnel.stderr.read() if tunnel.stderr else b""
                raise Unanswered(said.decode(errors="replace").strip() or f"ssh ended with {tunnel.returncode}")
            try:
                if answers():
                    return tunnel
            except Unanswered as reason:
                last = str(reason)
                break
            time.sleep(0.05)
        raise Unanswered(last)
    except BaseException:
        _close(tunnel)
        if local.startswith("/"):
            Path(local).unlink(missing_ok=True)
        raise


def _close(tunnel: subprocess.Popen[bytes]) -> None:
    tunnel.terminate()
    tunnel.wait()
    for stream in (tunnel.stdin, tunnel.stderr):
        if stream:
            stream.close()


def _manages(local: Path) -> bool:
    """Whether the engine at the end answers; Unanswered when it does and cannot be used."""
    if not _accepts(str(local)):
        return False
    try:
        client = docker.DockerClient(base_url=f"unix://{local}", timeout=10)
        try:
            swarm = client.info().get("Swarm", {})
        finally:
            client.close()
    except (DockerException, OSError) as error:
        raise Unanswered(f"its engine does not answer: {error}") from error
    if not swarm.get("ControlAvailable", False):
        raise Unanswered(f"it manages no Swarm (its state is {swarm.get('LocalNodeState', 'unknown')})")
    return True


def _accepts(local: str) -> bool:
    host, _, port = local.rpartition(":")
    try:
        if port.isdigit() and host:
            with socket.create_connection((host, int(port)), timeout=5):
                return True
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(5)
            client.connect(local)
    except OSError:
        return False
    return True


@contextmanager
def _docker_host(address: str) -> Iterator[None]:
    before = os.environ.get("DOCKER_HOST")
    os.environ["DOCKER_HOST"] = address
    connect.cache_clear()
    try:
        yield
    finally:
        connect.cache_clear()
        if before is None:
            del os.environ["DOCKER_HOST"]
        else:
            os.environ["DOCKER_HOST"] = before
