from __future__ import annotations

from pathlib import Path

import hypothesis
import pytest

from loadtests.settings import Edge, LoadSettings, WatchedCamera

hypothesis.settings.register_profile("loadtests", deadline=None)  # a busy machine is no failure
hypothesis.settings.load_profile("loadtests")


@pytest.fixture
def settings() -> LoadSettings:
    return LoadSettings(
        edges=[Edge(https="127.0.0.1:8443", rtsps="127.0.0.1:8322")],
        edge_name="city.test",
        ca_file=Path("/nowhere/ca.crt"),
        viewer_password="the-viewers",
        operator_password="the-operators",
        cameras=[WatchedCamera(camera="cam-000001", gateway="gateway-1", fps=10)],
        viewers=2,
        seconds=10,
    )
