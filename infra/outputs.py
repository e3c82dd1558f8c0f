"""What a stack tells the tools that use it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SECRETS = ("viewer", "operator", "gateway-operator", "camera-key", "database-password")
"""Names of the secret outputs."""


@dataclass(frozen=True)
class Outputs:
    """Addresses (`host:port`) of the edge, and secrets by name (`SECRETS`), which are never shown nor written."""

    edge_https: str
    edge_rtsps: str
    secrets: Mapping[str, str] = field(repr=False)

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Outputs:
        """From the stack's outputs by name."""
        return cls(
            edge_https=str(values["edge_https"]),
            edge_rtsps=str(values["edge_rtsps"]),
            secrets={name: str(values[name]) for name in SECRETS},
        )

    def write(self, path: Path) -> None:
        """Write what is no secret."""
        document = {"schema_version": 1, "edge_https": self.edge_https, "edge_rtsps": self.edge_rtsps}
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
