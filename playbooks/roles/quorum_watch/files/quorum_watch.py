#!/usr/bin/python3
"""Stop the gateways of a node that hears no quorum, before another node has recorded their cameras for long.

The managers give the gateways of a node that they miss to others. The node learns of it when it hears them again, and
until its engine has obeyed, cameras have two owners. So it judges by itself, as a cluster's member without quorum does.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import subprocess
import time
from collections.abc import Collection
from dataclasses import dataclass
from itertools import compress

PORT = 7946
"""Where engines of a Swarm hear each other's gossip (TCP). At 2377 a manager logs each call as a failed handshake."""
CALL_S, LOOK_S = 0.5, 1.0
"""How long a call may take, and how often is looked: two calls fit in."""
GRACE_S = 5
"""What a gateway has to finish the part that it records, before it is killed."""
ENGINE_S = 20
"""What the engine has to answer."""

log = logging.getLogger("quorum-watch")


@dataclass
class Watch:
    """When gateways must stop, by a clock in seconds: after `lease` of silence, or when one of `patience` ends."""

    patience: float
    lease: float
    silent_since: float | None = None

    def must_stop(self, now: float, hears: bool) -> bool:
        """Take one look into account: whether others may have this node's gateways, or may have had them too long."""
        since = now if self.silent_since is None else self.silent_since
        self.silent_since = None if hears else since
        return now - since >= (self.patience if hears else self.lease)


@dataclass(frozen=True)
class Swarm:
    """Addresses of this node, of all managers and of all nodes; this one is among them and hears itself."""

    own: str
    managers: Collection[str]
    nodes: Collection[str]

    async def is_heard(self, in_doubt: bool) -> bool:
        """Whether most managers answer, or else most nodes: then the managers are gone, and nobody can take over.

        Nodes are not called while managers answer, and at the same time with them when nobody did at the last look.
        """
        for called in [self.nodes] if in_doubt else [self.managers, self.nodes]:
            others = [address for address in called if address != self.own]
            answers = await asyncio.gather(*map(answers_at, others))
            heard = {self.own}.union(compress(others, answers))
            if any(2 * len(heard.intersection(group)) > len(group) for group in (self.managers, self.nodes)):
                return True
        return False


async def answers_at(address: str) -> bool:
    """Whether an engine takes a connection there in time."""
    try:
        _, writer = await asyncio.wait_for(asyncio.open_connection(address, PORT), CALL_S)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True


def running_gateways(environment: str) -> dict[str, str]:
    """Gateways of an environment that run here, as container → gateway.

    Raises:
        SubprocessError: the engine does not say.
    """
    ours = ("--filter", f"label=citycam.environment={environment}", "--filter", "label=citycam.part")
    listed = docker("ps", *ours, "--format", '{{.ID}} {{.Label "citycam.part"}}')
    parts = dict(line.split() for line in listed.splitlines())
    return {container: part for container, part in parts.items() if part.startswith("gateway-")}


def stop_gateways(environment: str) -> list[str]:
    """Stop them, and say which they were.

    Raises:
        SubprocessError: the engine does not do it.
    """
    found = running_gateways(environment)
    if found:
        docker("stop", "--time", str(GRACE_S), *found)
    return sorted(found.values())


def docker(*arguments: str) -> str:
    """What the engine's command line answers."""
    command = ["docker", *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=ENGINE_S).stdout


async def keep_watch(watch: Watch, swarm: Swarm, environment: str) -> None:
    """Look for ever. A stop that the engine refuses is asked for again at the next look."""
    due = False
    while True:
        now, silent_since = time.monotonic(), watch.silent_since
        due = watch.must_stop(now, await swarm.is_heard(silent_since is not None)) or due
        if silent_since is None and watch.silent_since is not None:
            log.warning("hears no quorum")
        elif silent_since is not None and watch.silent_since is None:
            log.warning("hears a quorum again, after %.1f s", now - silent_since)
        due = due and not has_stopped(environment)
        await asyncio.sleep(max(0.0, now + LOOK_S - time.monotonic()))


def has_stopped(environment: str) -> bool:
    """Stop the gateways, and say whether the engine did."""
    try:
        stopped = stop_gateways(environment)
    except subprocess.SubprocessError as error:
        log.error("gateways may still record: %s", error)
        return False
    if stopped:
        log.warning("others may record for this node: stopped %s", ", ".join(stopped))
    return True


def main() -> None:
    """Watch as the unit says."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--environment", required=True, help="whose gateways")
    parser.add_argument("--own", required=True, metavar="ADDRESS", help="of this node")
    parser.add_argument("--managers", required=True, nargs="+", metavar="ADDRESS")
    parser.add_argument("--nodes", required=True, nargs="+", metavar="ADDRESS", help="all, managers too")
    parser.add_argument(
        "--patience", type=float, required=True, metavar="SECONDS", help="a silence that nobody acts on"
    )
    parser.add_argument("--lease", type=float, required=True, metavar="SECONDS", help="for which it records unheard")
    given = parser.parse_args()
    logging.basicConfig(format="%(message)s")
    watch = Watch(given.patience, given.lease)
    asyncio.run(keep_watch(watch, Swarm(given.own, given.managers, given.nodes), given.environment))


if __name__ == "__main__":
    main()
