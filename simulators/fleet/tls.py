"""RTSPS: TLS between a connection and its conversation, without sockets, and the certificate it is done with."""

from __future__ import annotations

import ssl
import subprocess
import sys
import tempfile


class Tls:
    """The server's side of one TLS connection.

    Args:
        context: certificate and key.
    """

    __slots__ = ("_incoming", "_outgoing", "_session", "_shaken")

    def __init__(self, context: ssl.SSLContext) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._session = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._shaken = False

    def receive(self, data: bytes) -> tuple[bytes, bytes, bool]:
        """What the peer said in the clear, what must be sent to it now, and whether more may come.

        Raises:
            ssl.SSLError: the peer does not speak TLS, or none that the context allows.
        """
        self._incoming.write(data)
        heard = bytearray()
        try:
            if not self._shaken:
                self._session.do_handshake()
                self._shaken = True
            while piece := self._session.read(16 * 1024):
                heard += piece
        except ssl.SSLWantReadError:
            return bytes(heard), self._outgoing.read(), True
        except ssl.SSLZeroReturnError:
            pass
        return bytes(heard), self._outgoing.read(), False

    def seal(self, data: bytes) -> bytes:
        """What is sent for `data`. Sealed bytes must all be sent, in their order, or the connection is broken."""
        self._session.write(data)
        return self._outgoing.read()


def tls_context() -> ssl.SSLContext:
    """A new self-signed certificate (`simulators.fleet.certificate`) and its key, which are kept in memory alone."""
    made = subprocess.run([sys.executable, "-m", "simulators.fleet.certificate"], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile(prefix="citycam-camera-") as file:  # mode 0600; OpenSSL reads files alone
        file.write(made.stdout)
        file.flush()
        context.load_cert_chain(file.name)
    return context
