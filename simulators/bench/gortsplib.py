"""A server on gortsplib v4.16.2, the library of MediaMTX: a goroutine for every camera (`gortsplib/main.go`)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from simulators.bench.load import Load, Serving, cam_targets
from simulators.bench.processes import on_core, serving_process
from simulators.fleet.bench import free_port

SOURCE = Path(__file__).with_name("gortsplib")


@dataclass(frozen=True, slots=True)
class Gortsplib:
    """`program` was built from `SOURCE`."""

    program: Path
    name: str = "server on gortsplib v4.16.2"
    numbered: bool = True

    @contextmanager
    def serve(self, load: Load) -> Iterator[Serving]:
        """See `Peer`."""
        port, fps = free_port(), load.reel.stream.fps
        command = [str(self.program), str(port), str(load.cameras), str(fps), str(load.reel.annexb)]
        with serving_process(on_core(load.core, command), "") as process:
            yield Serving((process.pid,), cam_targets(load.cameras, port))
