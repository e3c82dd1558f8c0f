"""What `cd infra && pulumi preview` runs; `citycam stack` runs the same program through the Automation API."""

from __future__ import annotations

import sys
from pathlib import Path

# Pulumi runs this file as a script from its own folder.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from infra.program import declare
from infra.settings import Settings

declare(Settings.by_hand())
