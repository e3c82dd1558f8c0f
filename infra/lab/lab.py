"""A lab in the engine: hosts that come up, lose power or their network, return, and leave nothing behind."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docker.models.containers import Container

from citycam.model.errors import ConfigError, EnvironmentFailure
from citycam.model.workspace import PROJECT, Workspace
from infra.images.build import build
from infra.lab import cable
from infra.lab import container as spec
from infra.lab.layout import Layout, lay_out
from infra.lab.machine import Machine, require
from infra.lab.making import make
from infra.lab.refusal import ABSENT, CONFLICT, refusal
from infra.lab.wait import DEADLINE_S, wait_reached, wait_running
from infra.provider.engine import connect, remove

Report = Callable[[str], None]

CUT_OFF = "cut off"
"""State of a host that runs and that nobody hears."""


@dataclass(frozen=True)
class HostStatus:
    """One host: what it is for, its address, and its state: the engine's (`running`, `exited`, …), or `cut off`."""

    host: str
    groups: tuple[str, ...]
    address: str
    state: str

    @property
    def ok(self) -> bool:
        """Whether it runs."""
        return self.state == "running"


class Lab:
    """The lab of one name. What it has stands in the engine, by label; keys and inventory in `.citycam/<name>/`."""

    def __init__(self, name: str, project: Path = PROJECT) -> None:
        self.name = name
        self.workspace = Workspace.of(name, project)

    def up(
        self,
        nodes: int,
        report: Report = lambda _: None,
        machine: Machine | None = None,
        *,
        managers: int | None = None,
    ) -> list[HostStatus]:
        """Make the hosts, or find them made and start those that lie still; all run and let us in afterwards.

        Raises:
            ConfigError: no lab can be of that size, or have so many managers.
            EnvironmentFailure: the name is taken by another lab, the machine is too small, no subnets are free, the
                engine refuses, or a host does not come up.
        """
        layout = lay_out(nodes, managers)
        if self._made(layout):
            report("the hosts are there")
            found = self.status()
            self.join([host.host for host in found if host.state == CUT_OFF], report)
            return self.start([host.host for host in found if not host.ok], report)
        client = connect()
        require(layout, machine or Machine.of(client))
        report("the image of a bare machine")
        image = build(("lab-host",), lambda _: None)["lab-host"]
        try:
            make(client, self.name, layout, image, self.workspace, report)
        except BaseException:
            # Half a lab is no lab: what stands is of no use to anybody.
            self.down()
            raise
        # A host that does not come up stays, to be looked into.
        wait_running(self._containers(), self.workspace, report)
        return self.status()

    def status(self) -> list[HostStatus]:
        """Every host there is, nodes by number and the site last."""
        return [_status(self.name, each) for each in self._containers()]

    def kill(self, hosts: list[str], report: Report = lambda _: None) -> list[HostStatus]:
        """Cut the power of hosts: everything on them ends at once, unasked; what was not written is lost.

        Raises:
            ConfigError: there is no such host.
        """
        for each in self._named(hosts):
            report(f"{each.labels[spec.HOST]} loses power")
            # One that lies still already is in conflict with it.
            with refusal(f"the power of {each.labels[spec.HOST]} cannot be cut", CONFLICT):
                each.kill("SIGKILL")
        return self.status()

    def start(self, hosts: list[str], report: Report = lambda _: None, seconds: float = DEADLINE_S) -> list[HostStatus]:
        """Give hosts their power back, and wait until they are up and let us in.

        Raises:
            ConfigError: there is no such host.
            EnvironmentFailure: one does not come up.
        """
        chosen = self._named(hosts)
        for each in chosen:
            with refusal(f"{each.labels[spec.HOST]} cannot be started"):
                each.start()
        wait_running(chosen, self.workspace, report, seconds)
        return self.status()

    def cut(self, hosts: list[str], report: Report = lambda _: None) -> list[HostStatus]:
        """Pull the administration cable of hosts: they run on and see their cameras, and nobody hears them.

        Raises:
            ConfigError: there is no such host.
            EnvironmentFailure: one does not run.
        """
        for each in self._named(hosts):
            report(f"{each.labels[spec.HOST]} is cut off")
            with refusal(f"{each.labels[spec.HOST]} cannot be cut off"):
                cable.pull(each)
        return self.status()

    def join(self, hosts: list[str], report: Report = lambda _: None, seconds: float = DEADLINE_S) -> list[HostStatus]:
        """Plug the cable of hosts in again, and wait until they let us in at the address that they had.

        Raises:
            ConfigError: there is no such host.
            EnvironmentFailure: one does not run, or does not let us in.
        """
        chosen = self._named(hosts)
        for each in chosen:
            with refusal(f"{each.labels[spec.HOST]} cannot be joined"):
                cable.plug(each)
        wait_reached(chosen, self.workspace, report, seconds)
        return self.status()

    def down(self, report: Report = lambda _: None) -> list[str]:
        """Remove all that carries the lab's label, whoever left it, and its keys and inventory; names of what went."""
        client, chosen = connect(), self._all
        hosts = client.containers.list(all=True, filters=chosen, ignore_removed=True)
        with ThreadPoolExecutor(max_workers=8) as pool:
            removed = list(pool.map(lambda each: _remove(each, report), hosts))
        for network in client.networks.list(filters=chosen):
            remove(client, f"/networks/{network.id}")
            removed.append(str(network.name))
        for volume in client.volumes.list(filters=chosen):
            remove(client, f"/volumes/{volume.name}")
            removed.append(str(volume.name))
        self.workspace.hosts.unlink(missing_ok=True)
        shutil.rmtree(self.workspace.ssh, ignore_errors=True)
        with suppress(OSError):  # an environment of that name keeps its state here
            self.workspace.root.rmdir()
        return removed

    @property
    def _all(self) -> dict[str, Any]:
        """Filter of the engine's lists: only what belongs to this lab."""
        return {"label": f"{spec.LAB}={self.name}"}

    def _containers(self) -> list[Container]:
        found = connect().containers.list(all=True, filters=self._all, ignore_removed=True)
        return sorted(found, key=lambda each: _order(each.labels[spec.HOST]))

    def _named(self, hosts: list[str]) -> list[Container]:
        there = {each.labels[spec.HOST]: each for each in self._containers()}
        for host in hosts:
            if host not in there:
                raise ConfigError(
                    f"the lab {self.name} has no host {host!r}",
                    where="HOST",
                    why=f"it has: {', '.join(there)}" if there else "it has none: it does not stand",
                    next="name one of them" if there else f"citycam lab up --name {self.name}",
                )
        return [there[host] for host in hosts]

    def _made(self, layout: Layout) -> bool:
        """Whether this very lab is there already.

        Raises:
            EnvironmentFailure: another one of that name is.
        """
        hosts = {host.host: host.groups for host in self.status()}
        if not hosts:
            return False
        ours = self.workspace.hosts.is_file() and (self.workspace.ssh / "id_ed25519").is_file()
        if hosts == {host: layout.groups_of(host) for host in layout.hosts} and ours:
            return True
        other = "" if hosts.keys() != set(layout.hosts) else ", with other managers"
        raise EnvironmentFailure(
            f"the name {self.name} is taken",
            where="docker",
            why=f"a lab of {', '.join(hosts)} has it" + (other if ours else "; its keys are not in this checkout"),
            next=f"choose another --name, or remove that one: citycam lab down --name {self.name}",
        )


def _remove(found: Container, report: Report) -> str:
    report(f"remove {found.name}")
    with refusal(f"{found.name} cannot be removed", ABSENT, CONFLICT):  # somebody else was quicker, or is at it
        found.remove(force=True, v=True)
    return str(found.name)


def _status(lab: str, found: Container) -> HostStatus:
    endpoint = found.attrs["NetworkSettings"]["Networks"].get(spec.admin_network(lab)) or {}
    return HostStatus(
        host=found.labels[spec.HOST],
        groups=tuple(found.labels[spec.GROUPS].split(",")),
        address=str((endpoint.get("IPAMConfig") or {}).get("IPv4Address", "")),
        state=CUT_OFF if cable.pulled(found) else str(found.status),
    )


def _order(host: str) -> tuple[bool, int]:
    kind, _, number = host.partition("-")
    return kind != "node", int(number)
