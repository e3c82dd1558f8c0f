from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycam.wire.http import Decoder, HttpSyntaxError, Response, request

PLAIN = b"HTTP/1.1 200 OK\r\nServer: gSOAP\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n"
INTERIM = b"HTTP/1.1 100 Continue\r\n\r\n"
LASTING = b"HTTP/1.0 200 OK\r\n\r\nhello"


def fed(data: bytes, step: int = 1) -> list[Response]:
    decoder = Decoder()
    found = [decoder.feed(data[at : at + step]) for at in range(0, len(data), step)]
    return [one for one in found if one is not None]


@pytest.mark.parametrize("data", [PLAIN, CHUNKED, INTERIM + PLAIN, INTERIM + CHUNKED])
@given(step=st.integers(1, 40))
def test_an_answer_is_the_same_however_it_is_cut(data: bytes, step: int) -> None:
    (found,) = fed(data, step)
    assert (found.status, found.body, found.alive) == (200, b"hello", True)


def test_one_answer_follows_another() -> None:
    assert [one.body for one in fed(PLAIN + CHUNKED + PLAIN)] == [b"hello"] * 3


def test_an_answer_may_last_until_the_connection_ends() -> None:
    decoder = Decoder()
    assert decoder.feed(LASTING) is None
    found = decoder.end()
    assert found is not None
    assert (found.body, found.alive) == (b"hello", False)


def test_an_answer_that_is_cut_is_none() -> None:
    decoder = Decoder()
    assert decoder.feed(PLAIN[:-1]) is None
    assert decoder.end() is None


@pytest.mark.parametrize(
    "data",
    [
        b"RTSP/1.0 200 OK\r\n\r\n",
        b"SSH-2.0-x\r\n",
        b"HTTP/1.1 2 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffff\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"HTTP/1.1 200 OK\r\nA: " + b"a" * 20_000,
    ],
)
def test_what_is_no_answer_or_too_large_is_refused(data: bytes) -> None:
    with pytest.raises(HttpSyntaxError):
        fed(data, 1000)


@given(st.binary(max_size=200))
def test_any_bytes_give_answers_or_an_error(data: bytes) -> None:
    decoder = Decoder(max_body=1000)
    try:
        found = decoder.feed(b"HTTP/1.1 200 OK\r\n" + data)
    except HttpSyntaxError:
        return
    assert found is None or len(found.body) <= 1000


def test_a_request_is_written_and_never_split() -> None:
    data = request("POST", "10.0.0.1:80", "/onvif/device_service", [("Connection", "close")], b"<a/>", "text/xml")
    assert data.startswith(b"POST /onvif/device_service HTTP/1.1\r\nHost: 10.0.0.1:80\r\n")
    assert data.endswith(b"Content-Length: 4\r\n\r\n<a/>")
    for target in ("/a b", "/a\r\nX: y", ""):
        with pytest.raises(ValueError, match="cannot be sent"):
            request("GET", "h", target)
