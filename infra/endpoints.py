"""Addresses at which this node reaches parts that are published nowhere: its own bridge to the tasks it runs."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import docker
from docker.errors import DockerException
from requests import RequestException

from citycam.model.environment import Environment
from citycam.model.errors import EnvironmentFailure
from citycam.model.workspace import PROJECT
from infra.nodes import Node, roster
from infra.outputs import Outputs
from infra.provider.engine import PART, connect, owned
from infra.reach import ENGINE, forwarded

BRIDGE = "docker_gwbridge"
"""Network that gives every Swarm task a way to its node."""


def address_of(environment: Environment, part: str, client: docker.DockerClient | None = None) -> str:
    """IPv4 address of a part's running task on this node, or on that whose engine `client` asks.

    Raises:
        EnvironmentFailure: no task of it runs here, or it is on internal networks alone.
    """
    client = client or connect()
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
    return _dsn([(address_of(environment, "database"), 5432)], outputs)


@contextmanager
def database_reached(environment: Environment, outputs: Outputs, project: Path = PROJECT) -> Iterator[str]:
    """Connection string of the database from wherever we are, good within the `with`; as secret as `database_dsn`.

    On many nodes it names every member that can be reached, through SSH to its node, and asks for the one that writes.

    Raises:
        ConfigError: the inventory and the environment do not fit.
        EnvironmentFailure: no member can be reached; each is named with its reason.
    """
    if environment.nodes is None:
        yield database_dsn(environment, outputs)
        return
    with ExitStack() as tunnels:
        ends, reasons = [], []
        for number, name in enumerate(environment.nodes.pools.database, start=1):
            node = roster(environment, project).nodes[name]
            try:
                ends.append(tunnels.enter_context(_member(environment, node, f"database-{number}")))
            except EnvironmentFailure as error:
                reasons.append(f"{name}: {error.why or error.what}")
        if not ends:
            raise EnvironmentFailure(
                f"no database of {environment.name} can be reached", where="ssh", why="\n        ".join(reasons)
            )
        yield f"{_dsn(ends, outputs)} target_session_attrs=read-write"


@contextmanager
def _member(environment: Environment, node: Node, part: str) -> Iterator[tuple[str, int]]:
    """An end of ours that leads to a part's task on a node: the node itself reaches it over its own bridge."""
    with tempfile.TemporaryDirectory(prefix="citycam-") as folder:
        engine = str(Path(folder) / "docker.sock")
        with forwarded(node, ENGINE, engine):
            try:
                with closing(docker.DockerClient(base_url=f"unix://{engine}", timeout=20)) as client:
                    address = address_of(environment, part, client)
            except (DockerException, RequestException) as error:
                raise EnvironmentFailure("its engine does not answer", where=node.name, why=str(error)) from error
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = int(free.getsockname()[1])
    with forwarded(node, f"{address}:5432", f"127.0.0.1:{port}"):
        yield "127.0.0.1", port


def _dsn(ends: Sequence[tuple[str, int]], outputs: Outputs) -> str:
    password = outputs.secrets["database-password"]  # URL-safe base64: nothing in it needs quoting
    hosts, ports = ",".join(host for host, _ in ends), ",".join(str(port) for _, port in ends)
    return f"host={hosts} port={ports} dbname=citycam user=citycam password={password} connect_timeout=10"


def _bridge_address(client: docker.DockerClient, sandbox: str, name: str) -> str:
    attached = client.api.inspect_network(BRIDGE)["Containers"].values()
    for each in attached:
        # The bridge knows its ends by the sandbox's id, shortened.
        end = each["Name"].removeprefix("gateway_")
        if end and sandbox.startswith(end):
            return str(each["IPv4Address"]).partition("/")[0]
    raise EnvironmentFailure(f"{name} has no address on {BRIDGE}", where="docker", why="its networks are internal")
