"""A viewer switches from camera to camera and watches each one live for a while, over RTSPS."""

from __future__ import annotations

from loadtests.clients.outcome import Outcome
from loadtests.clients.rtsp import watch
from loadtests.settings import WatchedCamera
from loadtests.users.person import SETTINGS, TRUST, Person

CHOOSING_S = 1.0
"""Between two viewings: to find the next camera, and room for a slow start without delaying the next slot."""


class Viewer(Person):
    """Watches a camera for `view_time_s`, then another one."""

    kind = "live"
    fixed_count = SETTINGS.viewers
    weight = 0
    period_s = SETTINGS.view_time_s + CHOOSING_S
    length_s = SETTINGS.view_time_s

    @property
    def edge(self) -> str:
        """Where live streams are."""
        return self.settings.edge.rtsps

    def ask(self, camera: WatchedCamera) -> Outcome:
        """Watch one camera; it counts when its first complete key frame is here."""
        return watch(self.settings, TRUST, camera.camera, camera.gateway)
