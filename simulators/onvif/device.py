"""The device service: clock, plate, network (ONVIF Core specification, 8); its users are in `users`."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

from simulators.onvif import users
from simulators.onvif.access import Access
from simulators.onvif.estate import Host
from simulators.onvif.service import SECOND_NS, Call, Service, wrong
from simulators.onvif.soap import Fault, Xml, many, tag

PATH = "/onvif/device_service"
_SCOPE = "onvif://www.onvif.org/"
_PROFILES = {"S": "Streaming", "T": "T", "G": "G"}


def endpoint(host: Host) -> str:
    """The device's endpoint reference, the same for ever (WS-Discovery 1.0, 2.6)."""
    return f"urn:uuid:{uuid5(NAMESPACE_URL, f'onvif:{host.serial}:{host.mac}')}"


def scopes(host: Host) -> list[str]:
    """What the device says of itself when it is found (Core specification, 7.3.2.2)."""
    plate = host.equipment
    found = ["type/video_encoder", "type/Network_Video_Transmitter"] + ["type/ptz"] * plate.ptz
    found += [f"Profile/{_PROFILES[profile]}" for profile in plate.profiles]
    found += [f"hardware/{_url(plate.product)}", f"name/{_url(plate.manufacturer)}", "location/country/vietnam"]
    return [_SCOPE + scope for scope in found]


def _url(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9._~-]", "%20", text)


def _date_and_time(ns: int, name: str) -> Xml:
    at = datetime.fromtimestamp(ns // SECOND_NS, UTC)
    time = tag("tt:Time", tag("tt:Hour", at.hour), tag("tt:Minute", at.minute), tag("tt:Second", at.second))
    date = tag("tt:Date", tag("tt:Year", at.year), tag("tt:Month", at.month), tag("tt:Day", at.day))
    return tag(name, time, date)


def _get_system_date_and_time(call: Call) -> Xml:
    now_ns = call.host.clock_ns()
    return tag(
        "tds:SystemDateAndTime",
        tag("tt:DateTimeType", "NTP" if call.host.state.ntp else "Manual"),
        tag("tt:DaylightSavings", False),
        tag("tt:TimeZone", tag("tt:TZ", "ICT-7")),
        _date_and_time(now_ns, "tt:UTCDateTime"),
        _date_and_time(now_ns + 7 * 3600 * SECOND_NS, "tt:LocalDateTime"),
    )


def _set_system_date_and_time(call: Call) -> Xml:
    if call.text("DateTimeType") == "NTP":
        call.host.set_clock(call.now_ns)
        return Xml("")
    names = ("Date/Year", "Date/Month", "Date/Day", "Time/Hour", "Time/Minute", "Time/Second")
    try:
        parts = [int(call.text(f"UTCDateTime/{name}")) for name in names]
        at = datetime(parts[0], parts[1], parts[2], parts[3], parts[4], min(parts[5], 59), tzinfo=UTC)
    except (ValueError, OverflowError):
        raise wrong("InvalidDateTime", "this is no date and time") from None
    call.host.set_clock(int(at.timestamp()) * SECOND_NS)
    return Xml("")


def _get_device_information(call: Call) -> Xml:
    plate = call.host.equipment
    return many(
        (
            tag("tds:Manufacturer", plate.manufacturer),
            tag("tds:Model", plate.product),
            tag("tds:FirmwareVersion", plate.firmware),
            tag("tds:SerialNumber", call.host.serial),
            tag("tds:HardwareId", plate.hardware),
        )
    )


def _get_services(call: Call) -> Xml:
    detailed = call.text("IncludeCapability") in ("true", "1")
    return many(
        tag(
            "tds:Service",
            tag("tds:Namespace", service.namespace),
            tag("tds:XAddr", call.address(service.path)),
            tag("tds:Capabilities", service.capabilities(call)) if detailed else Xml(""),
            tag("tds:Version", tag("tt:Major", service.version[0]), tag("tt:Minor", service.version[1])),
        )
        for service in call.services
    )


def _get_capabilities(call: Call) -> Xml:
    wanted = {element.text for element in call.all("Category")} or {"All"}
    offered = {service.name: call.address(service.path) for service in call.services}
    makers = {"Device": _device_capabilities, "Events": _events_capabilities, "Media": _media_capabilities}
    parts = [
        makers[name](offered[name.lower()]) for name in makers if name.lower() in offered and wanted & {"All", name}
    ]
    if "ptz" in offered and wanted & {"All", "PTZ"}:
        parts.append(tag("tt:PTZ", tag("tt:XAddr", offered["ptz"])))
    if not parts:
        raise Fault("Receiver", "ActionNotSupported", "NoSuchService", reason="no such service")
    if "All" in wanted and "recording" in offered:
        parts.append(_extension(offered))
    return tag("tds:Capabilities", *parts)


def _extension(offered: dict[str, str]) -> Xml:
    recording = tag(
        "tt:Recording",
        tag("tt:XAddr", offered["recording"]),
        *(
            tag(f"tt:{name}", False)
            for name in ("ReceiverSource", "MediaProfileSource", "DynamicRecordings", "DynamicTracks")
        ),
        tag("tt:MaxStringLength", 64),
    )
    search = tag("tt:Search", tag("tt:XAddr", offered["search"]), tag("tt:MetadataSearch", False))
    return tag("tt:Extension", recording, search)


def _device_capabilities(address: str) -> Xml:
    network = ("IPFilter", "ZeroConfiguration", "IPVersion6", "DynDNS")
    system = ("DiscoveryResolve", "DiscoveryBye", "RemoteDiscovery", "SystemBackup", "SystemLogging", "FirmwareUpgrade")
    security = (
        *("TLS1.1", "TLS1.2", "OnboardKeyGeneration", "AccessPolicyConfig"),
        *("X.509Token", "SAMLToken", "KerberosToken", "RELToken"),
    )
    version = tag("tt:SupportedVersions", tag("tt:Major", 2), tag("tt:Minor", 60))
    return tag(
        "tt:Device",
        tag("tt:XAddr", address),
        tag("tt:Network", *(tag(f"tt:{name}", False) for name in network)),
        tag("tt:System", *(tag(f"tt:{name}", name == "DiscoveryResolve") for name in system), version),
        tag("tt:IO", tag("tt:InputConnectors", 0), tag("tt:RelayOutputs", 0)),
        tag("tt:Security", *(tag(f"tt:{name}", False) for name in security)),
    )


def _events_capabilities(address: str) -> Xml:
    return tag(
        "tt:Events",
        tag("tt:XAddr", address),
        tag("tt:WSSubscriptionPolicySupport", False),
        tag("tt:WSPullPointSupport", True),
        tag("tt:WSPausableSubscriptionManagerInterfaceSupport", False),
    )


def _media_capabilities(address: str) -> Xml:
    streaming = (("RTPMulticast", False), ("RTP_TCP", True), ("RTP_RTSP_TCP", True))
    return tag(
        "tt:Media",
        tag("tt:XAddr", address),
        tag("tt:StreamingCapabilities", *(tag(f"tt:{name}", value) for name, value in streaming)),
    )


def _get_scopes(call: Call) -> Xml:
    return many(
        tag("tds:Scopes", tag("tt:ScopeDef", "Fixed"), tag("tt:ScopeItem", scope)) for scope in scopes(call.host)
    )


def hostname(host: Host) -> str:
    """The device's name in the network."""
    return host.state.hostname or f"{host.equipment.manufacturer.split()[0]}-{host.mac.replace(':', '')[-6:]}"


def _get_hostname(call: Call) -> Xml:
    return tag("tds:HostnameInformation", tag("tt:FromDHCP", False), tag("tt:Name", hostname(call.host)))


def _set_hostname(call: Call) -> Xml:
    name = call.text("Name")
    if not re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?", name):
        raise wrong("InvalidHostname", f"{name[:40]!r} cannot be a host name")
    call.host.state.hostname = name
    return Xml("")


def _get_network_interfaces(call: Call) -> Xml:
    info = tag("tt:Info", tag("tt:Name", "eth0"), tag("tt:HwAddress", call.host.mac), tag("tt:MTU", 1500))
    manual = tag("tt:Manual", tag("tt:Address", call.host.address), tag("tt:PrefixLength", 15))
    ipv4 = tag("tt:IPv4", tag("tt:Enabled", True), tag("tt:Config", manual, tag("tt:DHCP", False)))
    return tag("tds:NetworkInterfaces", tag("tt:Enabled", True), info, ipv4, token="eth0")  # noqa: S106 — ONVIF calls names tokens


def _get_network_protocols(call: Call) -> Xml:
    served = (("HTTP", call.estate.http_port), ("RTSP", call.estate.rtsp_port))
    return many(
        tag("tds:NetworkProtocols", tag("tt:Name", name), tag("tt:Enabled", True), tag("tt:Port", port))
        for name, port in served
    )


def _get_network_default_gateway(_call: Call) -> Xml:
    return tag("tds:NetworkGateway")


def _get_dns(_call: Call) -> Xml:
    return tag("tds:DNSInformation", tag("tt:FromDHCP", False))


def _get_ntp(call: Call) -> Xml:
    servers = (
        tag("tt:NTPManual", tag("tt:Type", "DNS"), tag("tt:DNSname", name))
        if re.search("[A-Za-z]", name)
        else tag("tt:NTPManual", tag("tt:Type", "IPv4"), tag("tt:IPv4Address", name))
        for name in call.host.state.ntp
    )
    return tag("tds:NTPInformation", tag("tt:FromDHCP", False), *servers)


def _set_ntp(call: Call) -> Xml:
    given = [
        server.findtext("{*}DNSname") or server.findtext("{*}IPv4Address") or "" for server in call.all("NTPManual")
    ]
    if len(given) > 4 or not all(re.fullmatch(r"[A-Za-z0-9.-]{1,253}", name) for name in given):
        raise wrong("InvalidDnsName", "no name or address of a server")
    call.host.state.ntp = tuple(given)
    return Xml("")


def _system_reboot(call: Call) -> Xml:
    call.host.reboot()
    return tag("tds:Message", f"Rebooting, back in {call.host.equipment.boot:.0f} seconds")


def _get_discovery_mode(call: Call) -> Xml:
    return tag("tds:DiscoveryMode", "Discoverable" if call.host.equipment.discovery else "NonDiscoverable")


def _capabilities(_call: Call) -> Xml:
    network = {"IPFilter": False, "NTP": 4, "IPVersion6": False, "DHCPv6": False}
    security = {"TLS1.2": False, "HttpDigest": True, "UsernameToken": True, "MaxUsers": users.MOST}
    system = {"DiscoveryResolve": True, "DiscoveryBye": False, "SystemLogging": False, "FirmwareUpgrade": False}
    return tag(
        "tds:Capabilities",
        tag("tds:Network", **network),
        tag("tds:Security", **security),
        tag("tds:System", **system),
    )


SERVICE = Service(
    "device",
    "tds",
    PATH,
    (2, 60),
    _capabilities,
    {
        "GetServices": (Access.PRE_AUTH, _get_services),
        "GetCapabilities": (Access.PRE_AUTH, _get_capabilities),
        "GetSystemDateAndTime": (Access.PRE_AUTH, _get_system_date_and_time),
        "GetHostname": (Access.PRE_AUTH, _get_hostname),
        "GetEndpointReference": (Access.PRE_AUTH, lambda call: tag("tds:GUID", endpoint(call.host))),
        "GetDeviceInformation": (Access.READ_SYSTEM, _get_device_information),
        "GetScopes": (Access.READ_SYSTEM, _get_scopes),
        "GetDiscoveryMode": (Access.READ_SYSTEM, _get_discovery_mode),
        "GetNetworkInterfaces": (Access.READ_SYSTEM, _get_network_interfaces),
        "GetNetworkProtocols": (Access.READ_SYSTEM, _get_network_protocols),
        "GetNetworkDefaultGateway": (Access.READ_SYSTEM, _get_network_default_gateway),
        "GetDNS": (Access.READ_SYSTEM, _get_dns),
        "GetNTP": (Access.READ_SYSTEM, _get_ntp),
        "SetSystemDateAndTime": (Access.WRITE_SYSTEM, _set_system_date_and_time),
        "SetHostname": (Access.WRITE_SYSTEM, _set_hostname),
        "SetNTP": (Access.WRITE_SYSTEM, _set_ntp),
        "SystemReboot": (Access.UNRECOVERABLE, _system_reboot),
        **users.OPERATIONS,
    },
)
"""As it is dispatched."""
