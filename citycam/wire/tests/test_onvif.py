"""Answers as devices write them: other prefixes, other white space, parts left out."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime
from xml.etree.ElementTree import Element

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycam.wire import onvif
from citycam.wire.soap import Fault, SoapSyntaxError, envelope, parse, username_token
from citycam.wire.ws_discovery import Match, matches, probe

TT = 'xmlns:tt="http://www.onvif.org/ver10/schema"'


def answer(inner: str) -> Element:
    return parse(
        f'<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope" {TT}>'
        f"<SOAP-ENV:Header/><SOAP-ENV:Body>{inner}</SOAP-ENV:Body></SOAP-ENV:Envelope>".encode()
    )


def tds(name: str, inner: str) -> Element:
    return answer(f'<tds:{name} xmlns:tds="{onvif.DEVICE}">{inner}</tds:{name}>')


def test_the_time_is_the_utc_one() -> None:
    local = "<tt:LocalDateTime><tt:Time><tt:Hour>7</tt:Hour></tt:Time></tt:LocalDateTime>"
    utc = (
        "<tt:UTCDateTime><tt:Time><tt:Hour> 0 </tt:Hour><tt:Minute>1</tt:Minute><tt:Second>60</tt:Second></tt:Time>"
        "<tt:Date><tt:Year>2026</tt:Year><tt:Month>2</tt:Month><tt:Day>28</tt:Day></tt:Date></tt:UTCDateTime>"
    )
    root = tds("GetSystemDateAndTimeResponse", f"<tds:SystemDateAndTime>{local}{utc}</tds:SystemDateAndTime>")
    assert onvif.system_time(root) == datetime(2026, 2, 28, 0, 1, 59, tzinfo=UTC)
    assert onvif.system_time(tds("GetSystemDateAndTimeResponse", local)) is None


def test_a_plate_may_lack_a_part() -> None:
    inner = "<tds:Manufacturer>AXIS</tds:Manufacturer><tds:Model/><tds:SerialNumber>A1 &amp; B</tds:SerialNumber>"
    assert onvif.plate(tds("GetDeviceInformationResponse", inner)) == onvif.Plate("AXIS", "", "", "A1 & B", "")


def test_interfaces_that_are_on_come_first() -> None:
    one = "<tds:NetworkInterfaces token='{}'><tt:Enabled>{}</tt:Enabled><tt:Info>{}</tt:Info></tds:NetworkInterfaces>"
    off = one.format("eth1", "false", "<tt:HwAddress>00:00:00:00:00:09</tt:HwAddress>")
    on = one.format("eth0", "true", "<tt:HwAddress>02-00-5E-00-00-01</tt:HwAddress>")
    root = tds("GetNetworkInterfacesResponse", off + on + one.format("lo", "true", ""))
    assert onvif.hardware_addresses(root) == ("02-00-5E-00-00-01", "00:00:00:00:00:09")


def test_scopes_claim_profiles() -> None:
    names = ("Profile/Streaming", "profile/T", "Profile/G", "Profile/Q/Operational", "hardware/M", "Profile/Unheard")
    items = "".join(
        f"<tds:Scopes><tt:ScopeItem>onvif://www.onvif.org/{name}</tt:ScopeItem></tds:Scopes>" for name in names
    )
    found = onvif.scopes(tds("GetScopesResponse", items))
    assert len(found) == 6
    assert onvif.profiles_of(found) == ("S", "T", "G", "Q")


MEDIA = f'<trt:GetProfilesResponse xmlns:trt="{onvif.MEDIA}">'
PROFILE = """<trt:Profiles token="{token}"><tt:Name>x</tt:Name>
<tt:VideoSourceConfiguration token="c"><tt:SourceToken>{source}</tt:SourceToken></tt:VideoSourceConfiguration>
<tt:VideoEncoderConfiguration token="e"><tt:Encoding>H264</tt:Encoding><tt:Resolution><tt:Width>{width}</tt:Width>
<tt:Height>288</tt:Height></tt:Resolution><tt:RateControl><tt:FrameRateLimit>12.5</tt:FrameRateLimit>
<tt:BitrateLimit>512</tt:BitrateLimit></tt:RateControl><tt:H264><tt:GovLength>25</tt:GovLength></tt:H264>
</tt:VideoEncoderConfiguration></trt:Profiles>"""


def test_the_channels_of_a_device_are_its_sources_by_their_largest_profile() -> None:
    listed = [("sub-1", "s1", 352), ("main-1", "s1", 704), ("main-2", "s2", 704), ("sub-2", "s2", 352)]
    inner = "".join(PROFILE.format(token=token, source=source, width=width) for token, source, width in listed)
    audio_only = '<trt:Profiles token="sound"><tt:Name>x</tt:Name></trt:Profiles>'
    found = onvif.media_profiles(answer(f"{MEDIA}{inner}{audio_only}</trt:GetProfilesResponse>"))
    assert [one.token for one in found] == ["sub-1", "main-1", "main-2", "sub-2"]
    assert found[0] == onvif.MediaProfile("sub-1", "s1", "h264", 352, 288, 12.5, 512_000, 25)
    assert [one.token for one in onvif.main_profiles(found)] == ["main-1", "main-2"]


def test_media2_names_its_parts_otherwise() -> None:
    inner = (
        '<tr2:Profiles token="p"><tr2:Configurations><tr2:VideoSource token="c"><tt:SourceToken>s</tt:SourceToken>'
        '</tr2:VideoSource><tr2:VideoEncoder token="e" GovLength="50"><tt:Encoding>H265</tt:Encoding>'
        "</tr2:VideoEncoder></tr2:Configurations></tr2:Profiles>"
    )
    root = answer(f'<tr2:GetProfilesResponse xmlns:tr2="{onvif.MEDIA2}">{inner}</tr2:GetProfilesResponse>')
    assert onvif.media_profiles(root) == (onvif.MediaProfile("p", "s", "h265", 0, 0, 0.0, 0, 50),)


def test_services_old_and_new() -> None:
    new = f"<tds:Service><tds:Namespace>{onvif.MEDIA2}</tds:Namespace><tds:XAddr>http://a/m2</tds:XAddr></tds:Service>"
    assert onvif.services(tds("GetServicesResponse", new)) == {onvif.MEDIA2: "http://a/m2"}
    old = "<tds:Capabilities><tt:Media><tt:XAddr>http://a/m</tt:XAddr></tt:Media></tds:Capabilities>"
    assert onvif.capabilities(tds("GetCapabilitiesResponse", old)) == {onvif.MEDIA: "http://a/m"}


def test_a_fault_says_whether_it_is_about_credentials() -> None:
    fault = (
        "<SOAP-ENV:Fault><SOAP-ENV:Code><SOAP-ENV:Value>SOAP-ENV:Sender</SOAP-ENV:Value><SOAP-ENV:Subcode>"
        "<SOAP-ENV:Value>ter:NotAuthorized</SOAP-ENV:Value></SOAP-ENV:Subcode></SOAP-ENV:Code>"
        "<SOAP-ENV:Reason><SOAP-ENV:Text>no</SOAP-ENV:Text></SOAP-ENV:Reason></SOAP-ENV:Fault>"
    )
    with pytest.raises(Fault, match="no") as caught:
        answer(fault)
    assert caught.value.codes == ("Sender", "NotAuthorized")
    assert caught.value.unauthorized
    with pytest.raises(Fault) as caught:
        answer(fault.replace("NotAuthorized", "ActionNotSupported"))
    assert not caught.value.unauthorized


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<a/>",
        b"<a>",
        b"<html><body>404</body></html>",
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        b"<!DOCTYPE Envelope><Envelope/>",
        b"\xff\xfe\x00",
        b'<?xml version="1.0" encoding="nothing"?><a/>',
    ],
)
def test_what_is_no_message_is_refused(data: bytes) -> None:
    with pytest.raises(SoapSyntaxError):
        parse(data)


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_or_read(data: bytes) -> None:
    for whole in (data, envelope("x").replace(b"x", data)):
        try:
            root = parse(whole)
        except (SoapSyntaxError, Fault):
            continue
        assert onvif.plate(root) == onvif.Plate("", "", "", "", "")
        assert onvif.media_profiles(root) == ()


def test_a_token_is_a_digest_of_nonce_time_and_password() -> None:
    at = datetime(2026, 2, 28, 1, 2, 3, 456_789, tzinfo=UTC)
    told = username_token("a<b", "secret", at, b"nonce")
    root = parse(envelope("<x/>", told))
    values = {one.tag.rpartition("}")[2]: one.text for one in root.iter()}
    assert values["Username"] == "a<b"
    assert values["Created"] == "2026-02-28T01:02:03.456Z"
    wanted = hashlib.sha1(b"nonce" + b"2026-02-28T01:02:03.456Z" + b"secret").digest()
    assert values["Password"] == base64.b64encode(wanted).decode()
    assert b"secret" not in envelope("<x/>", told)


def test_an_answer_to_another_probe_is_none() -> None:
    body = (
        '<d:ProbeMatches xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"><d:ProbeMatch>'
        '<a:EndpointReference xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"><a:Address>urn:uuid:1'
        "</a:Address></a:EndpointReference><d:Scopes> s1  s2 </d:Scopes><d:XAddrs>http://10.0.0.1/x</d:XAddrs>"
        "</d:ProbeMatch></d:ProbeMatches>"
    )
    relates = '<a:RelatesTo xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing">urn:uuid:q</a:RelatesTo>'
    data = envelope(body, relates)
    assert matches(data, "urn:uuid:q") == (Match("urn:uuid:1", ("s1", "s2"), ("http://10.0.0.1/x",)),)
    assert matches(data, "urn:uuid:other") == ()
    assert matches(b"\0garbage", "urn:uuid:q") == ()
    assert b"urn:uuid:q" in probe("urn:uuid:q")
