"""`citycam hosts rotate-secrets`: new keys, certificates and camera passwords while cameras are recorded."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from citycam.cli.hosts_call import LAB, Call, EnvironmentFile, Hosts, OnTask, run_play, show, with_evidence
from citycam.cli.output import phase
from citycam.cli.platform import Platform, say_in
from citycam.cli.verb import Json, verb
from citycam.model.environment import load_environment
from citycam.model.errors import ConfigError
from citycam.plan.plan import load_plan
from infra.hosts import rotate_cameras
from infra.passwords import read_passwords
from infra.playbook import PlaybookResult


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
    stack: Annotated[bool, typer.Option(help="Bring new certificates to the services too, by `stack up`.")] = True,
    as_json: Json = False,
) -> None:
    """Make new keys and certificates, or have gateways use new passwords of cameras; no frame is lost."""
    call = Call(environment, inventory, as_json)
    if cameras:
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
