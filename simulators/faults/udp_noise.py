"""udp-noise: the network loses, doubles or reorders packets; over TCP nothing happens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from simulators.faults.fault import Fault, Moment, chance, share

_WAYS = ("lose", "double", "reorder")


@dataclass(frozen=True, kw_only=True)
class UdpNoise(Fault):
    """Probabilities for each packet: to be lost, sent twice, or sent after the next one of its frame."""

    kind: ClassVar[str] = "udp-noise"

    lose: float = 0.0
    double: float = 0.0
    reorder: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.lose and not self.double and not self.reorder:
            raise ValueError("say how often to lose, double or reorder")
        for name in _WAYS:
            if getattr(self, name):
                share(name, getattr(self, name))

    def mangles(self, packets: list[bytes], moment: Moment) -> list[bytes]:
        """See `Fault`."""
        found: list[bytes] = []
        held: list[bytes] = []
        for place, packet in enumerate(packets):
            roll = {name: chance(self.seed, name, moment.camera, moment.frame, place) for name in _WAYS}
            if roll["lose"] < self.lose:
                continue
            if roll["reorder"] < self.reorder and place + 1 < len(packets):
                held.append(packet)
                continue
            found += [packet, *[packet] * (roll["double"] < self.double), *held]
            held.clear()
        return found + held
