"""Networks: overlays between the parts, and the camera LAN, a bridge with addresses of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import docker
import pulumi
from pulumi.dynamic import CreateResult, ReadResult, Resource

from infra.provider.declared import DeclaredProvider, Properties
from infra.provider.engine import ENVIRONMENT, connect, find, post, remove, require_owned


@dataclass(frozen=True)
class NetworkArgs:
    """A network.

    `config_only` keeps addresses for another network, which names it as its `config_from`: that is how a Swarm
    service joins a bridge (https://docs.docker.com/reference/api/engine/, NetworkCreate).
    """

    name: str
    environment: str
    driver: str
    subnet: str = ""
    ip_range: str = ""
    internal: bool = False
    encrypted: bool = False
    config_only: bool = False
    config_from: pulumi.Input[str] = ""


class NetworkProvider(DeclaredProvider):
    """Creates, reads and deletes networks; every difference replaces the network and what is attached to it."""

    declared = (
        "name",
        "environment",
        "driver",
        "subnet",
        "ip_range",
        "internal",
        "encrypted",
        "config_only",
        "config_from",
    )
    fixed = declared

    def create(self, props: Properties) -> CreateResult:
        """Make the network, or take over the one an interrupted run left."""
        wanted = self.own(props)
        client = connect()
        for network in client.networks.list(names=[wanted["name"]]):
            if network.name != wanted["name"]:
                continue
            attributes = client.api.inspect_network(str(network.id))
            require_owned("network", wanted["name"], labels(client, attributes), wanted["environment"])
            if {**wanted, **observe(attributes)} == wanted:
                return CreateResult(str(network.id), wanted)
            remove(client, f"/networks/{network.id}")
        made = post(client, "/networks/create", request(wanted))
        return CreateResult(made["Id"], wanted)

    def read(self, id_: str, props: Properties) -> ReadResult:
        """What the engine has under this id."""
        attributes = find(lambda: connect().api.inspect_network(id_))
        if attributes is None:
            return ReadResult(None, {})
        return ReadResult(id_, {**self.own(props), **observe(attributes)})

    def delete(self, id_: str, _props: Properties) -> None:
        """Remove it; an absent one is fine."""
        remove(connect(), f"/networks/{id_}")


def request(wanted: Properties) -> dict[str, Any]:
    """Body of NetworkCreate."""
    body: dict[str, Any] = {"Name": wanted["name"], "CheckDuplicate": True}
    if not wanted["config_only"]:
        body |= {"Driver": wanted["driver"], "Internal": wanted["internal"]}
    if wanted["config_from"]:
        # The engine allows it nothing more, not even labels.
        return body | {"Scope": "swarm", "ConfigFrom": {"Network": wanted["config_from"]}}
    body["Labels"] = {ENVIRONMENT: wanted["environment"]}
    pool = {"Subnet": wanted["subnet"]} | ({"IPRange": wanted["ip_range"]} if wanted["ip_range"] else {})
    body |= {"IPAM": {"Config": [pool]}, "Options": {"encrypted": ""} if wanted["encrypted"] else {}}
    return body | ({"ConfigOnly": True} if wanted["config_only"] else {})


def labels(client: docker.DockerClient, attributes: dict[str, Any]) -> dict[str, str]:
    """A network's labels; those of its configuration where it has one."""
    source = (attributes.get("ConfigFrom") or {}).get("Network", "")
    found = find(lambda: client.api.inspect_network(source)) if source else attributes
    return (found or {}).get("Labels") or {}


def observe(attributes: dict[str, Any]) -> Properties:
    """A network's inspection in the words of `NetworkArgs`, as far as it tells; the inverse of `request`."""
    pool = ((attributes.get("IPAM") or {}).get("Config") or [{}])[0]
    source = (attributes.get("ConfigFrom") or {}).get("Network", "")
    label = {} if source else {"environment": (attributes.get("Labels") or {}).get(ENVIRONMENT, "")}
    return label | {
        "name": attributes["Name"],
        "driver": "bridge" if attributes.get("ConfigOnly") else attributes["Driver"],
        # A network made from a configuration shows that one's addresses on nodes where it is in use.
        "subnet": "" if source else pool.get("Subnet", ""),
        "ip_range": "" if source else pool.get("IPRange", ""),
        "internal": bool(attributes.get("Internal")),
        "encrypted": "encrypted" in (attributes.get("Options") or {}),
        "config_only": bool(attributes.get("ConfigOnly")),
        "config_from": source,
    }


class Network(Resource, module="docker", name="Network"):
    """A network of the stack; its id is the engine's, its `name` what it is called."""

    name: pulumi.Output[str]

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(NetworkProvider(), name, dict(vars(args)), opts)
