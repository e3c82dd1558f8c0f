"""`python -m simulators.fleet --root DIR`: run the fleet until SIGTERM; one process, or a supervisor and its shards."""

from __future__ import annotations

import argparse
import asyncio
import ctypes
import logging
import os
import resource
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import uvloop

from citycam.model.errors import CitycamError, ConfigError, EnvironmentFailure, ExitCode
from simulators.fleet.api import Api
from simulators.fleet.http import serve
from simulators.fleet.ports import Ports

if TYPE_CHECKING:
    from simulators.fleet.fleet import Fleet

logger = logging.getLogger("simulators.fleet")

_PR_SET_PDEATHSIG = 1
_LAST_SECONDS = 10
"""A fleet that has not ended so long after it was told to is stuck."""
CONTROL = "control.sock"
"""Where it is asked things, in its folder."""


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m simulators.fleet", description="Run thousands of cameras.")
    parser.add_argument("--root", type=Path, required=True, help=f"folder with media/, ledger/ and {CONTROL}")
    parser.add_argument("--port", type=int, default=554, help="RTSP port of every camera (default: %(default)s)")
    for name, what in (
        ("rtsps", "RTSP over TLS"),
        ("http", "ONVIF and snapshots"),
        ("discovery", "WS-Discovery, UDP"),
        ("telnet", "telnet banners"),
    ):
        parser.add_argument(f"--{name}-port", type=int, default=0, help=f"port of {what} (default: off)")
    parser.add_argument(
        "--key-file",
        type=Path,
        default=Path("/run/secrets/camera-key"),
        help="secret that camera passwords derive from; white space around it does not count (default: %(default)s)",
    )
    parser.add_argument("--processes", type=_processes, default=1, help="a number, or auto: one a core (default: 1)")
    parser.add_argument("--metrics", default="0.0.0.0:9464", help="Prometheus, as host:port; empty for none")
    parser.add_argument("--log-level", default="INFO", choices=["DEBUG", "INFO", "WARNING", "ERROR"])
    parser.add_argument("--parent", type=int, help="end when this process, which started it, does")
    handed = parser.add_argument_group("what a supervisor tells its shards")
    handed.add_argument("--shard", default="", help="which of how many, for the log")
    handed.add_argument("--listen", type=_handed, action="append", default=[], metavar="SERVICE=FD")
    return parser.parse_args()


def _processes(text: str) -> int:
    count = len(os.sched_getaffinity(0)) if text == "auto" else int(text)
    if not 1 <= count <= 256:
        raise ValueError(text)
    return count


def _handed(text: str) -> tuple[str, socket.socket]:
    service, _, descriptor = text.partition("=")
    return service, socket.socket(fileno=int(descriptor))


def read_key(path: Path) -> bytes:
    """The camera key.

    Raises:
        EnvironmentFailure: the file cannot be read.
        ConfigError: it is empty.
    """
    try:
        key = path.read_bytes().strip()
    except OSError as error:
        raise EnvironmentFailure(
            "the camera key cannot be read", where=str(path), why=error.strerror or str(error), next="use --key-file"
        ) from error
    if not key:
        raise ConfigError("the camera key is empty", where=str(path), next="write some random text into it")
    return key


def end_with(parent: int) -> None:
    """Be sent SIGTERM when the process that started this one ends, however it does (prctl(2), PR_SET_PDEATHSIG).

    Raises:
        EnvironmentFailure: it has ended already.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        raise EnvironmentFailure("whoever started this fleet has gone", where=f"process {parent}")


async def _run(options: argparse.Namespace) -> None:
    done = asyncio.Event()
    loop = asyncio.get_running_loop()
    hangup = () if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN else (signal.SIGHUP,)  # nohup(1) means it
    for number in (signal.SIGTERM, signal.SIGINT, *hangup):
        loop.add_signal_handler(number, done.set)
    if options.parent is not None:
        end_with(options.parent)
    key = read_key(options.key_file)
    ports = Ports(options.port, options.rtsps_port, options.http_port, options.discovery_port, options.telnet_port)
    run = _supervise(options, ports, done) if options.processes > 1 else _serve(options, ports, key, done)
    await run
    logger.info("closed")


async def _serve(options: argparse.Namespace, ports: Ports, key: bytes, done: asyncio.Event) -> None:
    """The fleet in this process."""
    from simulators.fleet.control import Control
    from simulators.fleet.fleet import Fleet

    sockets = dict(options.listen)
    control_socket = sockets.pop("control", None)
    try:
        fleet = Fleet(options.root, key, ports, sockets)
        services = await _services(fleet, ports, sockets)
    except OSError as error:
        raise _refused(ports, error) from error
    fleet.open()
    try:
        async with _answering(options, Control(fleet, done.set), control_socket):
            await done.wait()
        signal.alarm(_LAST_SECONDS)
    finally:
        services.close()
        fleet.close()


async def _services(fleet: Fleet, ports: Ports, sockets: Mapping[str, socket.socket]) -> ExitStack:
    """What cameras serve beside RTSP; where all of it is off it is not imported either: 3 MB."""
    if not (ports.http or ports.discovery or ports.telnet):
        return ExitStack()
    from simulators.fleet.services import open_services

    return await open_services(fleet, sockets)


async def _supervise(options: argparse.Namespace, ports: Ports, done: asyncio.Event) -> None:
    """The fleet in processes of its own; this one needs nothing of what sends frames, which would cost it 6 MB."""
    from simulators.fleet.shard import Settings
    from simulators.fleet.supervisor import Supervisor

    numbers = asdict(ports)
    numbers["port"] = numbers.pop("rtsp")
    arguments = [f"--{name if name == 'port' else name + '-port'}={number}" for name, number in numbers.items()]
    arguments += [f"--key-file={options.key_file}", f"--log-level={options.log_level}", "--metrics="]
    try:
        supervisor = Supervisor(Settings(options.root, options.processes, tuple(arguments)), ports, done.set)
    except OSError as error:
        raise _refused(ports, error) from error
    try:
        await supervisor.open()
        async with _answering(options, supervisor, None):
            await done.wait()
    finally:
        await supervisor.close()
    if supervisor.failure is not None:
        raise supervisor.failure


@contextmanager
def _ours(path: Path) -> Iterator[None]:
    """Take the socket that is there away at the end, unless another fleet has put its own in the place.

    So does the one that the Swarm starts on a node that was cut off, before it ends the one that went on.
    """
    made = path.stat()
    try:
        yield
    finally:
        with suppress(FileNotFoundError):
            if os.path.samestat(made, path.stat()):
                path.unlink()


@asynccontextmanager
async def _answering(
    options: argparse.Namespace, api: Api, control_socket: socket.socket | None
) -> AsyncIterator[None]:
    """Answer at the control socket and the metrics port for a while."""
    host, _, port = options.metrics.rpartition(":")
    path = options.root / CONTROL
    with ExitStack() as taken:
        try:
            # A server that nobody holds closes.
            if control_socket is not None:
                held: list[asyncio.AbstractServer] = [
                    await asyncio.start_unix_server(serve(api.handle), sock=control_socket)
                ]
            else:
                path.unlink(missing_ok=True)
                held = [await asyncio.start_unix_server(serve(api.handle), path)]
            taken.enter_context(_ours(path))
            path.chmod(0o660)
            if options.metrics:  # last: who waits for this port may then ask for anything
                held.append(await asyncio.start_server(serve(api.metrics), host, int(port)))
        except (OSError, ValueError) as error:
            raise EnvironmentFailure("metrics or control socket cannot be opened", why=str(error)) from error
        logger.info("listening on port %d, control on %s", options.port, path)
        yield
        del held


def _refused(ports: Ports, error: OSError) -> EnvironmentFailure:
    which = error.filename or f"rtsp {ports.rtsp}"
    return EnvironmentFailure(
        f"port {which} cannot be used", why=error.strerror or str(error), next="free it, or choose another"
    )


def main() -> int:
    """Run; the exit code is that of the error, if any."""
    options = _arguments()
    shard = f" shard {options.shard}" if options.shard else ""
    logging.basicConfig(level=options.log_level, format=f"%(asctime)s %(levelname)s{shard} %(name)s: %(message)s")
    os.umask(0o022)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    try:
        options.root = options.root.resolve()
        options.root.mkdir(parents=True, exist_ok=True)
        uvloop.run(_run(options))
    except CitycamError as error:
        logger.error("%s", error)
        return error.exit_code
    return ExitCode.OK


if __name__ == "__main__":
    sys.exit(main())
