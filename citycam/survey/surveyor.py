"""Every address of a scope is visited, many at a time; what was found is kept at once, and an end comes in order."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import IPv4Address
from pathlib import Path

from citycam.inventory.record import CameraRecord
from citycam.inventory.survey.accounts import Accounts, Attempts
from citycam.inventory.survey.journal import Journal, Survey
from citycam.inventory.survey.match import expected
from citycam.inventory.survey.pace import Pace
from citycam.inventory.survey.scope import Scope
from citycam.inventory.survey.services import ServiceKind, Services
from citycam.inventory.survey.visit import Visit
from citycam.survey.dial import Dialler
from citycam.survey.discovery import Discovery
from citycam.survey.visitor import Visitor

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Manner:
    """How a survey goes: connections a second, devices at once, seconds to wait for an answer and to measure."""

    rate: float = 200.0
    devices: int = 200
    timeout: float = 3.0
    seconds: float = 2.0
    multicast: bool = False


@dataclass(frozen=True)
class Told:
    """What a survey came to."""

    survey: Survey
    opened: int
    """Connections that were opened in this run."""
    elsewhere: tuple[IPv4Address, ...]
    """Who answered by multicast from an address outside the scope, and was left alone."""


def itinerary(
    scope: Scope, records: Iterable[CameraRecord], seen: Sequence[IPv4Address] = ()
) -> list[tuple[IPv4Address, tuple[CameraRecord, ...]]]:
    """The addresses in the order of visits: devices with many cameras take longest and come first, then those that
    answered already, then those that an inventory knows, then all others."""
    by_address: dict[IPv4Address, list[CameraRecord]] = defaultdict(list)
    for record in expected(records):
        if record.address is not None and record.address in scope:
            by_address[record.address].append(record)
    answered = set(seen)
    ordered = sorted(scope.hosts(), key=lambda one: (-len(by_address.get(one, ())), one not in answered, int(one)))
    return [(one, tuple(by_address.get(one, ()))) for one in ordered]


async def survey(
    out: Path,
    scope: Scope,
    records: Sequence[CameraRecord],
    accounts: Accounts,
    services: Services,
    manner: Manner,
    on_progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Told:
    """Survey, into the file `out`; goes on where an earlier run ended. Cancel it to end it early, in order.

    Raises:
        ConfigError: see `Journal.open`.
    """
    journal, before = Journal.open(out, scope, datetime.now(UTC))
    dialler = Dialler(scope, Pace(manner.rate, max(1.0, manner.rate / 10)), manner.timeout)
    attempts = Attempts(told=journal.refused)
    attempts.recall(before.refusals)
    try:
        async with Discovery(manner.timeout) as discovery:
            everybody = await discovery.ask_everybody() if manner.multicast else {}
            plan = [one for one in itinerary(scope, records, [*everybody]) if one[0] not in before.visits]
            asks = discovery if services.of(ServiceKind.DISCOVERY) else None
            visitor = Visitor(dialler, services, accounts, attempts, asks, manner.seconds)
            tour = _Tour(visitor, journal, before, plan, on_progress)
            await tour.run(manner.devices)
            if not before.whole:
                journal.end(datetime.now(UTC))
                before.whole = True
    finally:
        journal.close()
    return Told(before, dialler.opened, tuple(sorted(one for one in everybody if one not in scope)))


class _Tour:
    def __init__(
        self,
        visitor: Visitor,
        journal: Journal,
        survey: Survey,
        plan: list[tuple[IPv4Address, tuple[CameraRecord, ...]]],
        on_progress: Callable[[int, int], None],
    ) -> None:
        self._visitor = visitor
        self._journal = journal
        self._survey = survey
        self._left = iter(plan)
        self._all = len(plan)
        self._done = 0
        self._on_progress = on_progress

    async def run(self, devices: int) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(devices, self._all)):
                group.create_task(self._work())

    async def _work(self) -> None:
        for address, records in self._left:
            visit = await self._visit(address, records)
            self._survey.visits[address] = visit
            self._journal.visit(visit)
            self._done += 1
            self._on_progress(self._done, self._all)

    async def _visit(self, address: IPv4Address, records: tuple[CameraRecord, ...]) -> Visit:
        began = datetime.now(UTC)
        try:
            return await self._visitor.visit(address, records)
        except Exception as error:  # one device never ends a survey: the next 2,000 wait
            logger.exception("the visit to %s failed", address)
            note = f"the visit failed: {error!r}"
            return Visit(address=address, began=began, ended=datetime.now(UTC), notes=(note,))
