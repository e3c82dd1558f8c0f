"""Where things live on disk: the state of an environment, runs, caches. Paths only; nothing is created here."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
"""The checkout this package belongs to."""


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
    def fleet(self) -> Path:
        """Folder that the fleet sees as `/fleet`: `media/`, `ledger/`, `control.sock`."""
        return self.root / "fleet"
