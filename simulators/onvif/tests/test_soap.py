"""Envelopes: what is read, what is refused unread, and that what is written can be read."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.onvif.endpoint import Pending
from simulators.onvif.http import Response
from simulators.onvif.soap import MAX_DEPTH, MAX_ELEMENTS, NAMESPACES, Fault, duration, envelope, instant, parse, tag
from simulators.onvif.tests.devices import camera, message, post, refused, token

ENV = NAMESPACES["env"]
LAUGHS = (
    b'<!DOCTYPE z [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "&%c;&%c;&%c;&%c;">' % (at + 1, at, at, at, at) for at in range(ord("a"), ord("k")))
    + b']><s:Envelope xmlns:s="%s"><s:Body><x>&k;</x></s:Body></s:Envelope>' % ENV.encode()
)


def wrapped(body: str) -> bytes:
    return f'<s:Envelope xmlns:s="{ENV}"><s:Body>{body}</s:Body></s:Envelope>'.encode()


def test_an_operation_is_read_with_its_namespace_and_prefixes() -> None:
    found = parse(wrapped('<t:Get xmlns:t="urn:t">x</t:Get>'))
    assert found.operation == ("urn:t", "Get")
    assert found.prefixes["t"] == "urn:t"
    assert parse(wrapped("<Get/>")).operation == ("", "Get")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<",
        b"<a>",
        b"\xff\xfe",
        wrapped("<a></b>"),
        wrapped(""),
        wrapped("<a/><b/>"),
        wrapped("&nbsp;"),
        b"<!DOCTYPE a><a/>",
        LAUGHS,
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + wrapped("<a>&x;</a>"),
        b'<?xml version="1.0" encoding="no-such"?><a/>',
        b"<a/>",
        wrapped("<a>" * (MAX_DEPTH + 1) + "</a>" * (MAX_DEPTH + 1)),
        wrapped("<a>" + "<b/>" * MAX_ELEMENTS + "</a>"),
    ],
)
def test_what_is_no_envelope_or_a_trap_is_refused(data: bytes) -> None:
    with pytest.raises(Fault) as caught:
        parse(data)
    assert (caught.value.code, caught.value.status) == ("Sender", 400)
    assert refused(post(camera(), data)) == ["400", "env:Sender", "ter:WellFormed"]


def test_soap_1_1_is_another_version() -> None:
    data = b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><a/></s:Body></s:Envelope>'
    assert refused(post(camera(), data)) == ["500", "env:VersionMismatch"]


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Co", "Cn"])))
def test_text_comes_back_as_it_was_written(text: str) -> None:
    data = envelope(tag("tt:Name", text, note=text))
    body = parse(data).body
    assert (body.text or "") == text
    assert " ".join((body.get("note") or "").split()) == " ".join(text.split())


@given(st.binary(max_size=300))
def test_any_bytes_are_an_envelope_or_refused(data: bytes) -> None:
    for sent in (data, b"<a>" + data + b"</a>", wrapped(data.decode("latin-1"))):
        try:
            parse(sent)
        except Fault as fault:
            assert fault.reason  # noqa: PT017 — an envelope is as good


@given(st.recursive(st.text("ab<>&'\" ", max_size=8), lambda inner: st.lists(inner, max_size=4), max_leaves=20))
def test_any_arguments_are_answered_in_order(tree: object) -> None:
    host = camera()

    def written(node: object) -> str:
        if isinstance(node, list):
            return "".join(f"<q:{'PTZ' * bool(part)}X>{written(part)}</q:{'PTZ' * bool(part)}X>" for part in node)
        return str(node).translate({ord("<"): "&lt;", ord("&"): "&amp;"})

    names = ("ContinuousMove", "AbsoluteMove", "SetPreset")
    operations = [("tptz", name) for name in names]
    operations += [("tds", "SetUser"), ("tds", "SetNTP"), ("tds", "SetSystemDateAndTime"), ("trt", "GetStreamUri")]
    operations += [("tev", "CreatePullPointSubscription"), ("tr2", "GetProfiles")]
    for prefix, operation in operations:
        found = post(host, message(prefix, operation, written(tree), token(host)))
        assert isinstance(found, Pending) or (isinstance(found, Response) and found.status in (200, 400, 500))
        assert not isinstance(found, Response) or found.body, "a bug has no body"


def test_a_trap_costs_nothing() -> None:
    begin = time.process_time()
    for _ in range(100):
        with pytest.raises(Fault):
            parse(LAUGHS)
    assert time.process_time() - begin < 5


def test_faults_are_written_and_read() -> None:
    data = envelope(Fault("Sender", "InvalidArgVal", "NoProfile", reason="a < b").body())
    body = parse(data).body
    values = [found.text for found in body.iter(f"{{{ENV}}}Value")]
    assert values == ["env:Sender", "ter:InvalidArgVal", "ter:NoProfile"]
    assert NAMESPACES["ter"].encode() in data


def test_only_prefixes_that_are_used_are_declared() -> None:
    assert envelope(tag("tt:Name", "x")).count(b"xmlns:") == 2


def test_times_and_durations() -> None:
    assert instant(1_780_000_000_123_456_789) == "2026-05-28T20:26:40.123Z"
    assert (duration(30), duration(0.5), duration(2_592_000)) == ("PT30S", "PT0.5S", "PT2592000S")
