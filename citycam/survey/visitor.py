"""A visit to one address: what is asked, and in which order.

First RTSP and the web port, side by side and without credentials but for one login; then ONVIF beside the other ports;
then the streams. So a device never has more than two connections, and a wrong account is tried once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import IPv4Address

from citycam.inventory.record import CameraRecord
from citycam.inventory.survey import reading
from citycam.inventory.survey.accounts import Accounts, Attempts
from citycam.inventory.survey.certificate import read_certificate
from citycam.inventory.survey.makers import makers
from citycam.inventory.survey.reading import cleaned, put
from citycam.inventory.survey.services import Service, ServiceKind, Services
from citycam.inventory.survey.visit import Probe, Visit
from citycam.survey.device import Door, ask_device, ask_time
from citycam.survey.dial import Dialler
from citycam.survey.discovery import Discovery
from citycam.survey.notebook import Notebook
from citycam.survey.rtsp import Talk
from citycam.survey.streams import Streams
from citycam.wire import onvif, sdp
from citycam.wire.rtsp import Response
from citycam.wire.sdp import SdpSyntaxError

BANNER_S = 1.0
"""How long a port is listened to that need not say anything."""


@dataclass
class Visitor:
    """Visits devices.

    Args:
        seconds: how long each stream is measured at least.
    """

    dialler: Dialler
    services: Services
    accounts: Accounts
    attempts: Attempts
    discovery: Discovery | None
    seconds: float

    async def visit(self, address: IPv4Address, records: Sequence[CameraRecord] = ()) -> Visit:
        """Everything about one address; `records` are the cameras that an inventory has there.

        Raises:
            PolicyViolation: it is in no declared network; nothing was sent.
        """
        self.dialler.check(address)
        services = self.services.beside(record.port for record in records if record.port)
        notes = Notebook(address, self.accounts.of(address), records)
        async with asyncio.TaskGroup() as group:
            for service in services.of(ServiceKind.DISCOVERY) if self.discovery else ():
                group.create_task(self._discover(notes, service))
            rtsp = group.create_task(self._greet_all(notes, services.of(ServiceKind.RTSP)))
            web = group.create_task(self._look_for_onvif(notes, services.of(ServiceKind.HTTP)))
        if notes.alive or records:
            door = web.result()
            async with asyncio.TaskGroup() as group:
                group.create_task(self._look_at_others(notes, services))
                if door is not None:
                    group.create_task(ask_device(self.dialler, notes, self.attempts, door))
            await Streams(self.dialler, self.attempts, notes, rtsp.result(), self.seconds).measure_all()
        return self._told(notes)

    def _told(self, notes: Notebook) -> Visit:
        if "vendor" not in notes.facts:
            put(notes.facts, Probe.BANNER, vendor=makers().of(notes.texts))
        if "onvif_profiles" not in notes.facts:
            put(notes.facts, Probe.DISCOVERY, onvif_profiles=list(onvif.profiles_of(notes.scopes)))
        if any(one.kind is ServiceKind.RTSPS and one.speaks for one in notes.ports):
            put(notes.facts, Probe.TLS, protection=["rtsps"])
        known = self.attempts.known(notes.address)
        return Visit(
            address=notes.address,
            began=notes.began,
            ended=datetime.now(UTC),
            ports=tuple(sorted(notes.ports, key=lambda one: one.port)),
            facts=notes.facts,
            streams=tuple(notes.streams),
            certificates=tuple(notes.certificates),
            username=known.username if known else "",
            refused=self.attempts.refusals(notes.address),
            notes=tuple(notes.notes),
        )

    async def _discover(self, notes: Notebook, service: Service) -> None:
        assert self.discovery is not None
        await self.dialler.turn(notes.address)
        match = await self.discovery.ask(notes.address, service.port)
        if match is not None:
            notes.answered(service, speaks=True)
            notes.scopes = match.scopes
            put(notes.facts, Probe.DISCOVERY, onvif_endpoint=reading.endpoint_of(match.endpoint))

    async def _greet_all(self, notes: Notebook, services: Sequence[Service]) -> int:
        """The first port at which somebody speaks RTSP, 0 if none."""
        spoke: list[int] = []
        for service in services:
            await notes.knock(service, self._greet(notes, service, spoke))
        return spoke[0] if spoke else 0

    async def _greet(self, notes: Notebook, service: Service, spoke: list[int]) -> None:
        async with self.dialler.connect(notes.address, service.port) as line:
            talk = Talk(line)
            root = f"rtsp://{notes.address}:{service.port}"
            try:
                response = await talk.ask("OPTIONS", f"{root}/")
            except TimeoutError:
                notes.answered(service, speaks=False)
                return
            server = cleaned(response.headers.get("Server") or "")
            notes.answered(service, speaks=True, says=server)
            spoke.append(service.port)
            if len(spoke) > 1:
                return
            paths = [one.path for one in notes.records if one.path and one.port in (service.port, None)]
            response = await talk.describe(
                root + (paths[0] if paths else "/"), notes.address, notes.given, self.attempts
            )
            self._read_manners(notes, talk, response)
            notes.texts += [server, *(one.realm for one in talk.challenges), _title(response)]

    def _read_manners(self, notes: Notebook, talk: Talk, response: Response) -> None:
        """How it asks for credentials, and what it made of ours."""
        kinds = reading.auth_kinds(talk.challenges)
        if not kinds and response.status == 200:
            kinds = ["none"]
        put(notes.facts, Probe.RTSP, auth=kinds)
        if response.status == 401:
            notes.note("RTSP: no account was let in" if notes.given else "RTSP: it wants an account")
        elif 300 <= response.status < 400:
            notes.note(f"RTSP: it sends its callers elsewhere: {cleaned(response.headers.get('Location') or '')}")

    async def _look_for_onvif(self, notes: Notebook, services: Sequence[Service]) -> Door | None:
        found: list[Door] = []

        async def look(service: Service) -> None:
            door = await ask_time(self.dialler, notes, service)
            if door is not None:
                found.append(door)

        for service in services:
            await notes.knock(service, look(service))
        return found[0] if found else None

    async def _look_at_others(self, notes: Notebook, services: Services) -> None:
        for service in services.of(ServiceKind.RTSPS, ServiceKind.HTTPS):
            await notes.knock(service, self._look_at_tls(notes, service))
        for service in services.of(ServiceKind.TELNET, ServiceKind.OPEN):
            await notes.knock(service, self._look_at_open(notes, service))

    async def _look_at_tls(self, notes: Notebook, service: Service) -> None:
        async with self.dialler.connect(notes.address, service.port, tls=True) as line:
            session = line.tls
            der = session.getpeercert(binary_form=True) if session is not None else None
            version = (session.version() if session is not None else None) or ""
            says = ""
            if service.kind is ServiceKind.RTSPS:
                response = await Talk(line).ask("OPTIONS", f"rtsps://{notes.address}:{service.port}/")
                says = response.headers.get("Server") or ""
            notes.answered(service, speaks=True, says=says)
            certificate = read_certificate(der, service.port, version) if der else None
            if certificate is not None:
                notes.certificates.append(certificate)

    async def _look_at_open(self, notes: Notebook, service: Service) -> None:
        """What a port says by itself; one that closes at once is not open."""
        async with self.dialler.connect(notes.address, service.port) as line:
            try:
                said = await line.read(BANNER_S)
            except TimeoutError:
                notes.answered(service, speaks=False)
                return
            if said:
                notes.answered(service, speaks=True, says=said.decode("latin-1"))


def _title(response: Response) -> str:
    """The name of the session, which some makers use for their own."""
    if response.status != 200:
        return ""
    try:
        return cleaned(sdp.parse(response.body.decode("utf-8", "replace")).name)
    except SdpSyntaxError:
        return ""
