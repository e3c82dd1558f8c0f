"""An edge for tests: TLS ends here, names choose the gateway, everything is passed on. Loopback only."""

from __future__ import annotations

import select
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Rewrite = Callable[[bytes], bytes]


class Authority:
    """A CA of one test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test CA")])
        certificate = self._builder(self._name, self._key).add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
        self.ca_file = folder / "ca.crt"
        self.ca_file.write_bytes(_pem(certificate.sign(self._key, hashes.SHA256())))

    def server_context(self, *names: str) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        alternatives = x509.SubjectAlternativeName([*map(x509.DNSName, names), x509.IPAddress(ip_address("127.0.0.1"))])
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        certificate = self._builder(subject, key).add_extension(alternatives, critical=False)
        chain = self.folder / f"{names[0]}.pem"
        chain.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + _pem(certificate.sign(self._key, hashes.SHA256()))
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain)
        return context

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(minutes=5))
            .not_valid_after(now + timedelta(days=1))
        )


class Door:
    """One listening port that ends TLS and pumps bytes to the upstream its client's SNI names.

    `rewrite` may change the first bytes of a connection, as a proxy changes a request line.
    """

    def __init__(
        self, context: ssl.SSLContext, upstreams: dict[str, tuple[str, int]], rewrite: Rewrite = bytes
    ) -> None:
        self._context = context
        self._context.sni_callback = self._remember
        self._upstreams = upstreams
        self._rewrite = rewrite
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()
        for one in self._open:
            one.close()

    @staticmethod
    def _remember(connection: ssl.SSLObject | ssl.SSLSocket, name: str | None, _: ssl.SSLContext) -> None:
        connection.asked_for = name  # type: ignore[union-attr]

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                plain, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(plain,), daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        with suppress(OSError), self._context.wrap_socket(plain, server_side=True) as client:
            upstream = self._upstreams.get(getattr(client, "asked_for", None) or "")
            if upstream is None:
                return
            with socket.create_connection(upstream) as server:
                self._open += [client, server]
                server.sendall(self._rewrite(client.recv(65536)))
                _pump(client, server)


def _pump(client: ssl.SSLSocket, server: socket.socket) -> None:
    """Pass on both ways until the server ends. One thread: a TLS connection bears no two at once."""
    sources: list[socket.socket] = [client, server]
    while server in sources:
        # What was read from the network with the last record is not seen by select.
        ready = [client] if client in sources and client.pending() else select.select(sources, [], [])[0]
        for source in ready:
            if data := source.recv(65536):
                (server if source is client else client).sendall(data)
            else:
                sources.remove(source)
                if source is client:
                    server.shutdown(socket.SHUT_WR)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
