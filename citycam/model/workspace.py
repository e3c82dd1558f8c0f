"""Where things live on disk: the state of an environment, runs, caches. Paths only; nothing is created here."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
"""The checkout this package belongs to."""


NODE_ROOT = Path("/var/lib/citycam")
"""Where nodes keep what outlives their containers: a folder for each environment."""


def cache_folder() -> Path:
    """Builds and encoded media, shared by all checkouts: `$CITYCAM_CACHE`, else `~/.cache/citycam`."""
    chosen = os.environ.get("CITYCAM_CACHE")
    if chosen:
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "citycam"


@dataclass(frozen=True)
class Workspace:
    """The folders of one environment, under `.citycam/<environment>/` of the checkout."""

    root: Path

    @classmethod
    def of(cls, environment: str, project: Path = PROJECT) -> Workspace:
        """The workspace of an environment in a checkout."""
        return cls(project / ".citycam" / environment)

    @classmethod
    def on_node(cls, environment: str) -> Workspace:
        """The folders of an environment on a node that Ansible made; the same names below another root."""
        return cls(NODE_ROOT / environment)

    @property
    def pulumi(self) -> Path:
        """File backend and passphrase of the Pulumi stack (`state/`, `passphrase`, mode 0600)."""
        return self.root / "pulumi"

    @property
    def outputs(self) -> Path:
        """Stack outputs without secrets."""
        return self.root / "outputs.json"

    @property
    def pki(self) -> Path:
        """`ca.crt`, `ca.key`, `edge.crt`, `edge.key`."""
        return self.root / "pki"

    def gateway_config(self, gateway: str) -> Path:
        """Folder that a gateway sees as `/config`; Ansible writes `mediamtx.yml` in it by rename."""
        return self.root / "gateways" / gateway

    def recordings(self, gateway: str) -> Path:
        """Folder that a gateway sees as `/recordings`: `<camera>/<UTC time>.mp4`."""
        return self.root / "recordings" / gateway

    @property
    def database(self) -> Path:
        """Folder of the database, on its nodes."""
        return self.root / "database"

    @property
    def backup(self) -> Path:
        """Folder of the repository of the database's backups, on its node."""
        return self.root / "backup"

    @property
    def prometheus(self) -> Path:
        """Folder of what was measured, on its node."""
        return self.root / "prometheus"

    @property
    def load(self) -> Path:
        """Folder that load workers leave their journals in, on their nodes."""
        return self.root / "load"

    @property
    def images(self) -> Path:
        """References by digest of the images that were pushed to the environment's registry."""
        return self.root / "images.json"

    @property
    def fleet(self) -> Path:
        """Folder that the fleet sees as `/fleet`: `media/`, `ledger/`, `control.sock`."""
        return self.root / "fleet"

    @property
    def camera_passwords(self) -> Path:
        """Passwords that were changed at cameras (mode 0600): they count before those that are derived."""
        return self.root / "camera-passwords.json"

    @property
    def hosts(self) -> Path:
        """Ansible inventory of the hosts, where a lab made them."""
        return self.root / "hosts.yml"

    @property
    def ssh(self) -> Path:
        """How a lab's hosts are reached: `config` for `ssh -F`, `id_ed25519`, `id_ed25519.pub`, `known_hosts`."""
        return self.root / "ssh"
