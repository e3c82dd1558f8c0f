"""MediaMTX as a camera simulator: ffmpeg publishes the clip to it, readers get it from there.

Either every camera has a publisher of its own, as one does who needs cameras that are told apart; or one stream has as
many readers as there are cameras, and all get the same.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from citycam.model.errors import DeadlineExceeded, EnvironmentFailure
from simulators.bench.load import Load, Serving, addresses, cam_targets
from simulators.bench.player import play
from simulators.bench.processes import on_core
from simulators.bench.target import Target
from simulators.fleet.bench import free_port

_PATIENCE_S = 60.0
_CONFIG = """\
logLevel: error
rtspAddress: :{port}
rtspTransports: [tcp]
rtmp: no
hls: no
webrtc: no
srt: no
paths:
  all_others:
"""


@dataclass(frozen=True, slots=True)
class Publishers:
    """`ffmpeg -re -stream_loop -1 -c copy` for every camera, into MediaMTX."""

    mediamtx: Path
    name: str = "an ffmpeg a camera, into MediaMTX"
    numbered: bool = True

    @contextmanager
    def serve(self, load: Load) -> Iterator[Serving]:
        """See `Peer`."""
        port = free_port()
        targets = cam_targets(load.cameras, port)
        with _serving(self.mediamtx, load, port, [target.path for target in targets]) as pids:
            yield Serving(pids, targets)


@dataclass(frozen=True, slots=True)
class FanOut:
    """One stream of MediaMTX, a reader for every camera: no identity, the same bytes to all."""

    mediamtx: Path
    name: str = "one path of MediaMTX to all readers, no identity"
    numbered: bool = True

    @contextmanager
    def serve(self, load: Load) -> Iterator[Serving]:
        """See `Peer`."""
        port, path = free_port(), "/cam"
        with _serving(self.mediamtx, load, port, [path]) as pids:
            yield Serving(pids, tuple(Target(address, port, path) for address in addresses(load.cameras)))


@contextmanager
def _serving(mediamtx: Path, load: Load, port: int, paths: list[str]) -> Iterator[tuple[int, ...]]:
    """MediaMTX and a publisher for each path, which can be read then; their processes."""
    config = load.folder / "mediamtx.yml"
    config.write_text(_CONFIG.format(port=port), encoding="utf-8")
    with ExitStack() as stack:
        server = stack.enter_context(_running(on_core(load.core, [str(mediamtx), str(config)]), load.folder))
        _await_port(port, server)
        publish = ["ffmpeg", "-nostdin", "-v", "fatal", "-re", "-stream_loop", "-1", "-i", str(load.reel.mp4)]
        publish += ["-c", "copy", "-f", "rtsp", "-rtsp_transport", "tcp"]
        publishers = [
            stack.enter_context(_running(on_core(load.core, [*publish, f"rtsp://127.0.0.1:{port}{path}"]), load.folder))
            for path in paths
        ]
        for path in paths:
            _await_stream(Target("127.0.0.1", port, path))
        yield (server.pid, *(publisher.pid for publisher in publishers))


@contextmanager
def _running(command: list[str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    try:  # in a folder of its own: MediaMTX leaves certificates where it runs
        process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    except OSError as error:
        raise EnvironmentFailure(f"cannot run {command[0]}", why=str(error), next="run `make setup`") from error
    with process:
        try:
            yield process
        finally:
            process.kill()


def _await_port(port: int, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not _answers(Target("127.0.0.1", port)):
        if server.poll() is not None:
            raise EnvironmentFailure("MediaMTX ended", why=f"exit code {server.returncode}")
        if time.monotonic() > deadline:
            raise DeadlineExceeded("MediaMTX does not answer", where=f"port {port}")
        time.sleep(0.05)


def _await_stream(target: Target) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not _answers(target):
        if time.monotonic() > deadline:
            raise DeadlineExceeded("a stream is not published", where=target.path)
        time.sleep(0.1)


def _answers(target: Target) -> bool:
    try:
        play(target).close()
    except OSError:
        return False
    return True
