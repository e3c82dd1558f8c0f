"""The lab on which the bench of many nodes measures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from citycam.cli.lab_run import Asked, answer
from citycam.model.environment import Environment, load_environment
from citycam.model.workspace import PROJECT

CAMPAIGN = PROJECT / "campaigns" / "failover.yaml"
RECORDING_S = 120
SITE = "site-1"
RUNS = PROJECT / "runs"


@dataclass(frozen=True)
class Place:
    """The lab that is measured: it is named as the environment on it."""

    lab: str

    @property
    def file(self) -> Path:
        """Its environment file."""
        return PROJECT / "environments" / f"{self.lab}.yaml"

    @property
    def environment(self) -> Environment:
        """Its environment."""
        return load_environment(self.file)

    @property
    def hosts(self) -> int:
        """Hosts without the camera site."""
        nodes = self.environment.nodes
        return len({host for pool in dict(nodes.pools).values() for host in pool} - {SITE}) if nodes else 1

    def answer(self, *verb: str) -> tuple[float, dict[str, object]]:
        """Call a verb of `citycam` on it: seconds, and what it told."""
        return answer(*verb, "--environment", str(self.file))

    def campaign(self, seconds: int = RECORDING_S) -> Asked:
        """The campaign on it, recording for so long."""
        return Asked(CAMPAIGN, self.file, recording_s=seconds)
