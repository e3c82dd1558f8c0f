"""The cameras of a visit: a device is one, a recorder has one for each channel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from citycam.inventory.identity import Face, face
from citycam.inventory.row import Facts as Plain
from citycam.inventory.survey.visit import Fact, Facts, Probe, Stream, Visit

_OF_A_DEVICE = frozenset("serial mac onvif_endpoint model".split())
"""Facts of a recorder that are not its channels'."""


@dataclass(frozen=True)
class Found:
    """One camera as a survey saw it. `stream` is None where none is known."""

    visit: Visit
    stream: Stream | None

    @cached_property
    def facts(self) -> Facts:
        """Everything that was learnt of it, with the probes."""
        visit, stream = self.visit, self.stream
        facts = dict(visit.facts)
        if stream is not None:
            facts |= stream.facts
            facts["port"] = Fact(value=stream.port, probe=Probe.RTSP)
            facts["path"] = Fact(value=stream.path, probe=Probe.RTSP)
        facts["address"] = Fact(value=str(visit.address), probe=Probe.RTSP)
        if visit.recorder and stream is not None:
            serial = visit.value("serial")
            facts = {name: fact for name, fact in facts.items() if name not in _OF_A_DEVICE}
            if serial and stream.channel:
                facts["recorder"] = Fact(value={"serial": serial, "channel": stream.channel}, probe=Probe.ONVIF)
        return facts

    @cached_property
    def plain(self) -> Plain:
        """The facts as `CameraRecord` has them in JSON."""
        return {name: fact.value for name, fact in self.facts.items()}

    @cached_property
    def face(self) -> Face:
        """Who it is."""
        return face(self.plain)

    @property
    def measured(self) -> bool:
        """Whether its stream was received."""
        return self.stream is not None and not self.stream.trouble


def found_in(visit: Visit) -> Iterator[Found]:
    """The cameras of a visit; none where nothing is."""
    if not visit.present:
        return
    if visit.streams:
        for stream in visit.streams:
            yield Found(visit, stream)
    else:
        yield Found(visit, None)
