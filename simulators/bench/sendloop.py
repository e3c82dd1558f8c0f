"""The physical limit: a C loop that sends the same bytes to as many sockets at the same times, and no more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from simulators.bench.load import Load, Serving, addresses
from simulators.bench.native import compiled
from simulators.bench.processes import on_core, serving_process
from simulators.bench.target import Target
from simulators.fleet.bench import free_port
from simulators.fleet.cohort import slots

_SECONDS = 40
"""Of frames that lie ready; afterwards the first one comes again, and its sequence numbers with it."""


@dataclass(frozen=True, slots=True)
class SendLoop:
    """`program` is a source in native/. `marked`: with a watermark, so three pieces a frame; else one."""

    program: str = "sendloop"
    marked: bool = True

    @property
    def name(self) -> str:
        """See `Peer`."""
        return f"C, {self.program}" if self.marked else f"C, {self.program}, no watermark"

    @property
    def numbered(self) -> bool:
        """See `Peer`."""
        return self.marked

    @contextmanager
    def serve(self, load: Load) -> Iterator[Serving]:
        """See `Peer`."""
        frames, port, fps = load.folder / "frames", free_port(), load.reel.stream.fps
        load.reel.frames(frames, _SECONDS, marked=self.marked)
        numbers = [str(number) for number in (port, load.cameras, fps, slots(fps))]
        command = on_core(load.core, [str(compiled(self.program)), str(frames), *numbers])
        with serving_process(command, "") as process:
            yield Serving((process.pid,), tuple(Target(address, port) for address in addresses(load.cameras)))
