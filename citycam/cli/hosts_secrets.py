"""`citycam hosts rotate-secrets`: new keys, certificates and passwords while cameras are recorded."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from citycam.cli.hosts_call import LAB, Call, EnvironmentFile, Hosts, OnTask, run_play, show, with_evidence
from citycam.cli.output import phase
from citycam.cli.platform import Platform, say_in
from citycam.cli.redaction import redaction
from citycam.cli.verb import Json, verb
from citycam.model.environment import load_environment
from citycam.model.errors import ConfigError
from citycam.plan.plan import load_plan
from infra.events import StackEvent
from infra.hosts import rotate_cameras
from infra.passwords import read_passwords
from infra.playbook import HostResult, PlaybookResult, TaskEvent
from infra.renewal import renew_database


def add_to(app: typer.Typer) -> None:
    """Put the verb into the group."""
    app.command()(rotate_secrets)


@verb
def rotate_secrets(
    environment: EnvironmentFile = LAB,
    inventory: Hosts = None,
    cameras: Annotated[
        Path | None, typer.Option(help="Instead: JSON of camera ids and the passwords that the cameras have now.")
    ] = None,
    plan: Annotated[Path | None, typer.Option(help="With --cameras: the plan in force.")] = None,
    database: Annotated[
        bool, typer.Option("--database", help="Instead: new passwords of the database, on one machine too.")
    ] = False,
    stack: Annotated[bool, typer.Option(help="Bring new certificates to the services too, by `stack up`.")] = True,
    as_json: Json = False,
) -> None:
    """Make new keys and certificates, or new passwords of cameras or the database come into use; no frame is lost."""
    call = Call(environment, inventory, as_json)
    if database:
        if cameras or not stack:
            raise ConfigError("--database stands alone", next="rotate the rest by a command of its own")
        result, folder = _database(call)
    elif cameras:
        result, folder = _cameras(call, cameras, plan)
    else:
        result, folder = run_play("rotate-secrets", "make new keys and certificates", call, {"pki_rotate": True})
        if stack:
            with phase("stack", "bring them to the services") as progress:
                Platform(load_environment(environment)).stack.up(on_event=say_in(progress))
    show(result, call, folder)


def _cameras(call: Call, passwords: Path, plan: Path | None) -> tuple[PlaybookResult, Path]:
    if plan is None:
        raise ConfigError("which gateway records the cameras is not said", next="add --plan, the plan in force")
    renewed = read_passwords(passwords)
    if not renewed:
        raise ConfigError("there are no passwords", where=str(passwords))
    environment, in_force = load_environment(call.environment), load_plan(plan)
    key = Platform(environment).outputs.secrets["camera-key"].encode()

    def play(on_event: OnTask) -> PlaybookResult:
        return rotate_cameras(environment, in_force, key, renewed, on_event, inventory=call.inventory)

    return with_evidence("rotate-cameras", f"new passwords of {len(renewed)} cameras", play)


def _database(call: Call) -> tuple[PlaybookResult, Path]:
    environment = load_environment(call.environment)
    stack = Platform(environment).stack

    def play(on_event: OnTask) -> PlaybookResult:
        began, changed = time.monotonic(), set()

        def hear(event: StackEvent) -> None:
            if event.status == "done":
                changed.add((event.kind, event.resource))
                on_event(TaskEvent(f"{event.op} {event.kind} {event.resource}", "stack", "changed", environment.name))

        redaction.learn(*renew_database(stack, hear).secrets.values())
        done = len(changed)
        hosts = {environment.name: HostResult(ok=done, changed=done)}
        return PlaybookResult(done, done, 0, 0, round(time.monotonic() - began, 1), hosts=hosts)

    return with_evidence("rotate-database", "new passwords of the database", play)
