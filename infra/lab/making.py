"""The making of a lab: its two networks, its hosts with what they know from the start, and what the operator needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

import docker
from docker.models.containers import Container

from citycam.model.errors import EnvironmentFailure
from citycam.model.workspace import Workspace
from infra.lab import container as spec
from infra.lab.files import archive, first_files, resolvers
from infra.lab.inventory import inventory, render
from infra.lab.keys import Key, configuration, known_hosts
from infra.lab.layout import Layout
from infra.lab.refusal import refusal
from infra.lab.subnets import RANGE, Subnets, free, none_left, routed
from infra.provider.engine import post, remove


def make(
    client: docker.DockerClient,
    lab: str,
    layout: Layout,
    image: str,
    workspace: Workspace,
    report: Callable[[str], None],
) -> None:
    """Make networks and hosts of a lab, and start these; keys and inventory are in the workspace before they are there.

    Raises:
        EnvironmentFailure: no subnets are free, or the engine refuses; what was made until then is there.
    """
    subnets = _networks(client, lab)
    addresses = {host: subnets.address(place) for place, host in enumerate(layout.hosts)}
    keys = {host: Key.make() for host in layout.hosts}
    admin = Key.make()
    keep(workspace, lab, layout, addresses, subnets.admin, keys, admin)
    asked = resolvers(*_texts("/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"))
    cameras = client.networks.get(spec.camera_network(lab))
    for place, host in enumerate(layout.hosts):
        report(f"{host} at {addresses[host]}")
        body = spec.container(lab, host, layout, image, addresses[host])
        with refusal(f"{host} cannot be made"):
            made = _create(client, spec.name_of(lab, host), body)
            cameras.connect(made, ipv4_address=str(subnets.camera_address(place)))
            made.put_archive("/", archive(first_files(host, keys[host], admin.public, addresses, asked)))
            made.start()


def keep(
    workspace: Workspace,
    lab: str,
    layout: Layout,
    addresses: Mapping[str, IPv4Address],
    network: IPv4Network,
    keys: Mapping[str, Key],
    admin: Key,
) -> None:
    """Write what Ansible and ssh(1) need to come in: the `admin` key, the hosts' public `keys`, and the inventory."""
    folder = workspace.ssh
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    private = folder / "id_ed25519"
    private.unlink(missing_ok=True)
    private.touch(mode=0o600)
    private.write_bytes(admin.private)
    (folder / "id_ed25519.pub").write_text(f"{admin.public}\n", encoding="utf-8")
    public = {host: key.public for host, key in keys.items()}
    (folder / "known_hosts").write_text(known_hosts(addresses, public), encoding="utf-8")
    (folder / "config").write_text(configuration(folder, addresses), encoding="utf-8")
    document = inventory(layout, addresses, network, workspace, lab)
    workspace.hosts.write_text(render(document), encoding="utf-8")


def _networks(client: docker.DockerClient, lab: str) -> Subnets:
    """Make both bridges in the first subnets that are free; another lab may be quicker, then the next."""
    for subnets in free(_taken(client)):
        bridges = [
            spec.network(spec.admin_network(lab), lab, subnets.admin, outside=True),
            spec.network(spec.camera_network(lab), lab, subnets.cameras, outside=False),
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
