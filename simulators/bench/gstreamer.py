"""GStreamer's RTSP server (Debian's), a pipeline of its own for every camera."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from simulators.bench.load import Load, Serving, cam_targets
from simulators.bench.processes import on_core, serving_process
from simulators.bench.reel import lengthened
from simulators.fleet.bench import free_port

_PYTHON = "/usr/bin/python3"
_LOOPS = 12
"""A file source does not begin anew: the clip of 20 s must be longer than a run."""


@dataclass(frozen=True, slots=True)
class GStreamer:
    """See `gstreamer_server.py`, which Debian's Python runs."""

    name: str = "GStreamer RTSP server 1.22"
    numbered: bool = True

    @contextmanager
    def serve(self, load: Load) -> Iterator[Serving]:
        """See `Peer`."""
        file, port = lengthened(load.reel.mp4, load.folder / "long.mp4", _LOOPS), free_port()
        script = Path(__file__).with_name("gstreamer_server.py")
        command = [_PYTHON, str(script), str(port), str(load.cameras), str(file)]
        remedy = "install gir1.2-gst-rtsp-server-1.0 and python3-gi: `make bench-fleet` does"
        with serving_process(on_core(load.core, command), remedy) as process:
            yield Serving((process.pid,), cam_targets(load.cameras, port))
