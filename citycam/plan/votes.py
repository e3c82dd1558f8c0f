"""Which managers may give their vote up: one that records should not lead, and those that stay must be a majority.

A leader that dies takes what it records along for as long as an election takes; one that records nothing takes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Voter:
    """A manager of the Swarm: its name, the engine's id of it, whether the others hear it, and whether it leads."""

    name: str
    id: str = ""
    answers: bool = True
    leads: bool = False


def carried(voters: Collection[Voter], going: Collection[Voter]) -> bool:
    """Whether managers that answer are a majority at every step while others go one by one, whoever goes first.

    The dead may be the last to go, so those that stay must outnumber all that are silent.
    """
    staying = sum(voter.answers and voter not in going for voter in voters)
    return staying > sum(not voter.answers for voter in voters)


def yielding(voters: Collection[Voter], recording: Collection[str]) -> Voter | None:
    """The leader, if it records and had better give its vote up for a moment: another manager then leads.

    Not when none could lead that does not record. Nor while a manager is silent: who comes back asks the one by which
    it once joined, and nobody knows which that was.
    """
    if not all(voter.answers for voter in voters) or all(voter.name in recording for voter in voters):
        return None
    return next((voter for voter in voters if voter.leads and voter.name in recording), None)


def objections(
    leaving: Collection[str], platform: str, database: Collection[str], voters: Sequence[Voter]
) -> list[str]:
    """What stands against nodes leaving for good, each with what to do first; empty if they can be spared."""
    found = []
    if platform in leaving:
        found.append(
            f"{platform} has the registry and the backups. Copy these away with `citycam hosts backup --copy`, put"
            " another host first under `platform`, in inventory and environment file, and deploy."
        )
    found += [
        f"{node} is a member of the database. Name another host in its place under `database`, in inventory and"
        " environment file, deploy, and run `stack up`; if it is the primary, `citycam hosts promote` first."
        for node in database
        if node in leaving
    ]
    going = [voter for voter in voters if voter.name in leaving]
    silent = [voter.name for voter in voters if not voter.answers]
    if going and len(going) == len(voters):
        found.append(
            "No manager would be left. Make another one first, or take everything down with `citycam hosts destroy`."
        )
    elif going and not carried(voters, going):
        found.append(
            f"Without {', '.join(voter.name for voter in going)} too few managers would answer to be a majority:"
            f" {', '.join(silent)} silent. Bring them back, or remove them first and alone, or make more managers."
        )
    return found
