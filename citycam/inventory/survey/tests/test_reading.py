from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycam.inventory.survey import reading
from citycam.inventory.survey.measurement import Measured
from citycam.inventory.survey.visit import Facts, Probe
from citycam.wire import sdp
from citycam.wire.digest import Challenge
from citycam.wire.onvif import Plate
from citycam.wire.sps import Picture

HERE = IPv4Address("10.0.0.1")
SPS = bytes.fromhex("674d401eeca05809360220000003002000000641e2c5b2c0")


def plain(facts: Facts) -> dict[str, object]:
    return {name: fact.value for name, fact in facts.items()}


def test_a_device_text_is_one_short_clean_line() -> None:
    assert reading.cleaned(" a\r\nb\x00 \x1b[31mc ") == "a b [31mc"
    assert len(reading.cleaned("x" * 10_000)) == reading.LONGEST
    assert "secret" not in reading.cleaned("rtsp://admin:secret@10.0.0.9/live")


@given(st.text(max_size=300))
def test_any_text_becomes_one_line(text: str) -> None:
    assert reading.cleaned(text).isprintable() or not reading.cleaned(text).isascii()
    assert "\n" not in reading.cleaned(text)


def test_challenges_tell_how_credentials_are_asked_for() -> None:
    told = ['Digest realm="a", nonce="b"', 'Basic realm="a"', "Negotiate", "Digest realm=x"]
    challenges = reading.challenges_of(told)
    assert challenges == [Challenge("digest", "a", "b"), Challenge("basic", "a")]
    assert reading.auth_kinds(challenges) == ["basic", "digest"]
    assert reading.auth_kinds([]) == []


def test_a_description_tells_codec_size_and_sound() -> None:
    tracks = [sdp.Track("h264", "track1", 96, (SPS, b"\x68\xef\x3c\x80")), sdp.Track("pcma", "track2", 8)]
    text = sdp.describe(address="10.0.0.1", name="x", tracks=tracks)
    facts = reading.description_facts(sdp.parse(text))
    assert plain(facts) == {"codec": "h264", "width": 704, "height": 576, "audio": True}
    assert {fact.probe for fact in facts.values()} == {Probe.SDP}
    assert plain(reading.description_facts(sdp.parse("m=video 0 RTP/AVP 96\r\na=rtpmap:96 VP9/90000"))) == {
        "audio": False
    }
    assert reading.description_facts(sdp.parse("v=0")) == {}


def test_what_was_not_received_is_unknown() -> None:
    assert reading.stream_facts(Measured(0.0, 0, None, None, None, 0, 0, False)) == {}
    facts = reading.stream_facts(Measured(2.0, 20, 10.0, 256_000, Picture(704, 576), 50, 0, True))
    assert plain(facts) == {"width": 704, "height": 576, "fps": 10.0, "bitrate": 256_000}


def test_a_plate_without_a_serial_has_none() -> None:
    assert plain(reading.plate_facts(Plate("AXIS", "M3045-V", "8.40", "", ""))) == {
        "vendor": "AXIS",
        "model": "M3045-V",
        "firmware": "8.40",
    }


def test_the_first_mac_that_means_something() -> None:
    assert reading.mac_of(["", "00:00:00:00:00:00", "nonsense", "02-00-5E-00-00-01"]) == "02:00:5e:00:00:01"
    assert reading.mac_of([]) is None


def test_only_a_uuid_is_an_endpoint() -> None:
    uuid = "6f6a3c1e-2f5b-11ef-9d3b-000000000001"
    assert reading.endpoint_of(f"urn:uuid:{uuid.upper()}") == f"urn:uuid:{uuid}"
    assert reading.endpoint_of("http://10.0.0.1/onvif") is None


@given(st.floats(-90_000, 90_000), st.floats(0, 2))
def test_the_error_of_a_clock_is_known_to_its_resolution(error: float, took: float) -> None:
    asked = datetime(2026, 3, 1, tzinfo=UTC)
    answered = asked + timedelta(seconds=took)
    told = (asked + timedelta(seconds=took / 2 + error)).replace(microsecond=0)
    found = reading.clock_error(told, asked, answered)
    assert found is not None
    assert abs(found - error) <= 0.56


def test_a_clock_that_counts_from_its_start_tells_no_time() -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    assert reading.clock_error(datetime(1970, 1, 1, tzinfo=UTC), now, now) is None


@pytest.mark.parametrize(
    ("uri", "place", "odd"),
    [
        ("rtsp://10.0.0.1/live", (554, "/live"), ""),
        ("rtsp://10.0.0.1:8554/cam?channel=1&subtype=0", (8554, "/cam?channel=1&subtype=0"), ""),
        ("rtsp://admin:secret@10.0.0.1/live", (554, "/live"), ""),
        ("rtsp://10.9.9.9/live", (554, "/live"), "another host"),
        ("rtsp://camera.example/live", (554, "/live"), "another host"),
        ("http://10.0.0.1/live", (554, ""), "no RTSP"),
        ("nonsense", (554, ""), "cannot be read"),
        ("rtsp://10.0.0.1/a b", (554, ""), "no RTSP"),
    ],
)
def test_a_stream_is_always_at_the_device_that_was_asked(uri: str, place: tuple[int, str], odd: str) -> None:
    port, path, said = reading.stream_place(uri, HERE, 554)
    assert (port, path) == place
    assert odd in said
    assert bool(odd) == bool(said)
    assert "secret" not in said
