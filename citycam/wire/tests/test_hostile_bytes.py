"""Laws of the RTSP grammar under any bytes: how a stream is cut changes nothing, and what is read can be sent again."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import example, given, settings
from hypothesis import strategies as st

from citycam.wire import sdp
from citycam.wire.digest import Challenge, authorization, verify
from citycam.wire.rtsp import Decoder, Frame, Message, RtspSyntaxError

LIMIT = 64
words = st.sampled_from(
    [
        b"OPTIONS ", b"rtsp://a/b ", b"RTSP/1.0", b"RTSP/1.0 200 OK", b"RTSP/2.0", b"\r\n", b"\n", b"\r\n\r\n", b"\r",
        b"CSeq: 1\r\n", b"Content-Length: 3\r\n", b"Content-Length: 99\r\n", b"Content-Length: x\r\n", b" folded\r\n",
        b"X:\xe9\r\n", b"$\x00\x00\x02ab", b"$\x01\xff", b"$", b"\x00", b"abc", b"a" * LIMIT,
    ]
)  # fmt: skip
streams = st.lists(words | st.binary(max_size=8), max_size=12).map(b"".join)


def read(pieces: list[bytes]) -> tuple[list[Message], int]:
    """The messages in the pieces, and the status of the error that ended it; 0 if none did."""
    decoder = Decoder(LIMIT, LIMIT)
    found: list[Message] = []
    try:
        for piece in pieces:
            found += decoder.feed(piece)
    except RtspSyntaxError as error:
        return found, error.status
    return found, 0


@given(streams, st.lists(st.integers(0, 300), max_size=12))
@example(b"OPTIONS rtsp://a/b RTSP/1.0\r\nX: ".ljust(LIMIT, b"x") + b"\r\n\r\n", [])  # as long as is allowed
@settings(max_examples=300, deadline=None)
def test_how_a_stream_is_cut_changes_nothing(stream: bytes, cuts: list[int]) -> None:
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    cut, fault = read([stream[start:end] for start, end in pairwise(edges)])
    slowly, same = read([stream[at : at + 1] for at in range(len(stream))])
    assert fault == same
    assert cut == slowly[: len(cut)], "what came before a fault in the same piece is lost, and nothing else"
    assert fault or cut == slowly


@given(streams)
@settings(max_examples=300, deadline=None)
def test_what_is_read_can_be_sent_and_read_again(stream: bytes) -> None:
    found, _ = read([stream[at : at + 1] for at in range(len(stream))])
    again = Decoder(1 << 16, 1 << 16).feed(b"".join(one.encode() for one in found))
    assert [type(one) for one in again] == [type(one) for one in found]
    for one, other in zip(found, again, strict=True):
        if isinstance(one, Frame) or isinstance(other, Frame):
            assert one == other
        else:
            assert one.body == other.body
            assert set(one.headers) <= set(other.headers)  # a length is added where there is a body


@given(streams)
@settings(max_examples=200, deadline=None)
def test_a_broken_stream_stays_broken_and_keeps_nothing(stream: bytes) -> None:
    decoder = Decoder(LIMIT, LIMIT)
    try:
        decoder.feed(stream)
    except RtspSyntaxError as first:
        for _ in range(2):
            try:
                decoder.feed(b"OPTIONS * RTSP/1.0\r\n\r\n")
            except RtspSyntaxError as error:
                assert error is first  # noqa: PT017  either outcome of `feed` is right the first time
            else:
                raise AssertionError("it was read on") from first
        assert decoder.idle


lines = st.sampled_from(
    [
        "v=0", "o=- 1 1 IN IP4 0.0.0.0", "s=x", "t=0 0", "c=IN", "m=video 0 RTP/AVP 96", "m=audio 0/2 RTP/AVP 0 8",
        "m=video 99999999 RTP/AVP 96", "m=video 0 RTP/AVP 128", "m=", "a=rtpmap:96 H264/90000", "a=rtpmap:96 H264/0",
        "a=rtpmap:96 /", "a=rtpmap:96 H265/999999999999", "a=fmtp:96 sprop-parameter-sets=Z0I=,,!;x",
        "a=fmtp:96 sprop-vps=QAE=;sprop-sps=QgE=;sprop-pps=RAE=", "a=fmtp:96 config=zz;mode=AAC-hbr", "a=control:*",
        "a=control:rtsp://b/c", "a=control:/d", "a=framerate:x", "b=AS:-1", "=", "a", "\x00",
    ]
)  # fmt: skip
descriptions = st.lists(lines | st.text(max_size=20), max_size=15).flatmap(
    lambda chosen: st.sampled_from(["\r\n", "\n", "\r"]).map(lambda end: end.join(chosen))
)


@given(descriptions)
@settings(max_examples=300, deadline=None)
def test_any_description_is_read_or_refused_and_its_media_make_sense(text: str) -> None:
    try:
        session = sdp.parse(text)
    except sdp.SdpSyntaxError:
        return
    for media in session.media:
        assert media.clock_rate > 0
        assert 0 <= media.payload_type <= 127
        assert all(isinstance(one, bytes) for one in (*media.parameter_sets, media.config))
        assert sdp.control_url("rtsp://a/b?c=d", media.control)


fields = st.sampled_from(
    [
        'realm="a"', 'realm="a\\"b"', 'nonce="n"', "nonce=n", "algorithm=MD5", "algorithm=SHA-256", "algorithm=md5",
        'qop="auth,auth-int"', "qop=auth", "stale=TRUE", 'opaque="o"', 'uri="x"', 'response="0"', "nc=1", 'cnonce=""',
        'username="admin"', "=", '"', "\\",
    ]
)  # fmt: skip
values = st.tuples(
    st.sampled_from(["Digest ", "Basic ", "digest", "Bearer ", ""]),
    st.lists(fields | st.text(max_size=12), max_size=10).map(", ".join),
).map("".join)


@given(values, st.sampled_from(["MD5", "SHA-256"]), st.sampled_from(["", "auth"]))
@settings(max_examples=300, deadline=None)
def test_any_credentials_are_judged_and_none_is_let_in_by_luck(value: str, algorithm: str, qop: str) -> None:
    challenge = Challenge("digest", "a", "n", "SHA-256" if algorithm == "SHA-256" else "MD5", qop)
    assert not verify(challenge, value, "PLAY", "admin", "secret")
    assert not verify(Challenge("basic", "a"), value, "PLAY", "admin", "secret")


@given(values)
@settings(max_examples=300, deadline=None)
def test_any_challenge_is_refused_or_can_be_answered(value: str) -> None:
    try:
        challenge = Challenge.parse(value)
    except ValueError:
        return
    assert Challenge.parse(challenge.header()) == challenge
    answer = authorization(challenge, "PLAY", "rtsp://a/", "admin", "secret", cnonce="0a")
    assert verify(challenge, answer, "PLAY", "admin", "secret")
    assert not verify(challenge, answer, "PLAY", "admin", "other")
