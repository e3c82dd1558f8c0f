"""A lab in the engine: hosts that come up, lose power or their network, return, and leave nothing behind."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

import docker
from docker.errors import APIError
from docker.models.containers import Container

from citycam.model.errors import ConfigError, EnvironmentFailure
from citycam.model.workspace import PROJECT, Workspace
from infra.images.build import build
from infra.lab import cable
from infra.lab import container as spec
from infra.lab.files import archive, first_files, resolvers
from infra.lab.inventory import inventory, render
from infra.lab.keys import Key, configuration, known_hosts
from infra.lab.layout import Layout, lay_out
from infra.lab.machine import Machine, require
from infra.lab.subnets import RANGE, Subnets, free, none_left, routed
from infra.lab.wait import DEADLINE_S, wait_reached, wait_running
from infra.provider.engine import connect, explain, post, remove

Report = Callable[[str], None]

CUT_OFF = "cut off"
"""State of a host that runs and that nobody hears."""
ABSENT, CONFLICT = 404, 409
"""HTTP statuses of the engine for what is not there, and for what is asked at the wrong time."""


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
            subnets = self._networks(client)
            self._hosts(client, layout, image, subnets, report)
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
            with _refusal(f"the power of {each.labels[spec.HOST]} cannot be cut", CONFLICT):
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
            with _refusal(f"{each.labels[spec.HOST]} cannot be started"):
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
            with _refusal(f"{each.labels[spec.HOST]} cannot be cut off"):
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
            with _refusal(f"{each.labels[spec.HOST]} cannot be joined"):
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

    def _networks(self, client: docker.DockerClient) -> Subnets:
        """Make both bridges in the first subnets that are free; another lab may be quicker, then the next."""
        for subnets in free(_taken(client)):
            bridges = [
                spec.network(spec.admin_network(self.name), self.name, subnets.admin, outside=True),
                spec.network(spec.camera_network(self.name), self.name, subnets.cameras, outside=False),
            ]
            made: list[str] = []
            try:
                for bridge in bridges:
                    made.append(post(client, "/networks/create", bridge)["Id"])
            except EnvironmentFailure as error:
                for id_ in made:
                    remove(client, f"/networks/{id_}")
                if "overlaps" not in error.why:
                    raise
                continue
            return subnets
        raise none_left(RANGE)

    def _hosts(self, client: docker.DockerClient, layout: Layout, image: str, subnets: Subnets, report: Report) -> None:
        addresses = {host: subnets.address(place) for place, host in enumerate(layout.hosts)}
        keys = {host: Key.make() for host in layout.hosts}
        admin = Key.make()
        self._write(layout, addresses, subnets.admin, keys, admin)
        asked = resolvers(*_texts("/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"))
        cameras = client.networks.get(spec.camera_network(self.name))
        for place, host in enumerate(layout.hosts):
            report(f"{host} at {addresses[host]}")
            body = spec.container(self.name, host, layout, image, addresses[host])
            with _refusal(f"{host} cannot be made"):
                made = _create(client, spec.name_of(self.name, host), body)
                cameras.connect(made, ipv4_address=str(subnets.camera_address(place)))
                made.put_archive("/", archive(first_files(host, keys[host], admin.public, addresses, asked)))
                made.start()

    def _write(
        self,
        layout: Layout,
        addresses: Mapping[str, IPv4Address],
        network: IPv4Network,
        keys: Mapping[str, Key],
        admin: Key,
    ) -> None:
        folder = self.workspace.ssh
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        private = folder / "id_ed25519"
        private.unlink(missing_ok=True)
        private.touch(mode=0o600)
        private.write_bytes(admin.private)
        (folder / "id_ed25519.pub").write_text(f"{admin.public}\n", encoding="utf-8")
        public = {host: key.public for host, key in keys.items()}
        (folder / "known_hosts").write_text(known_hosts(addresses, public), encoding="utf-8")
        (folder / "config").write_text(configuration(folder, addresses), encoding="utf-8")
        document = inventory(layout, addresses, network, self.workspace, self.name)
        self.workspace.hosts.write_text(render(document), encoding="utf-8")


def _taken(client: docker.DockerClient) -> list[IPv4Network]:
    """Subnets of this machine's routes and of the engine's networks."""
    pools = [pool for each in client.api.networks() for pool in (each.get("IPAM") or {}).get("Config") or []]
    subnets = [str(pool.get("Subnet", "")) for pool in pools]
    listed = [IPv4Network(subnet, strict=False) for subnet in subnets if subnet and ":" not in subnet]
    return [*listed, *routed("".join(_texts("/proc/net/route")))]


def _texts(*paths: str) -> list[str]:
    return [Path(path).read_text(encoding="utf-8") for path in paths if Path(path).is_file()]


def _create(client: docker.DockerClient, name: str, body: Mapping[str, Any]) -> Container:
    return client.containers.get(post(client, f"/containers/create?name={name}", body)["Id"])


def _remove(found: Container, report: Report) -> str:
    report(f"remove {found.name}")
    with _refusal(f"{found.name} cannot be removed", ABSENT, CONFLICT):  # somebody else was quicker, or is at it
        found.remove(force=True, v=True)
    return str(found.name)


@contextmanager
def _refusal(what: str, *but: int) -> Iterator[None]:
    """What the engine refuses, in its own words; a status among `but` is no refusal."""
    try:
        yield
    except APIError as error:
        if error.status_code not in but:
            raise EnvironmentFailure(what, where="docker", why=explain(error)) from error


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
