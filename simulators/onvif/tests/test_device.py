"""The device service: what it tells, what it changes, and what it refuses."""

from __future__ import annotations

import pytest

from simulators.onvif.access import Access
from simulators.onvif.device import SERVICE, endpoint
from simulators.onvif.tests.devices import START, ask, camera, message, post, recorder, refusal, refused, text, texts

USER = "<q:User><tt:Username>{}</tt:Username><tt:Password>{}</tt:Password><tt:UserLevel>{}</tt:UserLevel></q:User>"


def test_the_clock_is_the_cameras_own_however_wrong() -> None:
    host = camera()
    host.error_ns = -3600 * 10**9
    found = ask(host, "tds", "GetSystemDateAndTime")
    utc = next(element for element in found.iter() if element.tag.endswith("}UTCDateTime"))
    assert [text(utc, name) for name in ("Year", "Month", "Day", "Hour", "Minute")] == ["2026", "5", "28", "19", "26"]
    assert text(found, "DateTimeType") == "Manual"


def test_the_clock_can_be_set() -> None:
    host = camera()
    date = "<tt:Date><tt:Year>2030</tt:Year><tt:Month>1</tt:Month><tt:Day>2</tt:Day></tt:Date>"
    time = "<tt:Time><tt:Hour>3</tt:Hour><tt:Minute>4</tt:Minute><tt:Second>5</tt:Second></tt:Time>"
    wish = "<q:DateTimeType>Manual</q:DateTimeType><q:DaylightSavings>false</q:DaylightSavings>"
    ask(host, "tds", "SetSystemDateAndTime", f"{wish}<q:UTCDateTime>{time}{date}</q:UTCDateTime>")
    assert host.clock_ns() == 1_893_553_445 * 10**9
    ask(host, "tds", "SetSystemDateAndTime", wish.replace("Manual", "NTP"))
    assert host.error_ns == 0


@pytest.mark.parametrize("month", ["0", "13", "x", ""])
def test_a_date_that_is_none_is_refused(month: str) -> None:
    date = f"<tt:Date><tt:Year>2030</tt:Year><tt:Month>{month}</tt:Month><tt:Day>2</tt:Day></tt:Date>"
    wish = f"<q:DateTimeType>Manual</q:DateTimeType><q:UTCDateTime>{date}</q:UTCDateTime>"
    assert refusal(camera(), "tds", "SetSystemDateAndTime", wish)[-1] == "ter:InvalidDateTime"


def test_the_plate() -> None:
    found = ask(camera(), "tds", "GetDeviceInformation")
    assert [element.text for element in found] == ["Test Works", "T-1000", "1.2.3", "A1", "7"]


def test_services_and_capabilities_are_those_of_the_model() -> None:
    spaces = texts(ask(camera(), "tds", "GetServices", "<q:IncludeCapability>true</q:IncludeCapability>"), "Namespace")
    assert [space.split("/")[-2] for space in spaces] == ["device", "media", "media", "events", "ptz"]
    spaces = texts(ask(recorder(), "tds", "GetServices"), "Namespace")
    assert [space.split("/")[-2] for space in spaces] == ["device", "media", "media", "events", "recording", "search"]
    found = ask(camera(), "tds", "GetCapabilities", "<q:Category>Media</q:Category>")
    assert texts(found, "XAddr") == ["http://198.18.64.1/onvif/media_service"]
    reason = refusal(recorder(), "tds", "GetCapabilities", "<q:Category>PTZ</q:Category>")
    assert reason == ["500", "env:Receiver", "ter:ActionNotSupported", "ter:NoSuchService"]


def test_another_port_is_in_every_address() -> None:
    host = camera()
    host.estate.http_port = 8080
    assert all(":8080/" in address for address in texts(ask(host, "tds", "GetServices"), "XAddr"))
    assert texts(ask(host, "tds", "GetNetworkProtocols"), "Port") == ["8080", "554"]


def test_scopes_name_profiles_and_plate() -> None:
    found = texts(ask(camera(), "tds", "GetScopes"), "ScopeItem")
    assert "onvif://www.onvif.org/Profile/Streaming" in found
    assert "onvif://www.onvif.org/name/Test%20Works" in found
    assert "onvif://www.onvif.org/Profile/G" not in found


def test_the_endpoint_reference_stays_and_differs() -> None:
    assert endpoint(camera()) == endpoint(camera()) != endpoint(recorder())
    assert text(ask(camera(), "tds", "GetEndpointReference"), "GUID") == endpoint(camera())


def test_network() -> None:
    host = camera()
    found = ask(host, "tds", "GetNetworkInterfaces")
    assert (text(found, "HwAddress"), text(found, "Address")) == (host.mac, host.address)
    ask(host, "tds", "GetDNS")
    ask(host, "tds", "GetNetworkDefaultGateway")


def test_time_servers_and_name_can_be_set() -> None:
    host = camera()
    server = "<tt:Type>IPv4</tt:Type><tt:IPv4Address>198.18.0.1</tt:IPv4Address>"
    ntp = f"<q:FromDHCP>false</q:FromDHCP><q:NTPManual>{server}</q:NTPManual>"
    ask(host, "tds", "SetNTP", ntp)
    assert text(ask(host, "tds", "GetNTP"), "IPv4Address") == "198.18.0.1"
    assert text(ask(host, "tds", "GetSystemDateAndTime"), "DateTimeType") == "NTP"
    assert refusal(host, "tds", "SetNTP", ntp.replace("198.18.0.1", "a b"))[-1] == "ter:InvalidDnsName"
    assert text(ask(host, "tds", "GetHostname"), "Name") == "Test-000001"
    ask(host, "tds", "SetHostname", "<q:Name>gate-7</q:Name>")
    assert text(ask(host, "tds", "GetHostname"), "Name") == "gate-7"
    assert refusal(host, "tds", "SetHostname", "<q:Name>gate 7</q:Name>")[-1] == "ter:InvalidHostname"


def test_users_are_told_without_passwords() -> None:
    found = ask(camera(), "tds", "GetUsers")
    assert texts(found, "Username") == ["admin", "guard", "eye"]
    assert "geheim" not in str(texts(found, "Password"))


def test_users_come_change_and_go() -> None:
    host = camera()
    ask(host, "tds", "CreateUsers", USER.format("vms", "a-long-one", "Operator"))
    assert host.accounts[-1].name == "vms"
    ask(host, "tds", "SetUser", USER.format("vms", "another", "User"))
    assert (host.accounts[-1].password, host.accounts[-1].level) == ("another", "User")
    ask(host, "tds", "DeleteUsers", "<q:Username>vms</q:Username>")
    assert [user.name for user in host.accounts] == ["admin", "guard", "eye"]


@pytest.mark.parametrize(
    ("operation", "inner", "why"),
    [
        ("CreateUsers", USER.format("admin", "x", "User"), "ter:UsernameClash"),
        ("CreateUsers", USER.format("new", "", "User"), "ter:Password"),
        ("CreateUsers", USER.format("new", "x" * 65, "User"), "ter:PasswordTooLong"),
        ("CreateUsers", USER.format("", "x", "User"), "ter:UsernameTooShort"),
        ("CreateUsers", USER.format("new", "x", "King"), "ter:InvalidArgs"),
        ("CreateUsers", "".join(USER.format(f"u{n}", "x", "User") for n in range(20)), "ter:TooManyUsers"),
        ("SetUser", USER.format("nobody", "x", "User"), "ter:UsernameMissing"),
        ("SetUser", USER.format("admin", "x", "User"), "ter:FixedUser"),
        ("DeleteUsers", "<q:Username>nobody</q:Username>", "ter:UsernameMissing"),
        ("DeleteUsers", "<q:Username>admin</q:Username>", "ter:FixedUser"),
    ],
)
def test_users_that_cannot_be_are_refused_and_nothing_changes(operation: str, inner: str, why: str) -> None:
    host = camera()
    assert refusal(host, "tds", operation, inner)[-1] == why
    assert [user.name for user in host.accounts] == ["admin", "guard", "eye"]


def test_a_reboot_is_announced_and_done() -> None:
    host = camera()
    assert "30 seconds" in text(ask(host, "tds", "SystemReboot"), "Message")
    assert host.rebooted == 1


def test_only_the_calls_before_authentication_need_no_credentials() -> None:
    open_ = {name for name, (access, _) in SERVICE.operations.items() if access is Access.PRE_AUTH}
    assert open_ == {
        *("GetServices", "GetCapabilities", "GetSystemDateAndTime", "GetHostname", "GetEndpointReference"),
    }
    host = camera()
    for name in (*SERVICE.operations, "GetServiceCapabilities"):
        found = post(host, message("tds", name))
        if name in open_ or name == "GetServiceCapabilities":
            assert getattr(found, "status", 0) == 200, name
        else:
            assert refused(found) == ["401", "env:Sender", "ter:NotAuthorized"], name
    assert (host.rebooted, host.clock_ns()) == (0, START)


def test_what_is_not_there_is_not_supported() -> None:
    for prefix, name in (("tds", "GetDot11Status"), ("trc", "GetRecordings"), ("xs", "GetProfiles")):
        assert refusal(camera(), prefix, name) == ["500", "env:Receiver", "ter:ActionNotSupported"]
