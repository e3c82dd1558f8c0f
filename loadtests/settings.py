"""What a load run needs to know. It holds passwords: a file of mode 0600, never argv."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, StringConstraints, ValidationError, field_serializer

from citycam.model.camera import CameraId
from citycam.model.documents import Document
from citycam.model.errors import ConfigError

VARIABLE = "CITYCAM_LOAD"
"""Environment variable that holds the path of the settings file."""

JOURNAL = "CITYCAM_LOAD_JOURNAL"
"""Environment variable that names the journal, where several processes share a folder."""

Address = Annotated[str, StringConstraints(pattern=r"^[^\s:/]+:[0-9]{1,5}$")]
"""`host:port`."""


class Edge(Document):
    """One door for users: where it listens for playback and monitoring, and where for live streams."""

    https: Address
    rtsps: Address


class WatchedCamera(Document):
    """A camera that users may ask for, and the gateway that serves it."""

    camera: CameraId
    gateway: str
    fps: Annotated[int, Field(ge=1, le=60)]


class LoadSettings(Document):
    """One load run. Times are in seconds.

    `edges` are equal and have one name; whoever asks the platform asks the first of them.
    """

    edges: Annotated[list[Edge], Field(min_length=1)]
    edge_name: str
    ca_file: Path
    viewer_user: str = "viewer"
    viewer_password: SecretStr
    operator_user: str = "operator"
    operator_password: SecretStr
    cameras: Annotated[list[WatchedCamera], Field(min_length=1)]
    viewers: Annotated[int, Field(ge=0, le=10_000)] = 0
    view_time_s: Annotated[float, Field(gt=0)] = 6.0
    players: Annotated[int, Field(ge=0, le=10_000)] = 0
    clip_s: Annotated[float, Field(gt=0)] = 4.0
    part_s: Annotated[float, Field(gt=0)] = 1.0
    """How long a gateway keeps frames in memory before they can be played back (`recordPartDuration`)."""
    seconds: Annotated[float, Field(gt=0)]
    seed: int = 0
    output: Path = Path()
    """Folder of the journal; `Launch` sets it."""

    @field_serializer("viewer_password", "operator_password", when_used="json")
    def _reveal(self, secret: SecretStr) -> str:
        return secret.get_secret_value()

    @property
    def edge(self) -> Edge:
        """The one that is asked."""
        return self.edges[0]

    def from_edge(self, number: int) -> LoadSettings:
        """The same run with another edge first, counted from 0 and round: what user `number` of a kind asks."""
        first = number % len(self.edges)
        return self.model_copy(update={"edges": [*self.edges[first:], *self.edges[:first]]})

    def server_name(self, gateway: str) -> str:
        """The name that a gateway's live streams have at the edge: it goes into SNI, and its certificate must match."""
        return f"{gateway}.{self.edge_name}"

    def save(self, path: Path) -> None:
        """Write the settings, passwords included, to a new file that only its owner can read.

        Raises:
            FileExistsError: `path` exists; its mode could be wrong, so it is not reused.
        """
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(self.model_dump_json())

    @classmethod
    def load(cls, path: Path) -> LoadSettings:
        """Read a settings file.

        Raises:
            ConfigError: missing or invalid. Its text never repeats what the file holds.
        """
        try:
            return cls.model_validate_json(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise ConfigError("cannot read the load settings", where=str(path), why=error.strerror or "") from error
        except ValidationError as error:
            found = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
            raise ConfigError("the load settings are not valid", where=str(path), why=found) from None

    @classmethod
    def from_environment(cls) -> LoadSettings:
        """Read the file named by `CITYCAM_LOAD`.

        Raises:
            ConfigError: the variable is not set, or its file is not valid.
        """
        path = os.environ.get(VARIABLE)
        if not path:
            raise ConfigError(
                f"{VARIABLE} is not set",
                why="the load users need the edge's address and passwords",
                next=f"start them with loadtests.launch, or write a file with LoadSettings.save and set {VARIABLE}",
            )
        return cls.load(Path(path))
