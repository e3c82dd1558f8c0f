"""A player looks something up in the archive: short clips of cameras, from the recent past, over HTTPS."""

from __future__ import annotations

import time

from loadtests.clients.outcome import Outcome
from loadtests.clients.playback import PlaybackClient
from loadtests.settings import WatchedCamera
from loadtests.users.person import SETTINGS, TRUST, Person

SETTLED_S = 2 * SETTINGS.part_s + 1
"""Frames younger than this may not be on the gateway's disk yet: one part being filled, one being written."""

HISTORY_S = 30.0


class Player(Person):
    """Plays a clip in the time the clip lasts, then asks for the next."""

    kind = "playback"
    fixed_count = SETTINGS.players
    weight = 0
    period_s = SETTINGS.clip_s
    length_s = 1.0
    settle_s = SETTINGS.clip_s + SETTLED_S

    def on_start(self) -> None:
        """Clips lie between now and the run's end."""
        self._first_ns = time.time_ns()
        self._client = PlaybackClient(self.settings, TRUST)
        super().on_start()

    @property
    def edge(self) -> str:
        """Where clips are."""
        return self.settings.edge.https

    def ask(self, camera: WatchedCamera) -> Outcome:
        """Download one clip; it counts when its last byte is here."""
        newest_ns = time.time_ns() - round((SETTLED_S + SETTINGS.clip_s) * 1e9)
        oldest_ns = max(min(self._first_ns, newest_ns), newest_ns - round(HISTORY_S * 1e9))
        begin_ns = self.choice.randint(oldest_ns, newest_ns)
        return self._client.fetch(camera.camera, camera.gateway, begin_ns, SETTINGS.clip_s)
