"""The camera's side of RTSP as a state machine (RFC 2326 A.2), asked anything in any order and cut anywhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from citycam.wire.digest import Challenge, authorization
from citycam.wire.rtsp import REASONS, Decoder, Headers, Request, Response, interleaved
from simulators.rtsp.conversation import Conversation
from simulators.rtsp.device import AuthKind
from simulators.rtsp.tests.test_conversation import DIALECT, PASSWORD, URL, Box, Recorder

METHODS = ["OPTIONS", "DESCRIBE", "SETUP", "PLAY", "PAUSE", "GET_PARAMETER", "TEARDOWN", "RECORD", "HACK"]
URLS = [URL, f"{URL}/", f"{URL}/trackID=1", f"{URL}/trackID=2", "rtsp://198.18.64.1/live/2", "*", "rtsp://[", "/"]
TRANSPORTS = [
    "RTP/AVP/TCP;unicast;interleaved=0-1",
    "RTP/AVP/TCP;unicast;interleaved=255-256",
    "RTP/AVP;unicast;client_port=5000-5001",
    "RTP/AVP;multicast",
    "RAW/RAW",
    "",
]
PAUSING = replace(DIALECT, public=(*DIALECT.public, "PAUSE"))
NEEDS_SESSION = {"PLAY", "PAUSE", "TEARDOWN"}


def in_state(state: str) -> Callable[[Any], bool]:
    """Whether a rule may be tried: the connection is open and in this state."""
    return lambda machine: not machine.conversation.closing and machine.conversation.state == state


class States(RuleBasedStateMachine):
    """A client that may do anything, and what it must see."""

    def __init__(self) -> None:
        super().__init__()
        self.delivery = Recorder(sound=True)
        self.conversation = Conversation(Box("none"), self.delivery)
        self.decoder = Decoder()
        self.challenge: Challenge | None = None
        self.number = 0

    @initialize(auth=st.sampled_from(["none", "basic", "digest"]), full=st.sampled_from([False, False, False, True]))
    def begin(self, auth: AuthKind, full: bool) -> None:
        self.delivery = Recorder(full, sound=True)
        self.conversation = Conversation(Box(auth, dialect=PAUSING), self.delivery)
        self.decoder = Decoder()
        self.challenge = Challenge("basic", "IP Camera") if auth == "basic" else None

    @precondition(lambda self: self.conversation.closing)
    @rule(auth=st.sampled_from(["none", "basic", "digest"]), full=st.sampled_from([False, False, False, True]))
    def connect_again(self, auth: AuthKind, full: bool) -> None:
        self.begin(auth, full)

    def _open(self) -> bool:
        return not self.conversation.closing

    def _say(self, data: bytes, cuts: list[int]) -> list[Response]:
        edges = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
        answers: list[Response] = []
        for start, end in pairwise(edges):
            sent, _ = self.conversation.receive(data[start:end])
            for one in self.decoder.feed(sent):
                assert isinstance(one, Response)
                answers.append(one)
            if self.conversation.closing:
                break
        return answers

    def _request(self, method: str, url: str, transport: str, session: str, knows: bool) -> bytes:
        self.number += 1
        pairs = {"CSeq": str(self.number), "Transport": transport}
        pairs["Session"] = {"own": self.conversation.session, "other": "4711"}.get(session, "")
        if self.challenge is not None:
            password = PASSWORD if knows else "wrong"
            pairs["Authorization"] = authorization(self.challenge, method, url, "admin", password)
        return Request(method, url, Headers({name: value for name, value in pairs.items() if value})).encode()

    @precondition(_open)
    @rule(
        method=st.sampled_from(METHODS),
        url=st.sampled_from(URLS),
        transport=st.sampled_from(TRANSPORTS),
        session=st.sampled_from(["own", "own", "other", ""]),
        knows=st.sampled_from([True, True, True, False]),
        cuts=st.lists(st.integers(0, 500), max_size=3),
    )
    def ask(self, method: str, url: str, transport: str, session: str, knows: bool, cuts: list[int]) -> None:
        before, started = self.conversation.state, self.delivery.asked.count("start")
        own = session == "own" and bool(self.conversation.session)
        (answer,) = self._say(self._request(method, url, transport, session, knows), cuts)
        self._check(answer, str(self.number))
        after = self.conversation.state
        let_in = self.conversation.account.auth == "none" or (self.challenge is not None and knows)
        if answer.status == 401:
            assert not let_in
            self.challenge = Challenge.parse(answer.headers.get("WWW-Authenticate") or "")
        if answer.status != 200:
            assert after == before, "a refusal changes nothing"
        elif method not in ("OPTIONS", "HACK", "RECORD"):
            assert let_in
        if method in NEEDS_SESSION and answer.status == 200:
            assert own, "without its session nothing is played, paused or torn down"
        moves = {("SETUP", 200): "ready", ("PLAY", 200): "playing", ("TEARDOWN", 200): "init"}
        wanted = moves.get((method, answer.status), before)
        assert after == ("ready" if (method, answer.status, before) == ("PAUSE", 200, "playing") else wanted)
        if self.delivery.asked.count("start") > started:
            assert (method, before) == ("PLAY", "ready")
        if method == "SETUP" and before == "playing":
            assert answer.status != 200
        if method == "PLAY" and before == "init" and let_in:
            assert answer.status == 455

    def _check(self, answer: Response, number: str) -> None:
        assert answer.status in REASONS
        assert answer.headers.all("CSeq") == [number]

    # What a player does, so that every state is reached.

    @precondition(in_state("init"))
    @rule(track=st.sampled_from(["1", "1", "2"]))
    def set_up(self, track: str) -> None:
        self.ask("SETUP", f"{URL}/trackID={track}", TRANSPORTS[0], "own", True, [])

    @precondition(in_state("ready"))
    @rule()
    def play(self) -> None:
        self.ask("PLAY", URL, "", "own", True, [])

    @precondition(in_state("playing"))
    @rule(method=st.sampled_from(["PAUSE", "PLAY", "SETUP", "TEARDOWN"]))
    def while_playing(self, method: str) -> None:
        self.ask(method, URL, TRANSPORTS[0], "own", True, [])

    @precondition(_open)
    @rule(channel=st.integers(0, 255), payload=st.binary(max_size=100), cuts=st.lists(st.integers(0, 104), max_size=3))
    def send_rtcp(self, channel: int, payload: bytes, cuts: list[int]) -> None:
        before = self.conversation.state
        assert self._say(interleaved(channel, len(payload)) + payload, cuts) == []
        assert (self.conversation.state, self.conversation.closing) == (before, False)

    @precondition(_open)
    @rule(count=st.integers(2, 6), method=st.sampled_from(["OPTIONS", "GET_PARAMETER", "DESCRIBE"]))
    def pipeline(self, count: int, method: str) -> None:
        first = self.number + 1
        flood = b"".join(self._request(method, URL, "", "own", True) for _ in range(count))
        answers = self._say(flood, [])
        assert [one.headers.get("CSeq") for one in answers] == [str(first + at) for at in range(count)]

    @precondition(lambda self: self._open() and self.number > 12)
    @rule(noise=st.sampled_from([b"\x00\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"RTSP/1.0 200 OK\r\n\r\n", b"a" * 9000]))
    def break_off(self, noise: bytes) -> None:
        answers = self._say(noise, [])
        assert self.conversation.closing
        assert [one.status for one in answers] in ([], [400], [413], [505])

    @invariant()
    def session_and_state_agree(self) -> None:
        assert bool(self.conversation.session) == (self.conversation.state != "init")

    @invariant()
    def nothing_starts_twice(self) -> None:
        """Between two starts there is a pause, a stop, or a refusal for want of room."""
        if self.delivery.full:
            assert self.conversation.state != "playing"
            return
        playing = False
        for asked in self.delivery.asked:
            if asked == "start":
                assert not playing
            playing = asked == "start"
        assert playing == (self.conversation.state == "playing")


TestStates = States.TestCase
TestStates.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
