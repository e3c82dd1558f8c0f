"""The plan file: the cameras, and which gateway records each. `plan.json` is what infra, fleet and gateways read."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from citycam import __version__
from citycam.inventory.roster import dump_csv
from citycam.model.camera import Camera
from citycam.model.documents import Document
from citycam.model.environment import Environment
from citycam.model.errors import ConfigError
from citycam.plan.shards import assign


class Plan(Document):
    """Which gateway records which camera, in one environment."""

    schema_version: Literal[1] = 1
    producer: str = Field(default_factory=lambda: f"citycam {__version__}")
    environment: str
    inventory_digest: str
    cameras: list[Camera]
    gateways: dict[str, list[str]]

    def gateway_of(self) -> dict[str, str]:
        """Camera id → gateway name."""
        return {camera: gateway for gateway, cameras in self.gateways.items() for camera in cameras}

    def by_id(self) -> dict[str, Camera]:
        """Camera id → camera."""
        return {camera.id: camera for camera in self.cameras}


def make_plan(cameras: Sequence[Camera], environment: Environment, before: Plan | None = None) -> Plan:
    """Assign every camera to a gateway of the environment; with the plan in force, no more move than must.

    Raises:
        ConfigError: a camera's address is outside the environment's camera range.
    """
    allowed = environment.networks.camera_range
    for camera in cameras:
        if camera.address not in allowed:
            raise ConfigError(
                f"the address {camera.address} of {camera.id} is outside the camera range {allowed}",
                where=f"environment {environment.name}",
                next="correct the inventory, or the environment's camera_lan",
            )
    ordered = sorted(cameras, key=lambda camera: camera.id)
    return Plan(
        environment=environment.name,
        inventory_digest="sha256:" + hashlib.sha256(dump_csv(ordered).encode()).hexdigest(),
        cameras=ordered,
        gateways=assign(ordered, environment.gateway_names, before.gateway_of() if before else None),
    )


def load_plan(path: Path) -> Plan:
    """Read `plan.json`.

    Raises:
        ConfigError: unreadable, or not a plan of this schema version.
    """
    try:
        return Plan.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValidationError) as error:
        raise ConfigError("cannot read the plan", where=str(path), why=str(error), next="make it again") from error
