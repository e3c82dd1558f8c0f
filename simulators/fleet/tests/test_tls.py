"""TLS without sockets: a client of the standard library on the other side."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest

from simulators.fleet.certificate import self_signed
from simulators.fleet.tls import Tls


@pytest.fixture
def context(tmp_path: Path) -> ssl.SSLContext:
    file = tmp_path / "camera.pem"
    file.write_bytes(self_signed(datetime.now(UTC)))
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(file)
    return made


class Client:
    """A client that trusts anybody, as players do with cameras."""

    def __init__(self, server: Tls) -> None:
        trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        trusting.check_hostname = False
        trusting.verify_mode = ssl.CERT_NONE
        self.server = server
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.session = trusting.wrap_bio(self.incoming, self.outgoing)
        self.heard = b""
        self.open = True

    def exchange(self) -> None:
        """Carry bytes both ways until nobody has any left."""
        while data := self.outgoing.read():
            heard, answer, self.open = self.server.receive(data)
            self.heard += heard
            self.incoming.write(answer)

    def shake_hands(self) -> None:
        for _ in range(4):
            try:
                self.session.do_handshake()
            except ssl.SSLWantReadError:
                self.exchange()
            else:
                self.exchange()
                return
        raise AssertionError("no end of the handshake")


def test_both_sides_hear_each_other(context: ssl.SSLContext) -> None:
    server = Tls(context)
    client = Client(server)
    client.shake_hands()
    client.session.write(b"OPTIONS * RTSP/1.0\r\n")
    client.exchange()
    assert client.heard == b"OPTIONS * RTSP/1.0\r\n"
    sealed = server.seal(b"RTSP/1.0 200 OK\r\n" * 4000)
    assert b"RTSP" not in sealed
    client.incoming.write(sealed)
    answer = b""
    while len(answer) < 4000 * 17:
        answer += client.session.read(65536)
    assert answer == b"RTSP/1.0 200 OK\r\n" * 4000


def test_a_byte_at_a_time_is_enough(context: ssl.SSLContext) -> None:
    server = Tls(context)
    client = Client(server)
    client.shake_hands()
    client.session.write(b"PLAY")
    heard = b""
    for byte in client.outgoing.read():
        more, _, _ = server.receive(bytes((byte,)))
        heard += more
    assert heard == b"PLAY"


def test_a_farewell_ends_it(context: ssl.SSLContext) -> None:
    client = Client(Tls(context))
    client.shake_hands()
    with pytest.raises(ssl.SSLWantReadError):
        client.session.unwrap()
    client.exchange()
    assert not client.open


def test_who_does_not_speak_tls_is_refused(context: ssl.SSLContext) -> None:
    with pytest.raises(ssl.SSLError):
        Tls(context).receive(b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n")
