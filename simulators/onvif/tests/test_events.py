"""Pull points: how things stand, then every change when it happens, and nothing twice."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.onvif import motion
from simulators.onvif.endpoint import Pending
from simulators.onvif.events import MOST_SUBSCRIPTIONS, TOPIC
from simulators.onvif.soap import instant
from simulators.onvif.tests.devices import (
    SECOND,
    START,
    FakeHost,
    ask,
    camera,
    message,
    post,
    recorder,
    refusal,
    refused,
    text,
    texts,
    token,
)

PULL = "<q:Timeout>PT{}S</q:Timeout><q:MessageLimit>{}</q:MessageLimit>"
FILTER = (
    '<q:Filter><wsnt:TopicExpression Dialect="http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet">{}'
    "</wsnt:TopicExpression></q:Filter>"
)


def subscribe(host: FakeHost, inner: str = "") -> str:
    """Path of a new pull point."""
    return text(ask(host, "tev", "CreatePullPointSubscription", inner), "Address").removeprefix(
        f"http://{host.address}"
    )


def pull(host: FakeHost, target: str, seconds: float = 60, limit: int = 100) -> list[tuple[str, str, str, str]]:
    """Time, operation, source and state of each message."""
    found = ask(host, "tev", "PullMessages", PULL.format(seconds, limit), target=target)
    messages = [element for element in found.iter() if element.tag.endswith("}Message") and element.get("UtcTime")]
    items = [[item.get("Value", "") for item in one.iter() if item.tag.endswith("}SimpleItem")] for one in messages]
    return [
        (one.get("UtcTime", ""), one.get("PropertyOperation", ""), source, state)
        for one, (source, state) in zip(messages, items, strict=True)
    ]


def test_first_comes_how_things_stand_then_each_change_as_the_timeline_says() -> None:
    host = camera()
    target = subscribe(host, "<q:InitialTerminationTime>PT1H</q:InitialTerminationTime>")
    begin = host.estate.now
    (first,) = pull(host, target)
    assert first[1:] == ("Initialized", "source-1", "true" if motion.moving("cam-000001", 0, begin) else "false")
    seen = []
    while host.estate.now < begin + 600 * SECOND:
        seen += pull(host, target)
    due = list(motion.changes("cam-000001", 0, begin, host.estate.now))
    assert [(time, state) for time, _, _, state in seen] == [
        (instant(change.at_ns), "true" if change.moving else "false") for change in due
    ]
    assert {operation for _, operation, _, _ in seen} == {"Changed"}


def test_a_pull_waits_until_something_happens_or_its_time_is_over() -> None:
    host = camera()
    target = subscribe(host)
    pull(host, target)
    next_ns = next(motion.changes("cam-000001", 0, host.estate.now, host.estate.now + 3600 * SECOND)).at_ns
    found = post(host, message("tev", "PullMessages", PULL.format(1, 10), token(host)), target)
    assert isinstance(found, Pending)
    assert found.at_ns == min(next_ns, host.estate.now + SECOND)
    host.estate.now = found.at_ns - 1
    assert isinstance(found.then(), Pending), "not yet"


def test_all_channels_of_a_recorder_are_heard_in_order_and_the_limit_loses_nothing() -> None:
    host = recorder(4)
    target = subscribe(host, "<q:InitialTerminationTime>PT1H</q:InitialTerminationTime>")
    begin = host.estate.now
    assert len(pull(host, target)) == 4
    host.estate.now += 300 * SECOND
    seen = []
    while found := pull(host, target, 0, 3):
        assert len(found) <= 3 + 3
        seen += found
    due = sorted(
        (change.at_ns, f"source-{number}")
        for number in range(1, 5)
        for change in motion.changes(f"cam-00010{number}", 0, begin, host.estate.now)
    )
    assert [(time, source) for time, _, source, _ in seen] == [(instant(at), source) for at, source in due]


def test_times_are_by_the_devices_own_clock() -> None:
    host = camera()
    host.error_ns = 86_400 * SECOND
    found = ask(
        host, "tev", "CreatePullPointSubscription", "<q:InitialTerminationTime>PT60S</q:InitialTerminationTime>"
    )
    assert text(found, "CurrentTime") == instant(host.clock_ns())
    assert text(found, "TerminationTime") == instant(host.clock_ns() + 60 * SECOND)
    absolute = instant(host.clock_ns() + 30 * SECOND)
    inner = f"<q:InitialTerminationTime>{absolute}</q:InitialTerminationTime>"
    assert text(ask(host, "tev", "CreatePullPointSubscription", inner), "TerminationTime")[:19] == absolute[:19]


def test_a_pull_point_is_renewed_ended_and_forgotten() -> None:
    host = camera()
    target = subscribe(host)
    host.estate.now += 50 * SECOND
    ask(host, "wsnt", "Renew", "<wsnt:TerminationTime>PT60S</wsnt:TerminationTime>", target=target)
    host.estate.now += 50 * SECOND
    ask(host, "tev", "SetSynchronizationPoint", target=target)
    assert pull(host, target)[0][1] == "Initialized"
    ask(host, "wsnt", "Unsubscribe", target=target)
    assert gone(host, target)
    target = subscribe(host)
    host.estate.now += 61 * SECOND
    assert gone(host, target)


def gone(host: FakeHost, target: str) -> bool:
    found = post(host, message("tev", "PullMessages", PULL.format(1, 1), token(host)), target)
    return refused(found)[-1] == "ter:ResourceUnknownFault"


@pytest.mark.parametrize(
    ("topic", "wanted"),
    [
        (TOPIC, True),
        ("tns1:VideoSource//.", True),
        ("tns1:Device/Trigger/Relay|tns1:VideoSource/MotionAlarm", True),
        ("tns1:Device//.", False),
        ("tns1:RuleEngine/CellMotionDetector/Motion", False),
    ],
)
def test_a_filter_lets_through_what_it_names(topic: str, wanted: bool) -> None:
    host = camera()
    assert bool(pull(host, subscribe(host, FILTER.format(topic)), 1)) == wanted


def test_pull_points_have_an_end() -> None:
    host = camera()
    for _ in range(MOST_SUBSCRIPTIONS):
        subscribe(host)
    assert refusal(host, "tev", "CreatePullPointSubscription")[-1] == "ter:MaxPullPoints"
    host.estate.now += 61 * SECOND
    subscribe(host)


@pytest.mark.parametrize("time", ["P2D", "PT0S", "-PT5S", "tomorrow", "1999-01-01T00:00:00Z"])
def test_a_life_that_cannot_be_is_refused(time: str) -> None:
    inner = f"<q:InitialTerminationTime>{time}</q:InitialTerminationTime>"
    assert refusal(camera(), "tev", "CreatePullPointSubscription", inner)[1] == "env:Sender"


def test_a_limit_that_cannot_be_is_refused() -> None:
    host = camera()
    target = subscribe(host)
    found = post(host, message("tev", "PullMessages", PULL.format(1, 0), token(host)), target)
    assert refused(found)[-1] == "ter:InvalidArgs"


def test_properties_and_capabilities() -> None:
    assert texts(ask(camera(), "tev", "GetEventProperties"), "TopicExpressionDialect")
    ask(camera(), "tev", "GetServiceCapabilities")


def test_the_answer_is_addressed() -> None:
    host = camera()
    header = "<wsa:MessageID>urn:uuid:1</wsa:MessageID><wsa:Action>http://a/Create</wsa:Action>"
    found = post(host, message("tev", "CreatePullPointSubscription", "", header + token(host)))
    body = getattr(found, "body", b"").decode()
    assert re.search(r"<wsa:RelatesTo>urn:uuid:1</wsa:RelatesTo>", body)
    assert "<wsa:Action>http://a/CreateResponse</wsa:Action>" in body


@given(st.integers(0, 10**6), st.integers(0, 10**4), st.integers(1, 3600))
def test_the_timeline_is_the_same_however_it_is_asked_for(seed: int, begin_s: int, length_s: int) -> None:
    begin, end = START + begin_s * SECOND, START + (begin_s + length_s) * SECOND
    middle = (begin + end) // 2
    whole = list(motion.changes("cam-1", seed, begin, end))
    assert whole == [*motion.changes("cam-1", seed, begin, middle), *motion.changes("cam-1", seed, middle, end)]
    assert [change.at_ns for change in whole] == sorted(change.at_ns for change in whole)
    state = motion.moving("cam-1", seed, begin)
    for change in whole:
        assert change.moving != state
        assert motion.moving("cam-1", seed, change.at_ns) == change.moving
        state = change.moving
