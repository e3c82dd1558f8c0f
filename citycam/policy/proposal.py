"""A proposed investment in cameras, as an agency submits it."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from citycam.inventory.record import Kind
from citycam.model.documents import Document

ProposalId = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]

SMART_TRAFFIC = "smart-traffic"


class Work(StrEnum):
    """What is to be done."""

    NEW = "new"
    EXTENSION = "extension"
    REPLACEMENT = "replacement"
    REPAIR = "repair"


class Claim(StrEnum):
    """The two exemptions of document 4932/UBND-ĐMPT."""

    SPECIALISED = "specialised"
    TENDERED = "tendered"


class TenderState(StrEnum):
    """How far a tender has come."""

    OPEN = "open"
    AWARDED = "awarded"
    UNDER_WAY = "under-way"
    COMPLETED = "completed"
    LAPSED = "lapsed"
    CANCELLED = "cancelled"


class Task(StrEnum):
    """What an operator must be able to do with the picture (IEC 62676-4:2025)."""

    OVERVIEW = "overview"
    OUTLINE = "outline"
    DISCERN = "discern"
    PERCEIVE = "perceive"
    CHARACTERISE = "characterise"
    VALIDATE = "validate"
    SCRUTINISE = "scrutinise"

    @property
    def pixels_per_metre(self) -> float:
        """The least density at the object: IEC 62676-4:2025, from secondary sources."""
        return _DENSITIES[self]


_DENSITIES = dict(zip(Task, (20.0, 40.0, 80.0, 125.0, 250.0, 500.0, 1500.0), strict=True))


class Exemption(Document):
    """An exemption that is claimed, and its proof. `covers` is how many cameras the document speaks of."""

    claim: Claim
    document: Text | None = None
    dated: date | None = None
    authority: Text | None = None
    expires: date | None = None
    covers: Annotated[int, Field(ge=1)] | None = None


class Tender(Document):
    """The tender of a project; dates are those of the decisions."""

    awarded: date | None = None
    contract: Text | None = None
    signed: date | None = None
    until: date | None = None
    state: TenderState | None = None


class View(Document):
    """Where one proposed camera stands and what it will see; the words and units of `CameraRecord`."""

    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]
    position_error_m: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    kind: Kind | None = None
    azimuth_deg: Annotated[float, Field(ge=0, lt=360)] | None = None
    field_of_view_deg: Annotated[float, Field(gt=0, le=360)] | None = None
    range_m: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    width: Annotated[int, Field(gt=0)] | None = None


class Proposal(Document):
    """One investment. `agency` is its owner; `formerly` is an id under which it was submitted before."""

    id: ProposalId
    title: Text
    agency: Text
    submitted: date
    work: Work = Work.NEW
    cameras: Annotated[int, Field(ge=0, le=100_000)]
    programme: Text | None = None
    ward: Text | None = None
    site: Text | None = None
    supplier: Text | None = None
    budget_vnd: Annotated[int, Field(ge=0)] | None = None
    task: Task | None = None
    extends: ProposalId | None = None
    formerly: ProposalId | None = None
    replaces: tuple[Text, ...] = ()
    exemption: Exemption | None = None
    tender: Tender | None = None
    views: tuple[View, ...] = ()

    @model_validator(mode="after")
    def _sound(self) -> Proposal:
        if len(self.views) > self.cameras:
            raise ValueError(f"{len(self.views)} positions for {self.cameras} cameras")
        if self.id in {self.extends, self.formerly}:
            raise ValueError("a proposal cannot extend or precede itself")
        return self

    @property
    def digest(self) -> str:
        """`sha256:…` of the content, independent of the file it came in."""
        text = json.dumps(self.as_data(), ensure_ascii=False, sort_keys=True)
        return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"

    def as_data(self) -> dict[str, object]:
        """As JSON, without what was not given."""
        return self.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
