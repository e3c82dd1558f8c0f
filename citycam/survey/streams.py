"""The streams of a device: where they are, and what really comes, two at a time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from citycam.inventory.survey import reading
from citycam.inventory.survey.accounts import Attempts
from citycam.inventory.survey.makers import makers
from citycam.inventory.survey.reading import cleaned, put
from citycam.inventory.survey.visit import Facts, Probe, Stream
from citycam.survey.device import MOST_CHANNELS
from citycam.survey.dial import MOST_AT_ONCE, Dialler
from citycam.survey.notebook import BROKEN, Notebook, why
from citycam.survey.rtsp import StreamRefused, Talk
from citycam.wire import sdp

_NOT_THERE = "DESCRIBE is answered 404"
MANY = 8
"""Streams of one device from which on each is measured half as long: they wait for each other."""
SHORTEST_S = 1.0


@dataclass
class Streams:
    """Of one device.

    Args:
        port: at which somebody spoke RTSP, 0 if none.
        seconds: how long each is measured at least.
    """

    dialler: Dialler
    attempts: Attempts
    notes: Notebook
    port: int
    seconds: float

    async def measure_all(self) -> None:
        """Measure those that ONVIF or the inventory names, or that are found; why there are none is noted."""
        notes = self.notes
        self._add_declared()
        if not notes.streams and self.port:
            await self._search()
        if not notes.streams:
            notes.note("no stream is known" if self.port else "")
            return
        left = iter(range(len(notes.streams)))
        seconds = self.seconds if len(notes.streams) < MANY else max(SHORTEST_S, self.seconds / 2)

        async def work() -> None:
            for place in left:
                await self._measure(place, seconds)

        async with asyncio.TaskGroup() as group:
            for _ in range(MOST_AT_ONCE):
                group.create_task(work())
        there = [stream for stream in notes.streams if not stream.trouble.startswith(_NOT_THERE)]
        notes.streams = self._one_a_channel(there or notes.streams)

    def _one_a_channel(self, streams: list[Stream]) -> list[Stream]:
        """A camera whose stream has two paths is one camera: the path that the inventory names stands, if it plays."""
        wanted = {record.path.rstrip("/") for record in self.notes.records if record.path}
        declared = [stream for stream in streams if stream.path.rstrip("/") in wanted and not stream.trouble]
        others = {stream.channel for stream in streams if stream.path.rstrip("/") not in wanted}
        return declared if declared and others <= {None, 1} else streams

    def _add_declared(self) -> None:
        known = {(stream.port, stream.path.rstrip("/")) for stream in self.notes.streams}
        for record in self.notes.records:
            port = record.port or self.port
            if record.path and port and (port, record.path.rstrip("/")) not in known:
                channel = record.recorder.channel if record.recorder else None
                self.notes.streams.append(Stream(port=port, path=record.path, channel=channel))

    async def _search(self) -> None:
        """Look where streams usually are; a path that is not there costs nobody an account."""
        notes = self.notes
        if self.attempts.known(notes.address) is None and "auth" not in notes.facts:
            return
        try:
            async with self.dialler.connect(notes.address, self.port) as line:
                talk = Talk(line)
                for template in makers().paths(makers().of(notes.texts)):
                    if not await self._count_channels(talk, template) or notes.streams:
                        return
        except BROKEN as error:
            notes.note(f"RTSP: {why(error)}")

    async def _count_channels(self, talk: Talk, template: str) -> bool:
        """Whether the account still stands; channels are counted until one is not there."""
        notes = self.notes
        numbered = "{channel}" in template
        for channel in range(1, (MOST_CHANNELS if numbered else 1) + 1):
            path = template.replace("{channel}", str(channel))
            url = f"rtsp://{notes.address}:{self.port}{path}"
            response = await talk.describe(url, notes.address, notes.given, self.attempts)
            if response.status == 401:
                return False
            if response.status != 200:
                break
            notes.streams.append(Stream(port=self.port, path=path, channel=channel if numbered else None))
        return True

    async def _measure(self, place: int, seconds: float) -> None:
        notes = self.notes
        stream = notes.streams[place]
        facts: Facts = dict(stream.facts)
        about: dict[str, Any] = {}
        try:
            async with self.dialler.connect(notes.address, stream.port) as line:
                talk = Talk(line)
                url = f"rtsp://{notes.address}:{stream.port}{stream.path}"
                response = await talk.describe(url, notes.address, notes.given, self.attempts)
                if response.status != 200:
                    raise StreamRefused(f"DESCRIBE is answered {response.status} {cleaned(response.reason)}".rstrip())
                facts |= reading.description_facts(sdp.parse(response.body.decode("utf-8", "replace")))
                heard = await talk.listen(response, url, seconds, notes.groups.get(stream.channel or 0, 0))
            measured = heard.measured
            facts |= reading.stream_facts(measured)
            about = {"packets": measured.packets, "lost": measured.lost, "seconds": measured.seconds}
            about["trouble"] = "" if measured.frames else "no picture came"
            if heard.ahead_s is not None and "clock_error_s" not in notes.facts:
                put(notes.facts, Probe.RTCP, clock_error_s=reading.plausible_error(heard.ahead_s))
        except (*BROKEN, StreamRefused) as error:
            about["trouble"] = why(error)
        notes.streams[place] = stream.model_copy(update={"facts": facts, **about})
