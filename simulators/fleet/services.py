"""What cameras serve beside RTSP: ONVIF and snapshots, WS-Discovery, a canary's telnet."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING

from simulators.canaries.telnet import Telnet
from simulators.fleet.estate import FleetEstate
from simulators.fleet.listener import datagrams_sharded, listen
from simulators.onvif.responder import Responder
from simulators.onvif.server import Server

if TYPE_CHECKING:
    from simulators.fleet.fleet import Fleet


async def open_services(fleet: Fleet, sockets: Mapping[str, socket.socket]) -> ExitStack:
    """Open those whose port is not off; close the stack to end them.

    Args:
        fleet: whose cameras answer.
        sockets: sockets by service that are open already, those of a shard; others are opened here.

    Raises:
        OSError: a port is taken or forbidden; `filename` says which.
    """
    estate, ports = FleetEstate(fleet), fleet.ports
    with ExitStack() as opened:
        if ports.http:
            server = Server(estate, fleet.callers)
            await server.open(sockets.get("http") or _opened("http", ports.http))
            opened.callback(server.close)
        if ports.discovery:
            responder = Responder(estate, sockets.get("discovery") or _opened("discovery", ports.discovery))
            responder.open()
            opened.callback(responder.close)
        if ports.telnet:
            telnet = Telnet(estate)
            await telnet.open(sockets.get("telnet") or _opened("telnet", ports.telnet))
            opened.callback(telnet.close)
        return opened.pop_all()


def _opened(service: str, port: int) -> socket.socket:
    try:
        return datagrams_sharded(port, 1)[0] if service == "discovery" else listen(port)
    except OSError as error:
        raise OSError(error.errno, error.strerror, f"{service} {port}") from error
