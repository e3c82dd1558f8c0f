"""What nodes need before and under the stack: certificates, gateway files, and the plays that make and keep hosts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from citycam.model.environment import Environment, Nodes
from citycam.model.errors import ConfigError
from citycam.model.workspace import PROJECT, Workspace
from citycam.plan.homes import homes
from citycam.plan.plan import Plan
from infra.accounts import CITYCAM_UID, MONITORING_UID
from infra.node_addresses import camera_ranges
from infra.passwords import keep_passwords
from infra.playbook import PlaybookResult, TaskEvent, run_playbook, site_variables
from infra.rotation import BESIDE, alone, beside, over


def prepare_hosts(environment: Environment, workspace: Workspace) -> None:
    """Run `site.yml`: the certificates, and a configuration without cameras for gateways that have none.

    A gateway that has one keeps it: its cameras are the campaign's matter. On nodes `deploy` gives them theirs.

    Raises:
        EnvironmentFailure: a task failed.
    """
    project = workspace.root.parent.parent
    variables = site_variables(environment, nobody(environment), b"", project)
    missing = [
        gateway
        for gateway in variables["gateway_config_gateways"]
        if not environment.nodes and not (workspace.gateway_config(gateway["name"]) / "mediamtx.yml").exists()
    ]
    variables["gateway_config_gateways"] = missing
    # The playbooks are this code's, wherever the environment's folders lie.
    run_playbook("site.yml", variables, ["pki", *(["gateway_config"] if missing else [])], project=PROJECT)


def run_hosts(
    verb: str,
    environment: Environment,
    variables: Mapping[str, Any] | None = None,
    *,
    inventory: Path | None = None,
    limit: str = "",
    tags: tuple[str, ...] = (),
    check: bool = False,
    on_event: Callable[[TaskEvent], None] | None = None,
    project: Path = PROJECT,
) -> PlaybookResult:
    """Run `playbooks/hosts/<verb>.yml` on the hosts of an environment, or on those of another `inventory`.

    `limit` is a pattern of the hosts to work on; managers are asked in any case. `variables` are the verb's own.

    Raises:
        ConfigError: the environment has no nodes, or there is no such play or inventory.
        EnvironmentFailure: a task failed or a host could not be reached; each is named.
    """
    nodes = nodes_of(environment)
    given = {**host_variables(environment, nobody(environment), b"", project), **(variables or {})}
    if limit:
        given["citycam_limit"] = limit
    return run_playbook(
        f"hosts/{verb}.yml", given, tags, on_event, check=check, inventory=inventory or project / nodes.hosts
    )


def deliver(environment: Environment, plan: Plan, camera_key: bytes, project: Path = PROJECT) -> PlaybookResult:
    """Write the path files of a plan to home and standby of every gateway; a running gateway reloads its own at once.

    Raises:
        ConfigError: the environment has no nodes.
        EnvironmentFailure: a host could not be written to.
    """
    variables = host_variables(environment, plan, camera_key, project) | {"gateway_config_keep": False}
    return run_hosts("reconfigure", environment, variables, tags=("gateway_config",), project=project)


def rotate_cameras(
    environment: Environment,
    plan: Plan,
    camera_key: bytes,
    renewed: Mapping[str, str],
    on_event: Callable[[TaskEvent], None] | None = None,
    *,
    inventory: Path | None = None,
    project: Path = PROJECT,
) -> PlaybookResult:
    """Have gateways use new passwords of cameras, which the cameras have already; no frame is lost.

    `renewed` is id → password. They are kept once all gateways have them; a run that broke is run again.

    Raises:
        ConfigError: a camera is not in the plan, or the environment has no nodes.
        EnvironmentFailure: a camera was not recorded with its new password, and goes on with the old one.
    """
    strange = sorted(renewed.keys() - plan.gateway_of().keys())
    if strange:
        raise ConfigError(f"no gateway records {', '.join(strange[:5])}", next="name cameras of the plan in force")
    variables = host_variables(environment, plan, camera_key, project)
    files = variables["citycam_gateway_files"]
    firsts = {name: [id for id in ids if id in renewed] for name, ids in plan.gateways.items()}
    steps = {
        "gateway_config_keep": False,
        "rotate_beside": beside(files, renewed),
        "rotate_over": over(files, renewed),
        "rotate_alone": alone(files, renewed),
        "rotate_firsts": firsts,
        "rotate_seconds": {name: [id + BESIDE for id in ids] for name, ids in firsts.items()},
    }
    result = run_hosts("rotate-cameras", environment, steps, inventory=inventory, on_event=on_event, project=project)
    keep_passwords(Workspace.of(environment.name, project).camera_passwords, renewed)
    return result


def nodes_of(environment: Environment) -> Nodes:
    """The nodes of an environment.

    Raises:
        ConfigError: it is one machine.
    """
    if environment.nodes is None:
        raise ConfigError(
            f"the environment {environment.name} has no nodes: it is this one machine",
            next="name an environment file with nodes: --environment environments/lab.yaml",
        )
    return environment.nodes


def node_names(environment: Environment) -> list[str]:
    """Every node that a pool names.

    Raises:
        ConfigError: it is one machine.
    """
    return sorted({name for pool in nodes_of(environment).pools.model_dump().values() for name in pool})


def nobody(environment: Environment) -> Plan:
    """A plan without cameras."""
    return Plan(environment=environment.name, inventory_digest="", cameras=[], gateways={})


def host_variables(environment: Environment, plan: Plan, camera_key: bytes, project: Path = PROJECT) -> dict[str, Any]:
    """Variables of the plays in `playbooks/hosts`: who is in which pool, where gateways belong, what names what.

    Folders are those of a node, but for `citycam_workspace` and `citycam_pki`, which are the operator's.
    """
    nodes = nodes_of(environment)
    operator, node = Workspace.of(environment.name, project), Workspace.on_node(environment.name)
    pools = nodes.pools.model_dump()
    names = node_names(environment)
    places = homes(environment.gateway_names, nodes.pools.recording, nodes.homes)
    site = site_variables(environment, plan, camera_key, project)
    files = [
        {
            **gateway,
            "config_folder": str(node.gateway_config(gateway["name"])),
            "recordings_folder": str(node.recordings(gateway["name"])),
        }
        for gateway in site.pop("gateway_config_gateways")
    ]
    return site | {
        "pki_services": _certificates(nodes),
        "gateway_config_keep": True,
        "citycam_environment": environment.name,
        "citycam_workspace": str(operator.root),
        "citycam_pki": str(operator.pki),
        "citycam_node_folder": str(node.root),
        "citycam_pools": pools,
        "citycam_gateways": [
            {"name": name, "home": places.home[name], "standby": places.standby.get(name, "")}
            for name in environment.gateway_names
        ],
        "citycam_gateway_files": files,
        "citycam_gateways_on": {name: places.on(name) for name in names},
        "citycam_user_ports": [environment.edge.https_port, environment.edge.rtsps_port],
        "citycam_registry": nodes.registry,
        "citycam_camera_lan": str(environment.networks.camera_lan),
        "citycam_camera_ranges": camera_ranges(names, environment.networks.camera_lan),
        "citycam_camera_interface": nodes.camera_interface,
        "citycam_folders": _folders(node),
    }


def _certificates(nodes: Nodes) -> list[dict[str, Any]]:
    """Services beside the edge that prove who they are, and the names that they are called by."""
    registry, platform = nodes.registry.partition(":")[0], nodes.pools.platform[0]
    names = {
        "registry": [registry, "localhost"],
        "database": ["database-1.service", "database-2.service"],
        "backup": ["backup.service"],
        "journal": [platform],
        "journal-sender": ["journal-sender"],
    }
    return [{"name": service, "names": called} for service, called in names.items()]


def _folders(node: Workspace) -> dict[str, list[dict[str, Any]]]:
    """Folders that services of a pool mount, and whose they are; gateways and database bring their own."""
    owned = {"fleet": (node.fleet, CITYCAM_UID), "load": (node.load, CITYCAM_UID)}
    owned["platform"] = (node.prometheus, MONITORING_UID)
    return {pool: [{"path": str(path), "uid": uid}] for pool, (path, uid) in owned.items()}
