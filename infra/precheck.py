"""What stands against making hosts into nodes: all findings from what the role `precheck` saw. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from citycam.model.errors import EnvironmentFailure
from citycam.model.units import show_bytes
from infra.observation import Engine, Look, Required, Seen, looks_of
from infra.refusal import refusal

ENGINE_MINIMUM = (20, 10)
COMM = 15
"""What the kernel keeps of a program's name (proc(5), comm)."""


@dataclass(frozen=True)
class Finding:
    """What stands against a host: which check, what it saw, and what to do about it."""

    host: str
    check: str
    seen: str
    fix: str


def findings(data: Mapping[str, Any], wanted: Sequence[str]) -> list[Finding]:
    """Everything that stands against the hosts, by host and check; empty when they may be deployed.

    `data` is what the play left at its end (`PlaybookResult.data`), `wanted` the hosts that were to be looked at.

    Raises:
        EnvironmentFailure: what the play left is not what this module reads.
    """
    looks = looks_of(data)
    missing = [
        Finding(host, "host", "the inventory does not know it", "add it to the inventory, or take it out of `nodes:`")
        for host in wanted
        if host not in looks
    ]
    found = [finding for host, look in looks.items() for finding in _host(host, look)]
    return sorted([*missing, *found, *_swarms(looks)], key=lambda finding: (finding.host, finding.check))


def require(data: Mapping[str, Any], wanted: Sequence[str]) -> None:
    """Refuse to go on when something stands against a host.

    Raises:
        EnvironmentFailure: lists every finding with its fix, in `details` as data.
    """
    found = findings(data, wanted)
    if found:
        hosts = sorted({finding.host for finding in found})
        raise EnvironmentFailure(
            f"{len(hosts)} of {len({*wanted, *looks_of(data)})} hosts are not ready: {', '.join(hosts)}",
            where="citycam hosts precheck",
            why="\n        ".join(f"{finding.host}: {finding.check}: {finding.seen}" for finding in found),
            next="\n        ".join(f"{finding.host}: {finding.fix}" for finding in found),
            details={"findings": [asdict(finding) for finding in found]},
        )


def _host(host: str, look: Look) -> Iterator[Finding]:
    if look.seen is None:
        why = refusal(look.said, look.required.address)
        yield Finding(host, why.check, why.seen, why.fix)
        return
    for check in (_release, _clock, _memory, _disks, _features, _interfaces, _ports, _engine):
        for name, seen, fix in check(look.seen, look.required, look.answered):
            yield Finding(host, name, seen, fix)


Parts = Iterator[tuple[str, str, str]]
"""Check, what it saw, and the fix."""
Check = Callable[[Seen, Required, float], Parts]


def _release(seen: Seen, required: Required, _: float) -> Parts:
    release = seen.release
    if (release.id, release.version) != ("debian", required.release):
        what = f"{release.id or 'unknown'} {release.version or 'of no release'}"
        yield "release", f"it is {what}, not debian {required.release}", f"install Debian {required.release} on it"
    if not seen.systemd:
        yield "systemd", "systemd is not its init", "boot it with systemd"


def _clock(seen: Seen, required: Required, answered: float) -> Parts:
    # It was read at some moment between the question and the answer: so far off at least.
    ahead, behind = seen.clock - answered, seen.asked - seen.clock
    off, way = (ahead, "ahead") if ahead > behind else (behind, "behind")
    if off > required.clock:
        yield (
            "clock",
            f"its clock is {_duration(off)} {way}",
            "set it: `date --set`, then `hwclock --systohc`. If all hosts are off alike, this machine's is wrong",
        )


def _memory(seen: Seen, required: Required, _: float) -> Parts:
    if seen.memory < required.memory:
        what = f"{show_bytes(seen.memory)} of memory, {show_bytes(required.memory)} wanted"
        yield "memory", what, f"give it {show_bytes(required.memory - seen.memory)} more"


def _disks(seen: Seen, required: Required, _: float) -> Parts:
    for path, disk in seen.disks.items():
        if disk.size < required.disk:
            what = f"{path} is on a disk of {show_bytes(disk.size)}, {show_bytes(required.disk)} wanted"
            yield "disk", what, f"mount a larger disk at {path}"
        elif disk.free < required.disk_free:
            what = f"{show_bytes(disk.free)} free for {path}, {show_bytes(required.disk_free)} wanted"
            yield "disk", what, f"free {show_bytes(required.disk_free - disk.free)} there"


def _features(seen: Seen, _: Required, __: float) -> Parts:
    for name, there in seen.features.items():
        if there == "no":
            yield "kernel", f"its kernel has no {name}", f"boot a kernel with {name}: Debian's linux-image-amd64 has it"
        elif there == "unknown":
            yield (
                "kernel",
                f"nothing tells whether its kernel has {name}",
                f"load it (`modprobe {name}`), or install the kernel's package",
            )


def _interfaces(seen: Seen, required: Required, _: float) -> Parts:
    for name in required.interfaces:
        if name not in seen.interfaces:
            yield (
                "interface",
                f"it has no {name}, but {', '.join(each for each in seen.interfaces if each != 'lo') or 'none'}",
                "connect it to the camera LAN, or correct `camera_interface` in the environment file",
            )


def _ports(seen: Seen, required: Required, _: float) -> Parts:
    for port in required.ports:
        ours = {"", *(program[:COMM] for program in port.programs)}
        for listener in seen.listeners:
            if (listener.port, listener.protocol) == (port.port, port.protocol) and listener.program not in ours:
                yield (
                    f"port {port.port}/{port.protocol}",
                    f"{listener.program} listens on {port.port}/{port.protocol}",
                    f"stop {listener.program}, or have it listen elsewhere",
                )


def _engine(seen: Seen, required: Required, _: float) -> Parts:
    engine = seen.engine
    if engine is None:
        return
    if engine.error:
        yield (
            "engine",
            f"its Docker engine does not answer: {engine.error}",
            "see `systemctl status docker` there, or remove the engine",
        )
        return
    numbers = tuple(int(part) for part in re.findall(r"\d+", engine.version)[:2])
    if numbers < ENGINE_MINIMUM:
        yield (
            "engine",
            f"its Docker engine is {engine.version or 'of no version'}",
            "remove it: Debian's is installed then",
        )
    if why := another_swarm(engine, required.environment, required.managers):
        yield "swarm", f"it belongs to another Swarm: {why}", _LEAVE
    elif strangers := _strangers(engine, required.managers):
        yield (
            "swarm",
            f"its Swarm has managers that the inventory does not name, at {', '.join(strangers)}",
            "add them to the inventory, or remove them from the Swarm",
        )


def another_swarm(engine: Engine, environment: str, managers: Sequence[str]) -> str:
    """Why an engine's Swarm is not the environment's, whose managers are at these addresses; empty if it is.

    Ours has engines that are labelled with the environment, and a manager among ours. A Swarm of whose managers one is
    ours may know others too: those that were taken out of the inventory.
    """
    if engine.state in ("", "inactive"):
        return ""
    labels = [label for label in engine.labels if label.startswith(_LABEL)]
    if f"{_LABEL}{environment}" not in labels:
        return f"its engine is labelled {', '.join(labels) or 'with no environment'}"
    strangers = _strangers(engine, managers)
    if strangers and len(strangers) == len(engine.managers):
        return f"its managers are at {', '.join(strangers)}"
    return ""


def _strangers(engine: Engine, managers: Sequence[str]) -> list[str]:
    return [address for address in engine.managers if managers and _address(address) not in managers]


_LABEL = "citycam.environment="


_LEAVE = (
    "take it out of the inventory, or, if that Swarm is not needed any more, run `docker swarm leave --force` there"
)


def _swarms(looks: Mapping[str, Look]) -> Iterator[Finding]:
    """Managers that each look like ours, in different Swarms: that of most of them, or of the first, is ours."""
    clusters = {
        host: look.seen.engine.cluster
        for host, look in looks.items()
        if look.seen and look.seen.engine and look.seen.engine.cluster and not list(_swarm_of(look))
    }
    if not clusters:
        return
    [(ours, _)] = Counter(clusters.values()).most_common(1)
    for host, cluster in clusters.items():
        if cluster != ours:
            first = next(name for name, other in clusters.items() if other == ours)
            yield Finding(host, "swarm", f"it is a manager of another Swarm than {first}", _LEAVE)


def _swarm_of(look: Look) -> Iterator[str]:
    if look.seen:
        yield from (check for check, _, _ in _engine(look.seen, look.required, look.answered) if check == "swarm")


def _address(endpoint: str) -> str:
    return endpoint.rpartition(":")[0].strip("[]")


def _duration(seconds: float) -> str:
    minutes = seconds / 60
    if minutes < 2:
        return f"{seconds:.0f} seconds"
    return f"{minutes:.0f} minutes" if minutes < 120 else f"{minutes / 60:.1f} hours"
