"""Each quirk does what its name says, nothing else, and the description or answer stays readable."""

from __future__ import annotations

import pytest

from citycam.wire import sdp
from citycam.wire.digest import Challenge
from citycam.wire.rtsp import Decoder, Headers, Response
from simulators.rtsp import quirks
from simulators.rtsp.tests.test_conversation import URL, with_dialect

PLAIN = sdp.describe(
    address="198.18.64.1",
    name="Camera",
    session_id=1,
    tracks=(sdp.Track("h264", "trackID=1", 96, sets=(b"\x67\x42\x00\x1e", b"\x68\xce"), fps=25),),
)
ANSWER = Response(
    200,
    "OK",
    Headers(
        [
            ("CSeq", "3"),
            ("Session", "12345678;timeout=60"),
            ("Transport", "RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=0A1B2C3D"),
            ("Content-Base", f"{URL}/"),
            ("RTP-Info", "url=x;seq=1"),
            ("WWW-Authenticate", 'Digest realm="a", nonce="b"'),
        ]
    ),
)
SEEN = {
    "doubled-connection": "c=IN c=IN IP4 0.0.0.0\r\n",
    "bare-connection": "c=IN\r\n",
    "origin-of-ip": "o=- 1 1 IP IP4 198.18.64.1\r\n",
    "decimal-origin": "o=- 1.000001 1.000001 IN IP4",
    "huge-origin": "o=- 16381778200090761968 16381778200090839277 IN IP4",
    "vendor-attributes": "a=Media_header:MEDIAINFO=",
    "live-range": "a=range:npt=now-\r\n",
}
"""What a description with the quirk holds, and one without does not."""
MISSING = {
    "no-version": "v=0",
    "no-session-name": "\r\ns=",
    "no-session-control": "a=control:*",
    "no-parameter-sets": "sprop-parameter-sets",
    "no-range": "a=range",
}
"""What it lacks."""


@pytest.mark.parametrize("name", quirks.DESCRIPTION)
def test_a_description_has_the_quirk_and_can_be_read(name: str) -> None:
    found = quirks.describe(PLAIN, [name])
    assert (name in SEEN) != (name in MISSING)
    if name in SEEN:
        assert SEEN[name] in found
        assert SEEN[name] not in PLAIN
    else:
        assert MISSING[name] not in found
        assert MISSING[name] in PLAIN
    video = sdp.parse(found).media[0]
    assert (video.codec, video.control) == ("h264", "trackID=1")


def test_a_description_without_quirks_is_as_it_was() -> None:
    assert quirks.describe(PLAIN, []) == PLAIN


def test_quirks_add_up_and_lines_may_end_with_line_feeds() -> None:
    found = quirks.describe(PLAIN, ["no-version", "bare-connection", "bare-line-feeds"])
    assert found.startswith("o=")
    assert "\nc=IN\n" in found
    assert "\r" not in found


@pytest.mark.parametrize(
    ("name", "header", "value"),
    [
        ("no-content-base", "Content-Base", None),
        ("no-rtp-info", "RTP-Info", None),
        ("no-transport-ssrc", "Transport", "RTP/AVP/TCP;unicast;interleaved=0-1"),
        ("padded-transport-ssrc", "Transport", "RTP/AVP/TCP;unicast;interleaved=0-1;ssrc= 0A1B2C3D"),
        ("transport-mode", "Transport", 'RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=0A1B2C3D;mode="PLAY"'),
        ("spaced-session-timeout", "Session", "12345678; timeout=60"),
        ("no-session-timeout", "Session", "12345678"),
        ("cache-control", "Cache-Control", "must-revalidate"),
        ("stale-flag", "WWW-Authenticate", 'Digest realm="a", nonce="b", stale="FALSE"'),
    ],
)
def test_an_answer_differs_in_one_header(name: str, header: str, value: str | None) -> None:
    found = quirks.answer(ANSWER, [name])
    assert found.headers.get(header) == value
    others = [pair for pair in ANSWER.headers if pair[0] != header]
    assert [pair for pair in found.headers if pair[0] != header] == others


def test_the_order_and_the_case_of_headers() -> None:
    assert [name for name, _ in quirks.answer(ANSWER, ["cseq-last"]).headers][-1] == "CSeq"
    assert [name for name, _ in quirks.answer(ANSWER, ["lower-case-headers"]).headers][:2] == ["cseq", "session"]


def test_every_quirk_of_an_answer_is_applied_by_the_conversation() -> None:
    client = with_dialect(quirks=("lower-case-headers", "no-content-base"))
    sent, _ = client.conversation.receive(b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n")
    assert b"\r\ncseq: 1\r\n" in sent
    (answer,) = Decoder().feed(sent)
    assert isinstance(answer, Response)


def test_either_of_two_challenges_is_accepted() -> None:
    for wanted in ("basic", "digest"):
        client = with_dialect(quirks=("basic-beside-digest",))
        challenges = [Challenge.parse(value) for value in client.ask("DESCRIBE").headers.all("WWW-Authenticate")]
        assert [challenge.scheme for challenge in challenges] == ["basic", "digest"]
        client.challenge = next(challenge for challenge in challenges if challenge.scheme == wanted)
        assert client.ask("DESCRIBE").status == 200


def test_the_first_two_realms_do_not_count() -> None:
    client = with_dialect(quirks=("wrong-realm-twice",))
    for realm in ("not IP Camera", "not IP Camera", "IP Camera"):
        refused = client.ask("DESCRIBE")
        assert refused.status == 401
        client.challenge = Challenge.parse(refused.headers.get("WWW-Authenticate") or "")
        assert client.challenge.realm == realm
    assert client.ask("DESCRIBE").status == 200


def test_quirks_have_one_name_each() -> None:
    assert len(quirks.NAMES) == len(quirks.DESCRIPTION) + len(quirks.ANSWER) + len(quirks.CONVERSATION)
