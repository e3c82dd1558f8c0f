"""The camera's side of RTSP, without a socket: what each request is answered, in each state."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycam.wire.digest import Challenge, authorization
from citycam.wire.rtsp import Decoder, Headers, Request, Response
from citycam.wire.transport import TransportSpec
from simulators.rtsp.conversation import MAX_HEADER, SESSION_IDS, Conversation, Start
from simulators.rtsp.device import AuthKind, Dialect

URL = "rtsp://198.18.64.1/live/1"
PASSWORD = "geheim"
SDP = "v=0\r\nm=video 0 RTP/AVP 96\r\n"
TCP = {"Transport": "RTP/AVP/TCP;unicast;interleaved=0-1"}
DIALECT = Dialect(
    server="Test",
    public=("OPTIONS", "DESCRIBE", "SETUP", "PLAY", "GET_PARAMETER", "TEARDOWN"),
    realm="IP Camera",
    digest="MD5",
    track="trackID=1",
    session_timeout=60.0,
    stall_timeout=10.0,
    max_sessions=8,
    max_connections=16,
)


@dataclass(frozen=True)
class Box:
    """Who is let in."""

    auth: AuthKind = "digest"
    username: str = "admin"
    dialect: Dialect = DIALECT


DEVICE = Box()


@dataclass
class Recorder:
    """A delivery that remembers what it was asked for."""

    full: bool = False
    asked: list[str] = field(default_factory=list)
    streams: frozenset[str] | set[str] = frozenset({"/live/1"})
    sound: bool = False

    def accounts(self) -> dict[str, str]:
        return {"admin": PASSWORD}

    def select(self, target: str) -> bool:
        return target in self.streams

    def description(self) -> str:
        return SDP

    def tracks(self) -> int:
        return self.sound + 1

    def prepare(self, track: int, wish: TransportSpec) -> TransportSpec | None:
        return wish if wish.tcp else None

    def start(self) -> list[Start] | None:
        self.asked.append("start")
        return None if self.full else [Start(0, 4711, 90_000), *([Start(1, 12, 160)] if self.sound else [])]

    def encode(self, _method: str, answer: Response) -> bytes:
        return answer.encode()

    def pause(self) -> None:
        self.asked.append("pause")

    def stop(self, cause: str) -> None:
        self.asked.append(f"stop: {cause}")


class Client:
    """Asks a conversation, and logs in as the camera's owner would."""

    def __init__(self, camera: Box = DEVICE, *, full: bool = False, password: str = PASSWORD) -> None:
        self.delivery = Recorder(full)
        self.conversation = Conversation(camera, self.delivery)
        self.password = password
        self.challenge: Challenge | None = None
        self.session = ""
        self.alive = 0
        """How many messages of the last request kept the session alive."""

    def ask(self, method: str, uri: str = URL, **headers: str) -> Response:
        given = {"CSeq": "7"} | headers
        if self.session:
            given.setdefault("Session", self.session)
        if self.challenge is not None:
            given["Authorization"] = authorization(self.challenge, method, uri, "admin", self.password)
        request = Request(method, uri, Headers({name: value for name, value in given.items() if value}))
        sent, self.alive = self.conversation.receive(request.encode())
        (answer,) = Decoder().feed(sent)
        assert isinstance(answer, Response)
        return answer

    def log_in(self) -> Client:
        header = self.ask("DESCRIBE").headers.get("WWW-Authenticate")
        assert header is not None
        self.challenge = Challenge.parse(header)
        return self

    def set_up(self) -> Client:
        answer = self.ask("SETUP", f"{URL}/trackID=1", **TCP)
        assert answer.status == 200
        self.session = (answer.headers.get("Session") or "").partition(";")[0]
        return self

    def play(self) -> Client:
        assert self.ask("PLAY").status == 200
        return self


def device(auth: AuthKind = "digest", digest: Literal["MD5", "SHA-256"] = "MD5") -> Box:
    return replace(DEVICE, auth=auth, dialect=replace(DIALECT, digest=digest))


@pytest.mark.parametrize("camera", [device("basic"), device("digest"), device("digest", "SHA-256")])
def test_a_player_comes_from_options_to_teardown(camera: Box) -> None:
    client = Client(camera)
    assert client.ask("OPTIONS").headers.get("Public") == ", ".join(DIALECT.public)
    refused = client.ask("DESCRIBE")
    assert (refused.status, refused.body) == (401, b"")
    described = client.log_in().ask("DESCRIBE")
    assert described.body.decode() == SDP
    assert described.headers.get("Content-Base") == f"{URL}/"
    assert described.headers.get("CSeq") == "7"
    setup = client.ask("SETUP", f"{URL}/trackID=1", **TCP)
    assert (setup.headers.get("Session") or "").endswith(";timeout=60")
    client.session = (setup.headers.get("Session") or "").partition(";")[0]
    info = client.ask("PLAY", f"{URL}/").headers.get("RTP-Info")
    assert info == f"url={URL}/trackID=1;seq=4711;rtptime=90000"
    assert client.ask("GET_PARAMETER").status == 200
    assert client.ask("TEARDOWN").status == 200
    assert client.delivery.asked == ["start", "stop: teardown"]


@pytest.mark.parametrize("camera", [device("basic"), device("digest")])
@pytest.mark.parametrize("method", ["DESCRIBE", "SETUP", "PLAY", "GET_PARAMETER", "TEARDOWN"])
def test_a_wrong_password_opens_nothing(camera: Box, method: str) -> None:
    client = Client(camera, password="guessed").log_in()
    assert client.ask(method, **TCP).status == 401
    assert client.delivery.asked == []


def test_the_answer_to_another_nonce_does_not_count() -> None:
    stolen = Client().log_in().challenge
    client = Client().log_in()
    client.challenge = stolen
    assert client.ask("DESCRIBE").status == 401


@pytest.mark.parametrize(
    ("method", "uri", "headers", "status"),
    [
        ("DESCRIBE", "rtsp://198.18.64.1/live/2", {}, 404),
        ("DESCRIBE", f"{URL}/trackID=1", {}, 404),
        ("DESCRIBE", "rtsp://[198/live/1", {}, 400),
        ("DESCRIBE", URL, {"CSeq": ""}, 400),
        ("DESCRIBE", URL, {"CSeq": "-1"}, 400),
        ("DESCRIBE", URL, {"Require": "implicit-play"}, 551),
        ("BREW", URL, {}, 501),
        ("RECORD", URL, {}, 405),
        ("PAUSE", URL, {}, 405),
        ("SETUP", URL, {"Transport": "RTP/AVP;unicast;client_port=5000-5001"}, 461),
        ("SETUP", URL, {}, 461),
        ("SETUP", URL, TCP | {"Session": "1"}, 454),
        ("PLAY", URL, {}, 455),
        ("GET_PARAMETER", URL, {"Session": "1"}, 454),
        ("TEARDOWN", URL, {}, 454),
    ],
)
def test_what_cannot_be_done_is_refused_and_the_connection_lives(
    method: str, uri: str, headers: dict[str, str], status: int
) -> None:
    client = Client().log_in()
    assert client.ask(method, uri, **headers).status == status
    assert client.delivery.asked == []
    client.set_up().play()


def test_refusals_say_what_would_do() -> None:
    client = Client().log_in()
    assert client.ask("PAUSE").headers.get("Allow") == ", ".join(DIALECT.public)
    assert client.ask("DESCRIBE", Require="magic").headers.get("Unsupported") == "magic"
    assert "SETUP" in (client.ask("PLAY").headers.get("Allow") or "")


def test_a_second_play_keeps_alive_and_starts_nothing() -> None:
    client = Client().log_in().set_up().play()
    again = client.ask("PLAY")
    assert (again.status, again.headers.get("RTP-Info")) == (200, None)
    assert client.delivery.asked == ["start"]


def test_a_stream_that_plays_is_not_set_up_again() -> None:
    client = Client().log_in().set_up().play()
    assert client.ask("SETUP", **TCP).status == 455


def test_a_session_is_its_connection_s_own() -> None:
    client = Client().log_in().set_up()
    assert client.ask("PLAY", Session="0000000000").status == 454
    assert client.ask("PLAY", Session=f"{client.session};timeout=60").status == 200


def test_after_teardown_it_can_be_set_up_again() -> None:
    client = Client().log_in().set_up().play()
    before = client.session
    client.ask("TEARDOWN")
    client.session = ""
    assert client.set_up().play().session != before


def test_a_camera_without_sessions_left_says_so() -> None:
    client = Client(full=True).log_in().set_up()
    assert client.ask("PLAY").status == 453
    assert client.conversation.state == "ready"


def test_no_transport_of_several_is_lost_on_the_way() -> None:
    client = Client().log_in()
    answer = client.ask("SETUP", Transport="RTP/AVP;unicast;client_port=5000-5001, RTP/AVP/TCP;interleaved=4-5")
    assert "interleaved=4-5" in (answer.headers.get("Transport") or "")


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"DESCRIBE rtsp://a RTSP/2.0\r\nCSeq: 1\r\n\r\n", 505),
        (b"OPTIONS * RTSP/1.0\r\nX: " + b"a" * MAX_HEADER, 413),
        (b"OPTIONS * RTSP/1.0\r\nContent-Length: 99999999\r\n\r\n", 413),
    ],
)
def test_what_is_no_rtsp_ends_the_connection(data: bytes, status: int) -> None:
    conversation = Conversation(DEVICE, Recorder())
    answer, messages = conversation.receive(data)
    assert answer.startswith(f"RTSP/1.0 {status} ".encode())
    assert (conversation.closing, messages) == (True, 0)


def test_an_answer_nobody_asked_for_ends_the_connection() -> None:
    conversation = Conversation(DEVICE, Recorder())
    answer, _ = conversation.receive(b"RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n")
    assert (answer, conversation.closing) == (b"", True)


def test_receiver_reports_count_as_life_and_are_not_answered() -> None:
    conversation = Conversation(DEVICE, Recorder())
    assert conversation.receive(b"$\x01\x00\x04\x80\xc9\x00\x01") == (b"", 1)
    assert not conversation.closing


DIALOGUE = b"".join(
    Request(method, uri, Headers({"CSeq": str(number), **headers})).encode()
    for number, (method, uri, headers) in enumerate(
        [
            ("OPTIONS", "*", {}),
            ("DESCRIBE", URL, {"Authorization": "Basic YWRtaW46Z2VoZWlt"}),
            ("SETUP", URL, {"Authorization": "Basic YWRtaW46Z2VoZWlt", "Transport": "RTP/AVP;client_port=1-2"}),
            ("GET_PARAMETER", URL, {"Authorization": "Basic eDp5"}),
            ("BREW", URL, {}),
        ]
    )
)


@given(st.lists(st.integers(0, len(DIALOGUE)), max_size=20))
def test_answers_do_not_depend_on_how_tcp_cuts_the_requests(cuts: list[int]) -> None:
    whole, _ = Conversation(device("basic"), Recorder()).receive(DIALOGUE)
    conversation = Conversation(device("basic"), Recorder())
    edges = [0, *sorted(cuts), len(DIALOGUE)]
    pieces = [DIALOGUE[start:end] for start, end in pairwise(edges)]
    assert b"".join(conversation.receive(piece)[0] for piece in pieces) == whole


@given(st.lists(st.binary(max_size=400), max_size=6))
def test_a_hostile_peer_gets_answers_or_the_door_and_never_a_stream(pieces: list[bytes]) -> None:
    delivery = Recorder()
    conversation = Conversation(DEVICE, delivery)
    for piece in pieces:
        answer, _ = conversation.receive(piece)
        assert answer == b"" or answer.startswith(b"RTSP/1.0 ")
        if conversation.closing:
            break
    assert "start" not in delivery.asked


def with_dialect(**changes: Any) -> Client:
    return Client(replace(DEVICE, dialect=replace(DIALECT, **changes)))


def test_without_an_account_nobody_is_asked() -> None:
    client = Client(replace(DEVICE, auth="none"))
    assert client.ask("DESCRIBE").status == 200
    assert client.set_up().play().delivery.asked == ["start"]


@pytest.mark.parametrize(("method", "alive"), [("OPTIONS", 1), ("GET_PARAMETER", 0), ("SETUP", 0)])
def test_only_what_the_dialect_says_keeps_a_playing_session_alive(method: str, alive: int) -> None:
    client = with_dialect(keep_alive=("OPTIONS",)).log_in().set_up()
    assert client.alive == 1  # whatever comes before PLAY is a sign of life
    client.play()
    client.ask(method)
    assert client.alive == alive
    _, heard = client.conversation.receive(b"$\x01\x00\x01r")
    assert heard == 0


def test_an_unanswered_request_is_read_and_nothing_follows() -> None:
    client = with_dialect(unanswered=("GET_PARAMETER",)).log_in().set_up().play()
    request = Request("GET_PARAMETER", URL, Headers({"CSeq": "9", "Session": client.session}))
    assert client.conversation.receive(request.encode()) == (b"", 1)
    assert client.ask("OPTIONS").status == 200


@pytest.mark.parametrize("form", SESSION_IDS)
def test_session_ids_have_the_form_of_the_model_and_never_repeat(form: str) -> None:
    found = {with_dialect(session_id=form).log_in().set_up().session for _ in range(20)}
    assert len(found) == 20
    pattern = {"decimal": r"\d{10}", "short-decimal": r"\d{9}", "hex": r"[0-9A-F]{8}", "long-hex": r"[0-9a-f]{32}"}
    assert all(re.fullmatch(pattern.get(form, r"[0-9a-f-]{36}"), session) for session in found)


def test_a_query_is_part_of_the_stream_and_the_track_follows_it() -> None:
    client = Client()
    client.delivery.streams = {"/cam/realmonitor?channel=1&subtype=0"}
    client.log_in()
    url = "rtsp://198.18.64.1/cam/realmonitor?channel=1&subtype=0"
    base = client.ask("DESCRIBE", url).headers.get("Content-Base")
    assert base == f"{url}/"
    assert client.ask("SETUP", f"{base}trackID=1", **TCP).status == 200
    assert client.ask("DESCRIBE", url.replace("subtype=0", "subtype=1")).status == 404


def test_a_stream_pauses_and_plays_on() -> None:
    client = with_dialect(public=(*DIALECT.public, "PAUSE")).log_in().set_up()
    assert client.ask("PAUSE").status == 200
    client.play()
    assert client.ask("PAUSE").status == 200
    client.play()
    assert client.delivery.asked == ["start", "pause", "start"]
