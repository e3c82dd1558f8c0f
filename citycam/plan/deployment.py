"""What the platform reads out of the city's plan: its gateways, and what Prometheus scrapes."""

from __future__ import annotations

import io
import re
from typing import Any

from ruamel.yaml import YAML

from citycam.model.environment import NAME, Environment
from citycam.model.errors import ConfigError
from citycam.plan.city import CityPlan

MOST_GATEWAYS = 64
"""Of one environment (`citycam.model.environment`)."""


def sized_for(environment: Environment, plan: CityPlan, phase: int | None = None) -> Environment:
    """The environment with as many gateways as the plan has, or has in its first phases up to `phase`.

    Everything that is declared per gateway follows from it: services, recorder metrics, path files, scrape targets.

    Raises:
        ConfigError: that is more than one environment holds.
    """
    wanted = len(gateways_of(plan, phase))
    if not 1 <= wanted <= MOST_GATEWAYS:
        raise ConfigError(
            f"the plan has {wanted} gateways, an environment has from 1 to {MOST_GATEWAYS}",
            where=f"environment {environment.name}",
            next="take fewer phases, or rehearse a part of the plan with `citycam plan rehearse`",
        )
    gateways = environment.gateways.model_copy(update={"count": wanted, "retention": plan.sizing.recent})
    return environment.model_copy(update={"gateways": gateways})


def environment_text(base: str, environment: Environment, name: str) -> str:
    """An environment file with the comments of `base`, called `name`, with the gateways of `environment`.

    Raises:
        ConfigError: an environment cannot be called so.
    """
    if not re.fullmatch(NAME, name):
        raise ConfigError(f"an environment cannot be called {name!r}", next="use at most 20 of a-z, 0-9 and -")
    yaml = YAML(typ="rt")
    tree = yaml.load(base)
    tree["name"] = name
    tree["gateways"]["count"] = environment.gateways.count
    tree["gateways"]["retention"] = f"{environment.gateways.retention:g}s"
    out = io.StringIO()
    yaml.dump(tree, out)
    return out.getvalue()


def gateways_of(plan: CityPlan, phase: int | None = None) -> list[str]:
    """Names of the gateways that record in the phases up to `phase`; all without it."""
    used = {one.gateway for one in plan.cameras if one.phase is not None and (phase is None or one.phase <= phase)}
    return [gateway.name for gateway in plan.gateways if gateway.name in used]


def scrape_targets(plan: CityPlan, phase: int | None = None) -> list[dict[str, Any]]:
    """Targets for Prometheus' `file_sd_configs`: every gateway and its recorder's metrics, with node and ward."""
    used = set(gateways_of(plan, phase))
    return [
        {
            "targets": [f"{part}.management:{port}"],
            "labels": {
                "job": job,
                "gateway": gateway.name,
                "node": gateway.node,
                "ward": gateway.name.split("-")[1],
                "planned_cameras": str(gateway.cameras),
            },
        }
        for gateway in plan.gateways
        if gateway.name in used
        for job, part, port in (
            ("gateway", gateway.name, 9998),
            ("recorder", f"recorder-metrics-{gateway.name.removeprefix('gateway-')}", 9465),
        )
    ]
