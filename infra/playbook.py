"""Run a playbook and hear what it does. Secrets travel in a private file that is gone afterwards."""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from citycam.model.credentials import camera_password
from citycam.model.environment import Environment
from citycam.model.errors import ConfigError, EnvironmentFailure
from citycam.model.workspace import PROJECT, Workspace
from citycam.plan.plan import Plan


@dataclass(frozen=True)
class TaskEvent:
    """A task has ended on the host: `state` is ok, changed, skipped or failed."""

    task: str
    role: str
    state: str


@dataclass(frozen=True)
class PlaybookResult:
    """How many tasks ended how, and how long all took."""

    ok: int
    changed: int
    skipped: int
    failed: int
    seconds: float


def run_playbook(
    playbook: str,
    variables: Mapping[str, Any] | None = None,
    tags: Sequence[str] = (),
    on_event: Callable[[TaskEvent], None] | None = None,
    *,
    check: bool = False,
    project: Path = PROJECT,
) -> PlaybookResult:
    """Run `playbooks/<playbook>` against the project's inventory; with `check` nothing is changed.

    Raises:
        ConfigError: there is no such playbook.
        EnvironmentFailure: a task failed; the error names it and quotes its message.
        KeyboardInterrupt: it was interrupted, and has ended.
    """
    path = project / "playbooks" / playbook
    if not path.is_file():
        raise ConfigError("there is no such playbook", where=str(path), next="name one of playbooks/*.yml")
    # Everything the runner leaves (variables, events, its own environment) lies in here and goes with it.
    with tempfile.TemporaryDirectory(prefix="citycam-playbook-") as folder:
        secret = Path(folder) / "variables.json"
        secret.touch(mode=0o600)
        secret.write_text(json.dumps(dict(variables or {})), encoding="utf-8")
        options = [f"--extra-vars=@{secret}", *(["--check"] if check else []), *(f"--tags={tag}" for tag in tags)]
        return _run(path, Path(folder), options, on_event, project)


def site_variables(environment: Environment, plan: Plan, camera_key: bytes, project: Path = PROJECT) -> dict[str, Any]:
    """Variables of `site.yml`: folders, certificate names, and the cameras of each gateway with their passwords."""
    workspace = Workspace.of(environment.name, project)
    cameras = plan.by_id()
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
                    | {"password": camera_password(camera_key, cameras[id].serial)}
                    for id in plan.gateways.get(gateway, [])
                ],
            }
            for gateway in environment.gateway_names
        ],
    }


def _run(
    path: Path, folder: Path, options: Sequence[str], on_event: Callable[[TaskEvent], None] | None, project: Path
) -> PlaybookResult:
    import ansible_runner  # type: ignore[import-untyped]  # it has no types

    failures: list[str] = []
    totals: dict[str, int] = {}

    def hear(event: dict[str, Any]) -> bool:
        ended = _task_event(event)
        if ended and ended.state == "failed":
            failures.append(f"{ended.role or path.name}: {ended.task}: {_message(event['event_data'].get('res', {}))}")
        if ended and on_event:
            on_event(ended)
        if event.get("event") == "playbook_on_stats":
            totals.update({key: sum(event["event_data"].get(key, {}).values()) for key in _TOTALS})
        return False  # keep no file of it

    started = time.monotonic()
    with _signals_restored():
        ran = ansible_runner.run(
            private_data_dir=str(folder),
            project_dir=str(project),
            playbook=str(path),
            inventory=str(project / "playbooks" / "inventories" / "local.yml"),
            cmdline=" ".join(options),
            envvars={
                "ANSIBLE_CONFIG": str(project / "ansible.cfg"),
                "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
            },
            event_handler=hear,
            quiet=True,
        )
    if ran.status == "canceled":
        _end_workers(folder)
        raise KeyboardInterrupt
    if ran.status != "successful":
        why = "\n".join(failures) or ran.stdout.read()[-2000:].strip()
        raise EnvironmentFailure(f"playbook {path.name} {ran.status}", where=str(path), why=why, next="see the reason")
    return PlaybookResult(
        ok=totals.get("ok", 0),
        changed=totals.get("changed", 0),
        skipped=totals.get("skipped", 0),
        failed=totals.get("failures", 0),
        seconds=time.monotonic() - started,
    )


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


_TOTALS = ("ok", "changed", "skipped", "failures")
_STATES = {"runner_on_ok": "ok", "runner_on_skipped": "skipped", "runner_on_failed": "failed"}


def _task_event(event: dict[str, Any]) -> TaskEvent | None:
    state = _STATES.get(event.get("event", ""))
    data = event.get("event_data", {})
    if state is None or (state == "failed" and data.get("ignore_errors")):
        return None
    if state == "ok" and data.get("res", {}).get("changed"):
        state = "changed"
    return TaskEvent(task=str(data.get("task", "")), role=str(data.get("role", "") or ""), state=state)


def _message(result: dict[str, Any]) -> str:
    """What a failed task said; a looped task says it per item. Tasks under no_log arrive censored."""
    items = [item for item in result.get("results", []) if isinstance(item, dict) and item.get("failed")]
    if items:
        return "; ".join(_message(item) for item in items)
    said = [str(result[key]) for key in ("msg", "censored", "stderr") if result.get(key)]
    return "\n".join(said) or "no message"
