"""Addresses at which this node reaches parts that are published nowhere: its own bridge to the tasks it runs."""

from __future__ import annotations

import docker

from citycam.model.environment import Environment
from citycam.model.errors import EnvironmentFailure
from infra.outputs import Outputs
from infra.provider.engine import PART, connect, owned

BRIDGE = "docker_gwbridge"
"""Network that gives every Swarm task a way to its node."""


def address_of(environment: Environment, part: str) -> str:
    """IPv4 address of a part's running task on this node.

    Raises:
        EnvironmentFailure: no task of it runs here, or it is on internal networks alone.
    """
    client = connect()
    labels = [f"{PART}={part}", owned(environment.name)["label"]]
    containers = client.api.containers(filters={"label": labels, "status": "running"})
    if not containers:
        raise EnvironmentFailure(
            f"no task of {environment.service_name(part)} runs on this node", where="docker", next="citycam stack up"
        )
    sandbox = client.api.inspect_container(containers[0]["Id"])["NetworkSettings"]["SandboxID"]
    return _bridge_address(client, sandbox, environment.service_name(part))


def database_dsn(environment: Environment, outputs: Outputs) -> str:
    """Connection string of the database; it holds the password, so it must be neither logged nor put on a command line.

    Raises:
        EnvironmentFailure: the database does not run on this node.
    """
    host = address_of(environment, "database")
    password = outputs.secrets["database-password"]  # URL-safe base64: nothing in it needs quoting
    return f"host={host} port=5432 dbname=citycam user=citycam password={password} connect_timeout=10"


def _bridge_address(client: docker.DockerClient, sandbox: str, name: str) -> str:
    attached = client.api.inspect_network(BRIDGE)["Containers"].values()
    for each in attached:
        # The bridge knows its ends by the sandbox's id, shortened.
        end = each["Name"].removeprefix("gateway_")
        if end and sandbox.startswith(end):
            return str(each["IPv4Address"]).partition("/")[0]
    raise EnvironmentFailure(f"{name} has no address on {BRIDGE}", where="docker", why="its networks are internal")
