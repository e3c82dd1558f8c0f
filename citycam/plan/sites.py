"""Cameras by site, what a site's line must carry, and whether it can."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from enum import StrEnum

from citycam.inventory.record import CameraRecord
from citycam.model.documents import Document
from citycam.plan.coefficients import Coefficients
from citycam.plan.integration import Integration, Route


class Budget(StrEnum):
    """Whether the line of a site carries its cameras."""

    FITS = "fits"
    OVER = "over"
    UNKNOWN = "unknown"


class Site(Document):
    """A place whose cameras share a line. `needed` and `line` are bits per second towards the city.

    `needed` counts headers; `line` is what was declared, the least where several were; `usable` what of it may be used.
    """

    id: str
    agency: str
    ward_code: int
    cameras: tuple[str, ...]
    needed: int
    line: int | None = None
    usable: int | None = None
    budget: Budget

    @property
    def missing(self) -> int:
        """Bits per second that the line lacks."""
        return max(0, self.needed - self.usable) if self.usable is not None else 0


def sites_of(
    records: Sequence[CameraRecord], integrations: Sequence[Integration], coefficients: Coefficients
) -> list[Site]:
    """The sites of all cameras that come in, by id. Independent of the order of the cameras.

    A site is the agency's, in one ward. All channels of a recorder stand at the site of its first one: they share a
    line and a device. A camera that names no site is one by itself.
    """
    place = site_names(records)
    found: dict[str, list[tuple[CameraRecord, Integration]]] = defaultdict(list)
    for record, integration in zip(records, integrations, strict=True):
        if integration.route is not Route.EXCLUDED:
            found[place[record.id]].append((record, integration))
    return [_site(name, members, coefficients) for name, members in sorted(found.items())]


def site_names(records: Sequence[CameraRecord]) -> Mapping[str, str]:
    """Camera id → site id: `agency/ward/site`, readable and stable as long as the site is called the same."""
    ordered = sorted(records, key=lambda record: record.id)
    first: dict[str, str] = {}
    names: dict[str, str] = {}
    for record in ordered:
        own = f"{record.agency}/{record.ward_code or 0}/{record.site or record.id}"
        names[record.id] = first.setdefault(record.recorder.serial, own) if record.recorder else own
    return names


def _site(name: str, members: Sequence[tuple[CameraRecord, Integration]], coefficients: Coefficients) -> Site:
    ordered = sorted(members, key=lambda member: member[0].id)
    first = ordered[0][0]
    lines = [record.uplink.bandwidth for record, _ in ordered if record.uplink and record.uplink.bandwidth]
    network = coefficients.network
    needed = round(sum(integration.bitrate for _, integration in ordered) * (1 + network.headers.value))
    line = min(lines, default=None)
    usable = None if line is None else round(line * network.line_usable.value)
    budget = Budget.UNKNOWN if usable is None else Budget.FITS if needed <= usable else Budget.OVER
    return Site(
        id=name,
        agency=first.agency,
        ward_code=first.ward_code or 0,
        cameras=tuple(record.id for record, _ in ordered),
        needed=needed,
        line=line,
        usable=usable,
        budget=budget,
    )
