"""The administration cable of a host: while it is pulled, the host runs on and sees its cameras, but nobody hears it.

The interface is set down inside and not taken away (`docker network disconnect`): it keeps its name, address and
neighbours' trust, as one whose cable was pulled does.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docker.models.containers import Container

from citycam.model.errors import EnvironmentFailure
from infra.lab.container import HOST, LAB, admin_network

INTERFACE = "eth0"


def pull(host: Container) -> None:
    """Cut a host off; one that is cut off already stays so.

    Raises:
        EnvironmentFailure: the host does not do it.
        APIError: it does not run.
    """
    _ip(host, "link", "set", INTERFACE, "down")


def plug(host: Container) -> None:
    """Join it again, with the route by which it reaches others, which went with its interface.

    Raises:
        EnvironmentFailure: the host does not do it.
        APIError: it does not run.
    """
    network = host.attrs["NetworkSettings"]["Networks"][admin_network(host.labels[LAB])]
    _ip(host, "link", "set", INTERFACE, "up")
    _ip(host, "route", "replace", "default", "via", str(network["Gateway"]), "dev", INTERFACE)


def pulled(host: Container) -> bool:
    """Whether a host runs and is cut off."""
    process = int(host.attrs["State"].get("Pid") or 0)
    try:
        return bool(process) and not leads(Path(f"/proc/{process}/net/route").read_text(encoding="ascii"))
    except OSError:  # it ended meanwhile
        return False


def leads(table: str) -> bool:
    """Whether a route goes by the cable, out of the text of /proc/PID/net/route (proc(5))."""
    return any(line.split()[0] == INTERFACE for line in table.splitlines()[1:])


def _ip(host: Container, *command: str) -> None:
    answer: Any = host.exec_run(["ip", *command])
    if answer.exit_code:
        raise EnvironmentFailure(
            f"the cable of {host.labels[HOST]} cannot be touched",
            where=f"container {host.name}: ip {' '.join(command)}",
            why=str(answer.output.decode(errors="replace")).strip(),
        )
