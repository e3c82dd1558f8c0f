"""What a device answers to an HTTP request: SOAP calls, snapshots, and what a canary has to say. No sockets here."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from simulators import canaries
from simulators.onvif import device, events, media, media2, ptz, recordings, soap
from simulators.onvif.access import Access, Unauthorized, http_level, level_of, not_authorized
from simulators.onvif.access import challenges as challenges_of
from simulators.onvif.equipment import Equipment
from simulators.onvif.estate import Estate, Host
from simulators.onvif.http import Request, Response
from simulators.onvif.service import Call, Later, Service, not_supported
from simulators.onvif.soap import KIND, Fault, Message, Xml, tag
from simulators.onvif.streams import snapshot_path

logger = logging.getLogger(__name__)

_WSA = f"{{{soap.NAMESPACES['wsa']}}}"


@dataclass(frozen=True, slots=True)
class Pending:
    """An answer that is not due before `at_ns`, true time; then ask for it."""

    at_ns: int
    then: Callable[[], Response | Pending]


@lru_cache(maxsize=64)
def offered(plate: Equipment) -> tuple[Service, ...]:
    """The services of a model, as GetServices lists them."""
    found = [device.SERVICE]
    found += [media.SERVICE] * ("S" in plate.profiles)
    found += [media2.SERVICE] * ("T" in plate.profiles)
    found += [events.SERVICE] * plate.events
    found += [ptz.SERVICE] * plate.ptz
    found += [recordings.RECORDING, recordings.SEARCH] * ("G" in plate.profiles)
    return tuple(found)


def answer(estate: Estate, host: Host, request: Request) -> Response | Pending:
    """What the device answers; never raises, nor does what is pending."""
    return _guarded(host, request, lambda: _route(estate, host, request))


def _guarded(host: Host, request: Request, make: Callable[[], Response | Pending]) -> Response | Pending:
    try:
        found = make()
    except Unauthorized as error:
        return _challenge(error)
    except Exception:
        logger.exception("%s %s at %s failed", request.method, request.path, host.address)
        return Response(500)
    if isinstance(found, Pending):
        return Pending(found.at_ns, lambda: _guarded(host, request, found.then))
    return found


def _route(estate: Estate, host: Host, request: Request) -> Response | Pending:
    flaws = canaries.of(host)
    for canary in flaws:
        if (found := canary.answer(host, request)) is not None:
            return found
    if flaws and request.path == canaries.PLACE and http_level(host, request) is None:
        raise Unauthorized(challenges_of(host))
    if request.path.startswith("/onvif/"):
        if request.method != "POST":
            return Response(405, headers=(("Allow", "POST"),))
        return _soap(estate, host, request)
    template = host.equipment.snapshot
    for channel in host.channels():
        if request.target == snapshot_path(template, channel.number):
            return _snapshot(host, request, channel.number)
    return Response(404)


def _snapshot(host: Host, request: Request, channel: int) -> Response:
    if request.method not in ("GET", "HEAD"):
        return Response(405, headers=(("Allow", "GET, HEAD"),))
    if not Access.READ_MEDIA.open_to(http_level(host, request)):
        raise Unauthorized(challenges_of(host))
    picture = host.snapshot(channel)
    if picture is None:
        return Response(503, headers=(("Retry-After", "1"),))
    return Response(200, picture, "image/jpeg", (("Cache-Control", "no-store"),))


def _challenge(error: Unauthorized, body: bytes = b"") -> Response:
    headers = tuple(("WWW-Authenticate", challenge.header()) for challenge in error.challenges)
    return Response(401, body, KIND, headers)


def refused(request: Request, response: Response) -> bool:
    """Whether a request showed credentials that do not count here."""
    showed = "authorization" in request.headers or b"UsernameToken" in request.body
    return showed and (response.status == 401 or (response.status == 400 and b"ter:NotAuthorized" in response.body))


def _soap(estate: Estate, host: Host, request: Request) -> Response | Pending:
    try:
        message = soap.parse(request.body)
    except Fault as fault:
        return _faulty(fault)
    try:
        call, access, operation = _find(estate, host, request, message)
        if access is not Access.PRE_AUTH:
            level = level_of(host, request, message)
            if not access.open_to(level):
                raise not_authorized() if level is not None else Unauthorized(challenges_of(host))
        return _finish(host, message, lambda: operation(call))
    except Fault as fault:
        return _faulty(fault)
    except Unauthorized as error:
        return _challenge(error, soap.envelope(not_authorized().body()))


def _find(
    estate: Estate, host: Host, request: Request, message: Message
) -> tuple[Call, Access, Callable[[Call], Xml | Later]]:
    namespace, name = message.operation
    services = offered(host.equipment)
    hidden = (events.MANAGER,) if events.SERVICE in services else ()
    for service in (*services, *hidden):
        if service.namespace == namespace:
            access, operation = service.operation(name)
            return Call(estate, host, services, message.body, request.target), access, operation
    raise not_supported(name)


def _finish(host: Host, message: Message, operation: Callable[[], Xml | Later]) -> Response | Pending:
    """Put the result into its envelope, as soon as there is one."""
    try:
        found = operation()
    except Fault as fault:
        return _faulty(fault)
    if isinstance(found, Later):
        return Pending(found.at_ns, lambda: _finish(host, message, found.then))
    namespace, name = message.operation
    prefix = _prefix(namespace)
    return Response(200, soap.envelope(tag(f"{prefix}:{name}Response", found), _addressing(message)), KIND)


@lru_cache(maxsize=32)
def _prefix(namespace: str) -> str:
    return next(prefix for prefix, uri in soap.NAMESPACES.items() if uri == namespace)


def _addressing(message: Message) -> Xml | None:
    """Headers of an answer to a request that has them (WS-Addressing 1.0, 3.4)."""
    identity, action = message.block(f"{_WSA}MessageID"), message.block(f"{_WSA}Action")
    if identity is None or action is None:
        return None
    parts = (tag("wsa:Action", f"{(action.text or '').strip()}Response"), tag("wsa:RelatesTo", identity.text or ""))
    return Xml("".join(parts))


def _faulty(fault: Fault) -> Response:
    return Response(fault.status, soap.envelope(fault.body()), KIND)
