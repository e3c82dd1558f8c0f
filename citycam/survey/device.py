"""What a device says of itself over ONVIF: its plate, network, scopes, and where its streams are."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

from citycam.inventory.network import Credentials
from citycam.inventory.survey import reading
from citycam.inventory.survey.accounts import Attempts
from citycam.inventory.survey.reading import cleaned, put
from citycam.inventory.survey.services import Service
from citycam.inventory.survey.visit import Facts, Probe, Stream
from citycam.survey.dial import Dialler
from citycam.survey.notebook import BROKEN, Notebook, why
from citycam.survey.onvif import Onvif, Unauthorized
from citycam.wire import onvif
from citycam.wire.soap import Fault, SoapSyntaxError

logger = logging.getLogger(__name__)

MOST_CHANNELS = 64


@dataclass(frozen=True)
class Door:
    """The port of a device service, and how far the device's clock is ahead."""

    port: int
    ahead: timedelta


async def ask_time(dialler: Dialler, notes: Notebook, service: Service) -> Door | None:
    """GetSystemDateAndTime, which needs no credentials: whoever answers it knows ONVIF.

    Raises:
        OSError, TimeoutError, HttpSyntaxError: nobody answers, or not in HTTP.
    """
    async with Onvif(dialler, notes.address, service.port) as client:
        asked = datetime.now(UTC)
        try:
            root = await client.call(onvif.DEVICE_PATH, onvif.GET_SYSTEM_DATE_AND_TIME)
        except SoapSyntaxError:
            notes.answered(service, speaks=True, says=client.server)
            return None
        except (Fault, Unauthorized):
            notes.answered(service, speaks=True, says=client.server)
            return Door(service.port, timedelta())
        notes.answered(service, speaks=True, says=client.server)
        told = onvif.system_time(root)
        error_s = reading.clock_error(told, asked, datetime.now(UTC)) if told is not None else None
        put(notes.facts, Probe.ONVIF, clock_error_s=error_s)
        return Door(service.port, timedelta(seconds=error_s or 0.0))


async def ask_device(dialler: Dialler, notes: Notebook, attempts: Attempts, door: Door) -> None:
    """Everything else; what goes wrong is noted."""
    async with Onvif(dialler, notes.address, door.port) as client:
        client.ahead = door.ahead
        try:
            await _Inquiry(client, notes, attempts).run()
        except Unauthorized:
            notes.note("ONVIF: no account was let in" if notes.given else "ONVIF: it wants an account")
        except (*BROKEN, Fault) as error:
            notes.note(f"ONVIF: {why(error)}")


class _Inquiry:
    def __init__(self, client: Onvif, notes: Notebook, attempts: Attempts) -> None:
        self._client = client
        self._notes = notes
        self._attempts = attempts
        self._account: Credentials | None = None

    async def run(self) -> None:
        """Ask.

        Raises:
            Unauthorized: no account was let in.
            OSError, TimeoutError, HttpSyntaxError, SoapSyntaxError: the talk breaks off.
        """
        facts = self._notes.facts
        offered = await self._services()
        self._account = await self._login()
        if (root := await self._ask(onvif.GET_NETWORK_INTERFACES)) is not None:
            put(facts, Probe.ONVIF, mac=reading.mac_of(onvif.hardware_addresses(root)))
        if (root := await self._ask(onvif.GET_SCOPES)) is not None:
            put(facts, Probe.ONVIF, onvif_profiles=list(onvif.profiles_of(onvif.scopes(root))))
        if "onvif_endpoint" not in facts and (root := await self._ask(onvif.GET_ENDPOINT_REFERENCE)) is not None:
            put(facts, Probe.ONVIF, onvif_endpoint=reading.endpoint_of(onvif.endpoint_reference(root)))
        await self._streams(offered)

    async def _ask(self, body: str, target: str = onvif.DEVICE_PATH) -> Element | None:
        """An answer; None for what the device cannot do, or what this account may not know."""
        try:
            return await self._client.call(target, body, self._account, sure=True)
        except (Fault, Unauthorized) as error:
            logger.debug("%s: %s", self._notes.address, error)
            return None

    async def _services(self) -> dict[str, str]:
        """Paths of the services at this device, by namespace; what is elsewhere is left alone."""
        try:
            found = onvif.services(await self._client.call(onvif.DEVICE_PATH, onvif.GET_SERVICES))
        except (Fault, Unauthorized):
            found = onvif.capabilities(await self._client.call(onvif.DEVICE_PATH, onvif.GET_CAPABILITIES))
        paths = {}
        for namespace, told in found.items():
            try:
                link = urlsplit(told)
                here = link.hostname == str(self._notes.address) and link.path.startswith("/")
            except ValueError:
                here = False
            if here:
                paths[namespace] = link.path
            else:
                self._notes.note(f"ONVIF: it names a service elsewhere: {cleaned(told)}")
        return paths

    async def _login(self) -> Credentials | None:
        """GetDeviceInformation; the account that it took, None for a device that needs none.

        Raises:
            Unauthorized: no account was let in.
        """
        notes, attempts = self._notes, self._attempts
        known = attempts.known(notes.address)
        accounts: list[Credentials | None] = list(attempts.candidates(notes.address, notes.given))
        asks_nobody = "auth" in notes.facts and notes.facts["auth"].value == ["none"]
        for account in [None, *accounts] if asks_nobody or not accounts else accounts:
            sure = account is not None and account == known
            try:
                root = await self._client.call(onvif.DEVICE_PATH, onvif.GET_DEVICE_INFORMATION, account, sure=sure)
            except Unauthorized:
                if account is not None:
                    attempts.refused(notes.address, account)
                continue
            if account is not None:
                attempts.accepted(notes.address, account)
            notes.facts.update(reading.plate_facts(onvif.plate(root)))
            return account
        raise Unauthorized

    async def _streams(self, offered: dict[str, str]) -> None:
        """The stream of each channel: its largest, unless the inventory names another of its streams."""
        newer = onvif.MEDIA2 in offered
        target = offered.get(onvif.MEDIA2 if newer else onvif.MEDIA)
        if not target:
            return
        root = await self._ask(onvif.GET_PROFILES_2 if newer else onvif.GET_PROFILES, target)
        if root is None:
            return
        offers = onvif.media_profiles(root)
        mains = onvif.main_profiles(offers)[:MOST_CHANNELS]
        question = onvif.get_stream_uri_2 if newer else onvif.get_stream_uri
        places = {profile: await self._place(target, question(profile.token)) for profile in mains}
        wanted = {record.path.rstrip("/") for record in self._notes.records if record.path}
        for channel, main in enumerate(mains, 1):
            chosen = main
            if wanted and places[main][1].rstrip("/") not in wanted:
                for other in [one for one in offers if one.source == main.source and one != main]:
                    places[other] = await self._place(target, question(other.token))
                    if places[other][1].rstrip("/") in wanted:
                        chosen = other
                        break
            port, path = places[chosen]
            if path:
                self._notes.streams.append(Stream(port=port, path=path, channel=channel, facts=_declared(chosen)))
                self._notes.groups[channel] = chosen.group

    async def _place(self, target: str, question: str) -> tuple[int, str]:
        """Port and path of a stream; an empty path if it has none here."""
        root = await self._ask(question, target)
        if root is None:
            return 0, ""
        port, path, odd = reading.stream_place(onvif.stream_uri(root), self._notes.address, 554)
        self._notes.note(odd)
        return port, path


def _declared(profile: onvif.MediaProfile) -> Facts:
    """What the device promises; what comes takes its place."""
    facts: Facts = {}
    values = {"codec": profile.codec, "width": profile.width, "height": profile.height}
    values |= {"fps": profile.fps, "bitrate": profile.bitrate}
    put(facts, Probe.ONVIF, **{name: value or None for name, value in values.items()})
    return facts
