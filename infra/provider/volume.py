"""Volumes: the engine's own, or a folder of the node under a name."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, ReadResult, Resource

from infra.provider.declared import DeclaredProvider, Properties
from infra.provider.engine import ENVIRONMENT, connect, find, remove, require_owned


@dataclass(frozen=True)
class VolumeArgs:
    """A volume. With `folder` (absolute) it is that folder of the node, made for `owner` (uid = gid) where absent."""

    name: str
    environment: str
    folder: str = ""
    owner: int = 0


class VolumeProvider(DeclaredProvider):
    """Creates, reads and deletes volumes. Deleting one leaves the folder: what it holds belongs to the user."""

    declared = ("name", "environment", "folder", "owner")
    fixed = declared

    def create(self, props: Properties) -> CreateResult:
        """Make the volume and its folder, or take over what an interrupted run left."""
        wanted = self.own(props)
        make_folder(wanted)
        client = connect()
        found = find(lambda: client.api.inspect_volume(wanted["name"]))
        if found is not None:
            require_owned("volume", wanted["name"], found.get("Labels"), wanted["environment"])
            if observe(found) != {key: wanted[key] for key in ("name", "environment", "folder")}:
                remove(client, f"/volumes/{wanted['name']}")
        client.api.create_volume(
            wanted["name"], driver="local", driver_opts=options(wanted), labels={ENVIRONMENT: wanted["environment"]}
        )
        return CreateResult(wanted["name"], wanted)

    def read(self, id_: str, props: Properties) -> ReadResult:
        """What the engine has under this name."""
        attributes = find(lambda: connect().api.inspect_volume(id_))
        if attributes is None:
            return ReadResult(None, {})
        known = self.own(props)
        if known["folder"] and not Path(known["folder"]).is_dir():
            return ReadResult(None, {})
        return ReadResult(id_, {**known, **observe(attributes)})

    def delete(self, id_: str, _props: Properties) -> None:
        """Remove it; an absent one is fine."""
        remove(connect(), f"/volumes/{id_}")


def make_folder(wanted: Properties) -> None:
    """Make the volume's folder for its owner; a folder that exists is left as it is."""
    if not wanted["folder"]:
        return
    folder = Path(wanted["folder"])
    if not folder.is_dir():
        folder.mkdir(parents=True)
        os.chown(folder, int(wanted["owner"]), int(wanted["owner"]))


def options(wanted: Properties) -> dict[str, str]:
    """Options of the engine's `local` driver."""
    return {"type": "none", "o": "bind", "device": wanted["folder"]} if wanted["folder"] else {}


def observe(attributes: dict[str, Any]) -> Properties:
    """A volume's inspection in the words of `VolumeArgs`; the owner is the folder's matter."""
    return {
        "name": attributes["Name"],
        "environment": (attributes.get("Labels") or {}).get(ENVIRONMENT, ""),
        "folder": (attributes.get("Options") or {}).get("device", ""),
    }


class Volume(Resource, module="docker", name="Volume"):
    """A volume of the stack; its id is its name."""

    name: pulumi.Output[str]

    def __init__(self, name: str, args: VolumeArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(VolumeProvider(), name, dict(vars(args)), opts)
