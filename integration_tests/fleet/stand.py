"""A fleet on the loopback that plays four seconds of footage in a loop, and what its ledger says of its readers."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from citycam.model.camera import Camera, Stream
from citycam.model.credentials import camera_password
from integration_tests.waiting import wait_for
from simulators.fleet.bench import free_port, loopback_cameras, running_fleet
from simulators.fleet.client import FleetClient
from simulators.media.library import prepare_media

KEY = b"a-key-of-this-test"
SECONDS = 4
"""Length of the footage: every longer look crosses its end."""
SMALL = Stream(width=352, height=288, fps=25, bitrate=256_000)


@dataclass
class Session:
    """One session, as the ledger tells it: its first frame, and all that were sent."""

    camera: str
    agent: str
    transport: str
    first: int
    sent: set[int] = field(default_factory=set)


@dataclass
class Stand:
    """The fleet: cameras 1 and 2 send 704x576 at 10 fps, 3 and 4 send 352x288 at 25; even ones ask for Digest."""

    fleet: FleetClient
    cameras: list[Camera]
    root: Path
    ledger: Path = Path()

    def camera(self, number: int) -> Camera:
        return self.cameras[number - 1]

    def password(self, camera: Camera) -> str:
        return camera_password(KEY, camera.serial)

    def address(self, camera: Camera) -> str:
        """The URL without an account."""
        return f"rtsp://{camera.address}:{camera.port}{camera.path}"

    def url(self, camera: Camera, password: str = "") -> str:
        """The URL with the account of the camera; another password on request."""
        account = f"{camera.username}:{password or self.password(camera)}"
        return self.address(camera).replace("rtsp://", f"rtsp://{account}@")

    def begin(self, test: str) -> None:
        """Wait until nobody watches; then begin a ledger."""
        wait_for(self.fleet.status, lambda status: status["connections"] == 0, "fleet without readers")
        self.ledger = self.root / self.fleet.new_ledger(re.sub(r"[^a-z0-9]+", "-", test))

    def sessions(self) -> list[Session]:
        """Every session since `begin`, up to now."""
        self.fleet.flush_ledger()
        found: dict[str, Session] = {}
        for line in self.ledger.read_text().splitlines():
            record = json.loads(line)
            if record["kind"] == "play":
                facts = {name: record[name] for name in ("camera", "agent", "transport")}
                found[record["session"]] = Session(first=record["frame"], **facts)
            elif record["kind"] == "span":
                found[record["session"]].sent.update(range(record["first"], record["last"] + 1))
        return list(found.values())

    def session(self) -> Session:
        """The only one since `begin`."""
        (only,) = self.sessions()
        return only


def short_footage(folder: Path) -> Path:
    """A video of `SECONDS` with a picture that changes all the time."""
    video = folder / "footage.mp4"
    source = f"testsrc2=size=704x576:rate=25:duration={SECONDS}"
    subprocess.run(
        ["ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", source, "-c:v", "libx264", str(video)], check=True
    )
    return video


@contextmanager
def standing(folder: Path, footage: Path) -> Iterator[Stand]:
    """The fleet in a process of its own, until the block ends."""
    root, port = folder / "root", free_port()
    root.mkdir()
    cameras = [
        camera.model_copy(update={"stream": SMALL}) if camera.number > 2 else camera
        for camera in loopback_cameras(4, port)
    ]
    # loopback_cameras gives Basic to odd numbers, Digest to even ones.
    prepare_media(cameras, footage, folder / "cache", root / "media")
    with (folder / "fleet.log").open("wb") as log, running_fleet(root, port, KEY, log) as fleet:
        fleet.set_cameras(cameras)
        yield Stand(fleet, cameras, root)
