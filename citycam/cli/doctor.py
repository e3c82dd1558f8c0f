"""Look at this machine before anything starts: each check names what is wrong and the fix."""

from __future__ import annotations

import ipaddress
import resource
import shutil
import socket
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import docker
import psutil
from docker.errors import DockerException

from citycam.model.environment import Environment
from citycam.model.errors import EnvironmentFailure
from citycam.model.units import show_bytes
from citycam.model.workspace import PROJECT, cache_folder
from infra.images.contexts import tags

DOCKER_MINIMUM = (20, 10)
DESCRIPTORS_MINIMUM = 4096
MEMORY_MINIMUM = 4 * 10**9


@dataclass(frozen=True)
class Finding:
    """What a check saw. `fix` is empty when it is well."""

    check: str
    ok: bool
    seen: str
    fix: str = ""


@dataclass(frozen=True)
class Need:
    """What a run will ask of the machine: bytes of disk, and cameras (one socket each, at both ends)."""

    disk_bytes: int = 0
    cameras: int = 0


def examine(environment: Environment, need: Need = Need(), project: Path = PROJECT) -> list[Finding]:
    """Run every check, all of them even when one fails."""
    checks: list[Callable[[], Iterator[Finding]]] = [
        _docker,
        lambda: _disk(environment, need, project),
        lambda: _descriptors(need),
        _memory,
        _tools,
        _images,
    ]
    if environment.nodes is None:  # nodes have their own: `citycam hosts precheck`
        checks += [lambda: _ports(environment), lambda: _subnets(environment)]
    return [finding for check in checks for finding in check()]


def require(environment: Environment, need: Need = Need(), project: Path = PROJECT) -> None:
    """Examine, and refuse to go on when something is wrong.

    Raises:
        EnvironmentFailure: lists every failed check with its fix.
    """
    failed = [finding for finding in examine(environment, need, project) if not finding.ok]
    if failed:
        raise EnvironmentFailure(
            "this machine is not ready: " + ", ".join(finding.check for finding in failed),
            where="citycam doctor",
            why="\n        ".join(f"{finding.check}: {finding.seen}" for finding in failed),
            next="\n        ".join(finding.fix for finding in failed),
        )


def as_data(findings: list[Finding]) -> list[dict[str, object]]:
    """The findings as plain data."""
    return [asdict(finding) for finding in findings]


def _docker() -> Iterator[Finding]:
    try:
        client = docker.from_env(timeout=10)
        version = str(client.version()["Version"])
        swarm = client.info()["Swarm"]
    except (DockerException, OSError) as error:
        yield Finding("docker", False, f"the engine does not answer: {error}", "run `make setup`, or start dockerd")
        return
    numbers = tuple(int(part) for part in version.split(".")[:2])
    recent = numbers >= DOCKER_MINIMUM
    yield Finding("docker", recent, f"engine {version}", "" if recent else "install Docker 20.10 or newer")
    state = swarm.get("LocalNodeState", "unknown")
    if state != "active":
        yield Finding(
            "swarm", False, f"this engine's Swarm is {state}", "run `make setup`: it makes a Swarm of one node"
        )
    elif not swarm.get("ControlAvailable"):
        yield Finding(
            "swarm", False, "this node is a worker of another Swarm", "use a manager node, or `docker swarm leave`"
        )
    else:
        yield Finding("swarm", True, f"manager of {swarm.get('Nodes', '?')} node(s)")


def _ports(environment: Environment) -> Iterator[Finding]:
    ours = _published(environment)
    for name, port in (("https", environment.edge.https_port), ("rtsps", environment.edge.rtsps_port)):
        if port in ours:
            yield Finding(f"port {port}", True, f"published by this stack ({name})")
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("0.0.0.0", port))
                yield Finding(f"port {port}", True, f"free ({name})")
            except OSError as error:
                fix = f"stop what listens on {port}, or set edge.{name}_port in the environment file"
                yield Finding(f"port {port}", False, f"cannot be used for {name}: {error.strerror}", fix)


def _published(environment: Environment) -> set[int]:
    try:
        services = docker.from_env(timeout=10).services.list(filters={"name": environment.service_name("edge")})
    except (DockerException, OSError):
        return set()
    specs = [service.attrs["Spec"].get("EndpointSpec", {}) for service in services]
    return {port["PublishedPort"] for spec in specs for port in spec.get("Ports", [])}


def _disk(environment: Environment, need: Need, project: Path) -> Iterator[Finding]:
    wanted = max(environment.disk.minimum_free, need.disk_bytes * 3 // 2)
    free = shutil.disk_usage(project).free
    seen = f"{show_bytes(free)} free, {show_bytes(wanted)} wanted"
    yield Finding(
        "disk", free >= wanted, seen, "" if free >= wanted else f"free {show_bytes(wanted - free)} under {project}"
    )


def _descriptors(need: Need) -> Iterator[Finding]:
    wanted = max(DESCRIPTORS_MINIMUM, 4 * need.cameras)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    enough = hard == resource.RLIM_INFINITY or hard >= wanted
    fix = "" if enough else f"raise the limit: `ulimit -n {wanted}` (and LimitNOFILE of the Docker engine)"
    yield Finding("file descriptors", enough, f"limit {hard}, {wanted} wanted", fix)


def _memory() -> Iterator[Finding]:
    free = psutil.virtual_memory().available
    enough = free >= MEMORY_MINIMUM
    fix = "" if enough else f"free {show_bytes(MEMORY_MINIMUM - free)} of memory"
    yield Finding("memory", enough, f"{show_bytes(free)} available, {show_bytes(MEMORY_MINIMUM)} wanted", fix)


def _tools() -> Iterator[Finding]:
    bundled = str(cache_folder() / "bin")
    for tool, path in (("ffmpeg", None), ("pulumi", f"{bundled}:/usr/local/bin:/usr/bin:/bin")):
        found = shutil.which(tool, path=path) or shutil.which(tool)
        yield Finding(tool, found is not None, found or "not found", "" if found else "run `make setup`")


def _images() -> Iterator[Finding]:
    try:
        there = {tag for image in docker.from_env(timeout=10).images.list() for tag in image.tags}
    except (DockerException, OSError):
        return  # the engine's own check says why
    absent = sorted(name for name, tag in tags().items() if tag not in there)
    seen = f"not built: {', '.join(absent)}" if absent else "built"
    yield Finding("images", not absent, seen, "run `make images`" if absent else "")


def _subnets(environment: Environment) -> Iterator[Finding]:
    """A route of this machine inside one of our subnets would swallow the stack's traffic."""
    ours = {name: getattr(environment.networks, name) for name in ("camera_lan", "management", "service")}
    taken = [
        f"{name} {net} is used by {interface} ({address.address})"
        for interface, addresses in psutil.net_if_addrs().items()
        if not interface.startswith(("br-", "docker", "veth", "lo"))
        for address in addresses
        if address.family == socket.AF_INET
        for name, net in ours.items()
        if ipaddress.ip_address(address.address) in net
    ]
    fix = "choose other subnets in the environment file" if taken else ""
    yield Finding("subnets", not taken, "; ".join(taken) or "free", fix)
