"""Leave the nodes of an environment without what runs put there: recordings, ledgers, media, journals."""

from __future__ import annotations

from pathlib import Path

from citycam.model.environment import Environment
from citycam.model.errors import EnvironmentFailure
from citycam.model.workspace import PROJECT, Workspace
from infra.nodes import roster
from infra.reach import run_on


def empty_folders(environment: Environment, project: Path = PROJECT) -> None:
    """Empty the folders of recordings, fleet and load on every node; the folders themselves are Ansible's and stay.

    Raises:
        EnvironmentFailure: some nodes could not be emptied, and are named; all others were.
    """
    folders = Workspace.on_node(environment.name)
    # A gateway's own folder is where its container writes.
    command = (
        f"cd {folders.root} && {{ [ ! -d recordings ] || find recordings -mindepth 2 -delete; }}"
        " && for each in fleet load; do [ ! -d $each ] || find $each -mindepth 1 -delete; done"
    )
    pools = environment.nodes.pools if environment.nodes else None
    names = sorted({*pools.recording, *pools.fleet, *pools.load}) if pools else []
    nodes = roster(environment, project).nodes
    left = []
    for name in names:
        try:
            run_on(nodes[name], command)
        except EnvironmentFailure as failure:
            left.append(f"{name}: {failure.why}")
    if left:
        raise EnvironmentFailure(
            f"recordings of {environment.name} are left over",
            where=str(folders.root),
            why="\n        ".join(left),
            next="run it again once these nodes answer",
        )
