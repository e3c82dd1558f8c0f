"""A lab for tests: made under a name of its own, looked into over SSH, and gone afterwards."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import testinfra  # type: ignore[import-untyped]
from testinfra.host import Host  # type: ignore[import-untyped]

from infra.lab.lab import Lab
from integration_tests.command import Ended, citycam


@dataclass(frozen=True)
class Stand:
    """A lab that stands."""

    name: str

    @property
    def lab(self) -> Lab:
        """The lab itself, for tests that need no command line."""
        return Lab(self.name)

    @property
    def inventory(self) -> Path:
        """Its Ansible inventory."""
        return self.lab.workspace.hosts

    def host(self, host: str) -> Host:
        """A host as testinfra sees it. Connections are not kept: hosts die here."""
        return testinfra.get_host(f"ssh://{host}?ssh_config={self.lab.workspace.ssh / 'config'}&controlpersist=0")

    def citycam(self, verb: str, *arguments: str) -> Ended:
        """Call `citycam lab`."""
        return citycam("lab", verb, *arguments, "--name", self.name)

    def states(self) -> dict[str, str]:
        """Hosts and their states, as the engine has them."""
        return {host.host: host.state for host in self.lab.status()}


@contextmanager
def standing(prefix: str, nodes: int) -> Iterator[Stand]:
    """A lab of so many nodes and a camera site, whose name nobody else has."""
    stand = Stand(f"{prefix}-{os.getpid()}")
    try:
        stand.lab.up(nodes)
        yield stand
    finally:
        stand.lab.down()
        # The state of an environment that stood there, which a lab that goes leaves alone.
        shutil.rmtree(stand.lab.workspace.root, ignore_errors=True)
