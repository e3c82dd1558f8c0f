"""HTTP requests out of bytes, in whatever pieces they come; and what is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.onvif.http import MAX_BODY, MAX_HEAD, Decoder, HttpError, Request, Response

POST = b"POST /onvif/device_service HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n12345"
GET = b"GET /snapshot/1.jpg?a=1&a=2 HTTP/1.1\r\n\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n"


def test_requests_follow_one_another_on_a_connection() -> None:
    found = Decoder().feed(POST + b"\r\n" + GET + CHUNKED)
    assert [(one.method, one.path, one.body) for one in found] == [
        ("POST", "/onvif/device_service", b"12345"),
        ("GET", "/snapshot/1.jpg", b""),
        ("POST", "/", b"abc0123456789"),
    ]
    assert found[1].query == {"a": ["1", "2"]}


@given(st.data())
def test_the_pieces_they_come_in_do_not_matter(data: st.DataObject) -> None:
    whole = POST + GET + CHUNKED + POST
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=12)))
    decoder = Decoder()
    found = []
    for begin, end in zip([0, *cuts], [*cuts, len(whole)], strict=True):
        found += decoder.feed(whole[begin:end])
    assert found == Decoder().feed(whole)
    assert decoder.idle


@pytest.mark.parametrize(
    ("connection", "version", "alive"),
    [("", "1.1", True), ("close", "1.1", False), ("", "1.0", False), ("Keep-Alive", "1.0", True)],
)
def test_a_connection_stays_open_as_long_as_both_want(connection: str, version: str, alive: bool) -> None:
    (found,) = Decoder().feed(f"GET / HTTP/{version}\r\nConnection: {connection}\r\n\r\n".encode())
    assert found.keep_alive == alive


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET  / HTTP/1.1\r\n\r\n", 400),
        (b"GET /\xc3\xa9 HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/2.0\r\n\r\n", 505),
        (b"GET / RTSP/1.0\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n folded: x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nX: a\0b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: 1e3\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        (b"GET / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (MAX_BODY + 1), 413),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * MAX_HEAD, 431),
        (b"GET / HTTP/1.1\r\n" + b"X: 1\r\n" * 70 + b"\r\n", 431),
        (b"P / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", 400),
        (b"P / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc", 400),
        (b"P / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + b"0" * 300, 400),
        (b"P / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFF\r\n", 413),
    ],
)
def test_what_is_no_request_or_too_large_is_refused(data: bytes, status: int) -> None:
    with pytest.raises(HttpError) as caught:
        Decoder().feed(data)
    assert caught.value.status == status


@given(st.binary(max_size=400))
def test_any_bytes_are_requests_or_refused(data: bytes) -> None:
    for start in (b"", b"GET / HTTP/1.1\r\n", b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"):
        try:
            for found in Decoder().feed(start + data):
                assert isinstance(found.query, dict)
        except HttpError as error:
            assert error.status in (400, 413, 431, 501, 505)  # noqa: PT017 — a request is as good


def test_a_client_that_waits_for_100_is_told_so() -> None:
    decoder = Decoder()
    assert decoder.feed(b"POST / HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n") == []
    assert decoder.continues
    assert [one.body for one in decoder.feed(b"ab")] == [b"ab"]
    assert not decoder.continues


def test_an_answer_says_how_long_it_is_and_whether_more_may_come() -> None:
    data = Response(200, b"abc", "image/jpeg", (("X", "y"),)).encode("S/1", keep_alive=True)
    assert data == (
        b"HTTP/1.1 200 OK\r\nServer: S/1\r\nX: y\r\nContent-Type: image/jpeg\r\nContent-Length: 3\r\n"
        b"Connection: keep-alive\r\n\r\nabc"
    )
    bare = Response(404, b"abc").encode("", keep_alive=False, head=True)
    assert bare.endswith(b"Content-Length: 3\r\nConnection: close\r\n\r\n")
    assert b"Server" not in bare


def test_too_many_fields_of_a_query_harm_nobody() -> None:
    request = Request("GET", "/?" + "&".join(f"a{count}=1" for count in range(100)), {})
    assert request.query == {}
