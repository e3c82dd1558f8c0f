"""The load campaign, for Locust: `CITYCAM_LOAD=<settings file> locust -f loadtests/locustfile.py`."""

import loadtests.recording  # noqa: F401  (importing it starts the recorder)
from loadtests.shapes.ramp import RampAndHold
from loadtests.users.player import Player
from loadtests.users.viewer import Viewer

__all__ = ["Player", "RampAndHold", "Viewer"]
