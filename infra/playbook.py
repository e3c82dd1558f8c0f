"""Run a playbook and hear what it does. Secrets travel in a private file that is gone afterwards."""

from __future__ import annotations

import json
import os
import shlex
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psutil

from citycam.model.credentials import camera_password
from citycam.model.environment import Environment
from citycam.model.errors import ConfigError, EnvironmentFailure
from citycam.model.workspace import PROJECT, Workspace
from citycam.plan.plan import Plan
from infra.passwords import read_passwords


@dataclass(frozen=True)
class TaskEvent:
    """A task has ended on a host: `state` is ok, changed, skipped, failed or unreachable.

    `said` is the message of one that went wrong; tasks under no_log have theirs censored.
    """

    task: str
    role: str
    state: str
    host: str = "localhost"
    seconds: float = field(default=0.0, compare=False)
    said: str = ""


@dataclass(frozen=True)
class HostResult:
    """How many tasks ended how on one host."""

    ok: int = 0
    changed: int = 0
    skipped: int = 0
    failed: int = 0
    unreachable: int = 0


@dataclass(frozen=True)
class PlaybookResult:
    """How many tasks ended how, on all hosts and on each, and how long all took."""

    ok: int
    changed: int
    skipped: int
    failed: int
    seconds: float
    unreachable: int = 0
    hosts: Mapping[str, HostResult] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)
    """What the play gave by `set_stats`."""


def run_playbook(
    playbook: str,
    variables: Mapping[str, Any] | None = None,
    tags: Sequence[str] = (),
    on_event: Callable[[TaskEvent], None] | None = None,
    *,
    check: bool = False,
    project: Path = PROJECT,
    inventory: Path | None = None,
    limit: str = "",
) -> PlaybookResult:
    """Run `playbooks/<playbook>`; with `check` nothing is changed.

    Without an `inventory` it is the project's, this machine. `limit` is Ansible's pattern of hosts.

    Raises:
        ConfigError: there is no such playbook or inventory.
        EnvironmentFailure: a task failed or a host could not be reached; the error names each and quotes its message.
            Its `details` are the result so far.
        KeyboardInterrupt: it was interrupted, and has ended.
    """
    path = project / "playbooks" / playbook
    if not path.is_file():
        raise ConfigError("there is no such playbook", where=str(path), next="name one of playbooks/*.yml")
    hosts = inventory or project / "playbooks" / "inventories" / "local.yml"
    if not hosts.exists():
        raise ConfigError(
            "there is no such inventory", where=str(hosts), next="write it, or have `citycam lab up` make one"
        )
    # Everything the runner leaves (variables, events, its own environment) lies in here and goes with it.
    with tempfile.TemporaryDirectory(prefix="citycam-playbook-") as folder:
        secret = Path(folder) / "variables.json"
        secret.touch(mode=0o600)
        secret.write_text(json.dumps(dict(variables or {})), encoding="utf-8")
        options = [f"--extra-vars=@{secret}", *(["--check"] if check else []), *(f"--tags={tag}" for tag in tags)]
        options += [f"--limit={shlex.quote(limit)}"] if limit else []
        return _run(path, hosts, Path(folder), options, on_event, project)


def site_variables(environment: Environment, plan: Plan, camera_key: bytes, project: Path = PROJECT) -> dict[str, Any]:
    """Variables of `site.yml`: folders, certificate names, and the cameras of each gateway with their passwords."""
    workspace = Workspace.of(environment.name, project)
    cameras, changed = plan.by_id(), read_passwords(workspace.camera_passwords)
    recording = environment.gateways
    return {
        "pki_folder": str(workspace.pki),
        "pki_environment": environment.name,
        "pki_edge_name": environment.edge.name,
        "gateway_config_part": f"{recording.part:g}s",
        "gateway_config_segment": f"{recording.segment:g}s",
        "gateway_config_retention": f"{recording.retention:.0f}s",
        "gateway_config_gateways": [
            {
                "name": gateway,
                "config_folder": str(workspace.gateway_config(gateway)),
                "recordings_folder": str(workspace.recordings(gateway)),
                "cameras": [
                    cameras[id].model_dump(
                        mode="json", include={"id", "address", "port", "path", "username", "transport"}
                    )
                    | {"password": changed.get(id) or camera_password(camera_key, cameras[id].serial)}
                    for id in plan.gateways.get(gateway, [])
                ],
            }
            for gateway in environment.gateway_names
        ],
    }


def _run(
    path: Path,
    inventory: Path,
    folder: Path,
    options: Sequence[str],
    on_event: Callable[[TaskEvent], None] | None,
    project: Path,
) -> PlaybookResult:
    import ansible_runner  # type: ignore[import-untyped]  # it has no types

    failures: list[str] = []
    stats: dict[str, dict[str, int]] = {}
    data: dict[str, Any] = {}

    def hear(event: dict[str, Any]) -> bool:
        ended = _task_event(event)
        if ended and ended.state in ("failed", "unreachable"):
            where = [] if ended.host == "localhost" else [ended.host]
            failures.append(": ".join([*where, ended.role or path.name, ended.task, ended.said]))
        if ended and on_event:
            on_event(ended)
        if event.get("event") == "playbook_on_stats":
            stats.update({name: event["event_data"].get(key, {}) for key, name in _STATS.items()})
            data.update(event["event_data"].get("artifact_data") or {})
        return False  # keep no file of it

    started = time.monotonic()
    with _signals_restored():
        ran = ansible_runner.run(
            private_data_dir=str(folder),
            project_dir=str(project),
            playbook=str(path),
            inventory=str(inventory),
            cmdline=" ".join(options),
            envvars={
                "ANSIBLE_CONFIG": str(project / "ansible.cfg"),
                "ANSIBLE_HOST_KEY_CHECKING": "True",  # the runner would turn it off
                "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
            },
            event_handler=hear,
            quiet=True,
        )
    if ran.status == "canceled":
        _end_workers(folder)
        raise KeyboardInterrupt
    hosts = {
        host: HostResult(**{name: counts.get(host, 0) for name, counts in stats.items()})
        for host in sorted(set().union(*stats.values()))
    }
    result = PlaybookResult(
        **{name: sum(stats.get(name, {}).values()) for name in _STATS.values()},
        seconds=time.monotonic() - started,
        hosts=hosts,
        data=data,
    )
    if ran.status != "successful":
        why = "\n".join(failures) or ran.stdout.read()[-2000:].strip()
        what = f"playbook {path.name} {ran.status}"
        raise EnvironmentFailure(what, where=str(path), why=why, next="see the reason", details=asdict(result))
    return result


@contextmanager
def _signals_restored() -> Iterator[None]:
    """The runner takes SIGINT and SIGTERM for itself, to end its playbook in order; without this it would keep them."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():
            for number, handler in before.items():
                signal.signal(number, handler)


def _end_workers(folder: Path) -> None:
    """End the workers of a cancelled playbook: each leads a session of its own, and the runner does not reach it."""
    for worker in psutil.process_iter():
        try:
            if any(str(folder) in argument for argument in worker.cmdline()):
                for process in (*worker.children(recursive=True), worker):
                    process.kill()
        except psutil.Error:
            continue  # it ended by itself


_STATS = {"ok": "ok", "changed": "changed", "skipped": "skipped", "failures": "failed", "dark": "unreachable"}
"""Ansible's words in its statistics, and ours."""
_STATES = {
    "runner_on_ok": "ok",
    "runner_on_skipped": "skipped",
    "runner_on_failed": "failed",
    "runner_on_unreachable": "unreachable",
}


def _task_event(event: dict[str, Any]) -> TaskEvent | None:
    state = _STATES.get(event.get("event", ""))
    data = event.get("event_data", {})
    result = data.get("res") or {}
    forgiven = data.get("ignore_errors") or data.get("ignore_unreachable") or result.get("skip_reason")
    if state is None or (state in ("failed", "unreachable") and forgiven):
        return None
    if state == "ok" and result.get("changed"):
        state = "changed"
    return TaskEvent(
        task=str(data.get("task", "")),
        role=str(data.get("role", "") or ""),
        state=state,
        host=str(data.get("host", "localhost")),
        seconds=float(data.get("duration") or 0.0),
        said=_message(result) if state in ("failed", "unreachable") else "",
    )


def _message(result: dict[str, Any]) -> str:
    """What a failed task said; a looped task says it per item. Tasks under no_log arrive censored."""
    items = [item for item in result.get("results", []) if isinstance(item, dict) and item.get("failed")]
    if items:
        return "; ".join(_message(item) for item in items)
    said = [str(result[key]) for key in ("msg", "censored", "stderr") if result.get(key)]
    return "\n".join(said) or "no message"
