"""`python -m simulators.fleet --root DIR`: run the fleet until SIGTERM."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import resource
import signal
import socket
import sys
from pathlib import Path

import uvloop

from citycam.model.errors import CitycamError, ConfigError, EnvironmentFailure
from simulators.fleet.control import Control
from simulators.fleet.fleet import Fleet
from simulators.fleet.http import serve
from simulators.fleet.ports import Ports

logger = logging.getLogger("simulators.fleet")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m simulators.fleet", description="Run thousands of cameras.")
    parser.add_argument("--root", type=Path, required=True, help="folder with media/, ledger/ and control.sock")
    parser.add_argument("--port", type=int, default=554, help="RTSP port of every camera (default: %(default)s)")
    parser.add_argument(
        "--key-file",
        type=Path,
        default=Path("/run/secrets/camera-key"),
        help="secret that camera passwords derive from; white space around it does not count (default: %(default)s)",
    )
    parser.add_argument("--listen-fd", type=int, help="a listening socket that was handed down, in place of --port's")
    parser.add_argument("--metrics", default="0.0.0.0:9464", help="Prometheus, as host:port (default: %(default)s)")
    parser.add_argument("--log-level", default="INFO", choices=["DEBUG", "INFO", "WARNING", "ERROR"])
    return parser.parse_args()


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


async def _run(options: argparse.Namespace) -> None:
    done = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, done.set)
    key = read_key(options.key_file)
    try:
        listener = None if options.listen_fd is None else socket.socket(fileno=options.listen_fd)
        ports = Ports(rtsp=options.port, rtsps=0)
        fleet = Fleet(options.root, key, ports, {} if listener is None else {"rtsp": listener})
    except OSError as error:
        raise EnvironmentFailure(
            f"port {options.port} cannot be used", why=error.strerror or str(error), next="free it, or choose --port"
        ) from error
    fleet.open()
    control = Control(fleet)
    host, _, port = options.metrics.rpartition(":")
    try:
        await asyncio.start_server(serve(control.metrics), host, int(port))
        path = options.root / "control.sock"
        path.unlink(missing_ok=True)
        await asyncio.start_unix_server(serve(control.handle), path)
        path.chmod(0o660)
    except (OSError, ValueError) as error:
        raise EnvironmentFailure("metrics or control socket cannot be opened", why=str(error)) from error
    logger.info("listening on port %d, control on %s", options.port, path)
    try:
        await done.wait()
    finally:
        fleet.close()
        path.unlink(missing_ok=True)
    logger.info("closed")


def main() -> int:
    """Run; the exit code is that of the error, if any."""
    options = _arguments()
    logging.basicConfig(level=options.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    os.umask(0o022)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    try:
        options.root.mkdir(parents=True, exist_ok=True)
        uvloop.run(_run(options))
    except CitycamError as error:
        logger.error("%s", error)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
