"""What a fleet needs of its machine, looked at before anything starts: each refusal names the remedy."""

from __future__ import annotations

import errno
import resource
import socket
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from ipaddress import IPv4Address

import psutil

from citycam.model.camera import Camera
from citycam.model.errors import ConfigError, EnvironmentFailure
from citycam.model.units import show_bytes
from simulators.fleet.ports import Ports

FILES_A_CAMERA = 2
"""A reader, and one that comes before the last one is gone."""
_OTHER_FILES = 256
_BYTES_A_CAMERA = 64 * 1024
"""Mostly what the kernel holds of frames that a reader has not taken yet."""
_BYTES_A_PROCESS = 80 * 1024 * 1024


def common_port(cameras: Iterable[Camera]) -> int:
    """The port that all of them listen on.

    Raises:
        ConfigError: there are several.
    """
    ports = sorted({camera.port for camera in cameras})
    if len(ports) != 1:
        raise ConfigError(
            "a fleet listens on one RTSP port",
            where="port",
            why=f"these cameras have {', '.join(map(str, ports[:5]))}",
            next="give all cameras of the inventory one port",
        )
    return ports[0]


def check(cameras: Sequence[Camera], ports: Ports, processes: int, metrics: str = "") -> None:
    """Look at everything; what can be raised (open files) is. `metrics` is host:port, or empty for none.

    Raises:
        ConfigError: addresses that are not this machine's, one port for two services, or metrics at no host:port.
        EnvironmentFailure: a port is taken or forbidden, or there are too few files or too little memory.
    """
    _check_addresses(cameras)
    _check_ports(ports, metrics)
    _check_files(-(-len(cameras) // processes) * FILES_A_CAMERA + _OTHER_FILES)
    _check_memory(len(cameras) * _BYTES_A_CAMERA + (processes + 1) * _BYTES_A_PROCESS)


def _check_addresses(cameras: Sequence[Camera]) -> None:
    seen: set[IPv4Address] = set()
    for camera in cameras:
        if camera.address in seen:
            continue
        seen.add(camera.address)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            try:
                sock.bind((str(camera.address), 0))
            except OSError as error:
                raise ConfigError(
                    f"{camera.address} of {camera.id} is no address of this machine",
                    where="addresses",
                    why=error.strerror or str(error),
                    next="use addresses of 127.0.0.0/8, or route the range here: ip route add local RANGE dev lo",
                ) from error


def _check_ports(ports: Ports, metrics: str) -> None:
    """What is asked for is judged before the machine is: a port that somebody else has hides no wrong option."""
    wanted = {service: port for service, port in asdict(ports).items() if port}
    streams = {service: port for service, port in wanted.items() if service != "discovery"}
    if len(set(streams.values())) < len(streams):
        raise ConfigError("two services have one port", where="ports", why=str(wanted), next="choose another for one")
    # Discovery is UDP: it is shared with whoever listens to the same group.
    listeners = [(service, "0.0.0.0", port) for service, port in streams.items()]
    if metrics:
        listeners.append(("metrics", *_host_and_port(metrics, streams)))
    for listener in listeners:
        _try_port(*listener)


def _host_and_port(metrics: str, streams: Mapping[str, int]) -> tuple[str, int]:
    host, colon, digits = metrics.rpartition(":")
    if not (colon and host and digits.isdecimal() and int(digits) <= 65535):
        raise ConfigError(f"{metrics!r} is not host:port", where="--metrics", next="write it as 127.0.0.1:9464")
    port = int(digits)
    taken = [service for service, one in streams.items() if one == port]
    if taken:
        raise ConfigError("two services have one port", where="--metrics", why=f"{taken[0]} has {port} too")
    return host, port


def _try_port(service: str, host: str, port: int) -> None:
    try:
        address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(address[0], socket.SOCK_STREAM) as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(address[4])
    except OSError as error:
        state, remedy = {
            errno.EADDRINUSE: ("is taken", "free it, or choose another"),
            errno.EACCES: ("is forbidden", "choose one from 1024 on"),
        }.get(error.errno or 0, ("cannot be opened", "name an address of this machine"))
        raise EnvironmentFailure(
            f"the {service} port {port} {state}",
            where=f"port {port}",
            why=error.strerror or str(error),
            next=remedy,
        ) from error


def _check_files(wanted: int) -> None:
    """The soft limit is the fleet's own affair; the hard one is raised here if that is allowed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY or hard >= wanted:
        return
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, wanted))
    except (OSError, ValueError) as error:
        raise EnvironmentFailure(
            f"a process may open {hard} files, {wanted} are needed",
            where="ulimit -n",
            why=str(error),
            next=f"raise the limit: ulimit -Hn {wanted}, or spread the cameras over more --processes",
        ) from error


def _check_memory(wanted: int) -> None:
    free = psutil.virtual_memory().available
    if free < wanted:
        raise EnvironmentFailure(
            f"{show_bytes(free)} of memory are free, about {show_bytes(wanted)} are needed",
            where="memory",
            next=f"free {show_bytes(wanted - free)}, or ask for fewer cameras",
        )
