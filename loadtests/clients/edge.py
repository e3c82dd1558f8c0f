"""TLS to an edge: connect to an address, ask for a name, trust only the environment's own CA."""

from __future__ import annotations

import http.client
import logging
import socket
import ssl
from base64 import b64encode
from pathlib import Path

from loadtests.settings import LoadSettings

ANSWER_S = 5.0
"""How long an edge may take to accept a connection before it counts as one that does not answer."""

logger = logging.getLogger(__name__)


def trust(ca_file: Path) -> ssl.SSLContext:
    """A context that verifies the peer and its name against one CA, TLS 1.2 or newer."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(cafile=ca_file)
    return context


def split_address(address: str) -> tuple[str, int]:
    """`host:port` → host and port."""
    host, _, port = address.rpartition(":")
    return host, int(port)


def connect(address: str, server_name: str, context: ssl.SSLContext, timeout_s: float) -> ssl.SSLSocket:
    """Open a TLS connection to `address` that asks for `server_name`.

    Raises:
        OSError: refused, timed out, or the certificate does not verify (`ssl.SSLCertVerificationError`).
    """
    plain = socket.create_connection(split_address(address), timeout=timeout_s)
    try:
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return context.wrap_socket(plain, server_hostname=server_name)
    except BaseException:
        plain.close()
        raise


def first_answering(settings: LoadSettings, context: ssl.SSLContext) -> LoadSettings:
    """The settings with the first edge in front that answers at all, be it wrongly: that is for whoever asks to find.

    Where there is one edge, or none answers, they are as they were. For probes, which look at what is behind the edges;
    a user whose edge is dead must see it fail.
    """
    if len(settings.edges) == 1:
        return settings
    for number, edge in enumerate(settings.edges):
        try:
            connect(edge.https, settings.edge_name, context, ANSWER_S).close()
        except OSError as error:
            if not isinstance(error, ssl.SSLError) or isinstance(error, ssl.SSLEOFError):
                logger.warning("the edge at %s does not answer: %s", edge.https, error)
                continue
        return settings.from_edge(number)
    return settings


class EdgeConnection(http.client.HTTPSConnection):
    """HTTPS to an edge's address under the edge's name."""

    def __init__(self, address: str, server_name: str, context: ssl.SSLContext, timeout_s: float) -> None:
        super().__init__(server_name, split_address(address)[1], timeout=timeout_s)
        self._address = address
        self._server_name = server_name
        self._trust = context

    def connect(self) -> None:
        """Connect; `http.client` calls this before the first request."""
        self.sock = connect(self._address, self._server_name, self._trust, float(self.timeout or 0) or 30.0)


def basic(user: str, password: str) -> str:
    """An `Authorization` header's value (RFC 7617)."""
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()
