from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycam.wire.rtsp import Decoder, Frame, Headers, Message, Request, Response, RtspSyntaxError

names = st.sampled_from(["CSeq", "Session", "Transport", "User-Agent", "X-Odd"])
values = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=30)
headers = st.lists(st.tuples(names, values), max_size=5).map(Headers)
bodies = st.binary(max_size=200)
messages = st.one_of(
    st.builds(
        Request,
        st.sampled_from(["OPTIONS", "DESCRIBE", "SETUP", "PLAY", "TEARDOWN"]),
        st.just("rtsp://198.18.64.1/Streaming/Channels/101"),
        headers,
        bodies,
    ),
    st.builds(Response, st.sampled_from([200, 401, 454]), st.just("Reason"), headers, bodies),
    st.builds(Frame, st.integers(0, 255), st.binary(max_size=300)),
)


@given(st.lists(messages, max_size=5), st.data())
def test_a_stream_cut_anywhere_gives_the_same_messages(sent: list[Message], data: st.DataObject) -> None:
    stream = b"".join(message.encode() for message in sent)
    decoder, got, at = Decoder(), [], 0
    while at < len(stream):
        step = data.draw(st.integers(1, len(stream) - at))
        got += decoder.feed(stream[at : at + step])
        at += step
    assert [type(one) for one in got] == [type(one) for one in sent]
    for one, other in zip(got, sent, strict=True):
        if isinstance(one, Frame) or isinstance(other, Frame):
            assert one == other
        else:
            assert one.body == other.body
            assert [one.headers.all(name) for name, _ in other.headers] == [
                other.headers.all(name) for name, _ in other.headers
            ]


@given(st.lists(st.binary(max_size=300), max_size=5))
def test_garbage_is_refused_and_nothing_else(pieces: list[bytes]) -> None:
    decoder = Decoder(max_header=256, max_body=256)
    try:
        for piece in pieces:
            decoder.feed(piece)
    except RtspSyntaxError as error:
        assert 400 <= error.status < 600  # noqa: PT017  either outcome is right; which one depends on the bytes


@pytest.mark.parametrize(
    "stream",
    [
        b"OPTIONS * RTSP/1.0\r\nX: " + b"a" * 20_000,
        b"DESCRIBE rtsp://a RTSP/1.0\r\nContent-Length: 99999999\r\n\r\n",
        b"DESCRIBE rtsp://a RTSP/1.0\r\nContent-Length: -1\r\n\r\n",
        b"OPTIONS * RTSP/1.0\r\n" + b"X: a\r\n" * 200 + b"\r\n",
        b"\x00\x01\x02\x03 not RTSP\r\n\r\n",
    ],
)
def test_limits_hold(stream: bytes) -> None:
    with pytest.raises(RtspSyntaxError):
        Decoder().feed(stream)
