"""The freeze on new cameras: its text as data, and what it says of one proposal by itself.

What only several proposals together show (splitting, renaming, a shared document) is in `docket`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from citycam.inventory.spelling import fold
from citycam.model.documents import Document, load
from citycam.policy.naming import known_as
from citycam.policy.proposal import SMART_TRAFFIC, Claim, Exemption, Proposal, Tender, TenderState, Work
from citycam.policy.regulation import Regulation, RuleId, Validity, Words

MORATORIUM = Path(__file__).parent / "moratorium.yaml"


class Ruling(StrEnum):
    """What is decided of a proposal."""

    REFUSED = "refused"
    SUSPENDED = "suspended"
    NEEDS_REVIEW = "needs review"
    SPECIALISED = "exempt: specialised"
    TENDERED = "exempt: tendered"
    NOT_FROZEN = "not frozen"


class RuleText(Document):
    """A rule as people read it."""

    id: RuleId
    ruling: Ruling
    title: Words
    sources: Annotated[tuple[Regulation, ...], Field(min_length=1)]


class Kinship(Document):
    """How near two proposals must be to belong together: days, metres, likeness of titles (0 to 100)."""

    days: Annotated[int, Field(ge=0)]
    metres: Annotated[float, Field(ge=0)]
    title: Annotated[float, Field(ge=0, le=100)]


RULES = frozenset(
    "outside-freeze no-new-camera frozen specialised tendered smart-traffic smart-traffic-under-way proof-missing "
    "proof-not-valid authority-unknown beyond-document tendered-late tendered-on-the-day tender-lapsed "
    "tender-completed not-under-way signed-late contract-overdue extension extension-of-unknown replacement "
    "old-cameras-unnamed renamed split document-shared".split()
)


class Moratorium(Document):
    """The freeze, its exemptions and its rules; exactly the rules that this package applies."""

    schema_version: Literal[1]
    sources: dict[str, Regulation]
    freeze: Validity
    authorities: Annotated[tuple[str, ...], Field(min_length=1)]
    smart_traffic_words: tuple[str, ...]
    kinship: Kinship
    rules: tuple[RuleText, ...]

    @model_validator(mode="after")
    def _complete(self) -> Moratorium:
        ids = [rule.id for rule in self.rules]
        wrong = RULES.symmetric_difference(ids) | {one for one in ids if ids.count(one) > 1}
        if wrong:
            raise ValueError(f"rules that are missing, unknown or there twice: {', '.join(sorted(wrong))}")
        if self.freeze.since is None:
            raise ValueError("the freeze needs its first day")
        return self

    def rule(self, identifier: str) -> RuleText:
        """The rule with this id."""
        return next(rule for rule in self.rules if rule.id == identifier)

    @property
    def digest(self) -> str:
        """`sha256:…` of the regulation, kept with every decision."""
        return f"sha256:{hashlib.sha256(self.model_dump_json().encode()).hexdigest()}"


def load_moratorium(path: Path = MORATORIUM) -> Moratorium:
    """Read the regulation.

    Raises:
        ConfigError: it breaks the schema, or its rules are not those that are applied; with file and line.
    """
    return load(path, Moratorium)


@dataclass(frozen=True)
class Reason:
    """A rule that applies to a proposal, and what in the proposal it saw."""

    rule: str
    seen: str
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class Decision:
    """What is decided of a proposal. The first reason decided; the others were found too."""

    proposal: Proposal
    ruling: Ruling
    reasons: tuple[Reason, ...] = field(default_factory=tuple)


@dataclass(frozen=True)
class Past:
    """A proposal as it was decided before."""

    proposal: Proposal
    ruling: Ruling


def judge(
    proposal: Proposal,
    moratorium: Moratorium,
    day: date,
    on_file: Iterable[Proposal] = (),
    existing: Collection[str] | None = None,
) -> Reason:
    """The rule that decides one proposal on `day`.

    `on_file` are the proposals that it may extend, `existing` ids and serial numbers of the cameras that it may repair
    or replace; without them, every name is believed.
    """
    if not moratorium.freeze.holds(day):
        return Reason("outside-freeze", f"{day} is outside the pause")
    if proposal.cameras == 0:
        return Reason("no-new-camera", f"{proposal.work}, no camera")
    traffic = _smart_traffic(proposal, moratorium)
    reason = _exemption(proposal, moratorium, day)
    old = _old_cameras(proposal, existing) if reason.rule == "frozen" else None
    if proposal.work is Work.REPAIR and old:
        return old
    if traffic:
        rule = "smart-traffic-under-way" if reason.rule == "tendered" else "smart-traffic"
        return Reason(rule, f"{traffic}; {reason.seen}" if reason.rule == "tendered" else traffic)
    if proposal.work is Work.EXTENSION or proposal.extends:
        return _extension(proposal, reason, on_file)
    return old or reason


def _old_cameras(proposal: Proposal, existing: Collection[str] | None) -> Reason | None:
    """What a repair or a replacement is, by the cameras that it names; None for other work."""
    if proposal.work not in {Work.REPAIR, Work.REPLACEMENT}:
        return None
    named = list(dict.fromkeys(proposal.replaces))
    strangers = [name for name in named if existing is not None and name not in existing]
    if strangers:
        return Reason("old-cameras-unnamed", f"not in the inventory: {', '.join(strangers)}")
    if proposal.cameras > len(named):
        return Reason("old-cameras-unnamed", f"{proposal.work} of {proposal.cameras}, named are {len(named)}")
    if proposal.work is Work.REPAIR:
        return Reason("no-new-camera", f"repair of {', '.join(named)}")
    return Reason("replacement", f"replaces {', '.join(named)}")


def _smart_traffic(proposal: Proposal, moratorium: Moratorium) -> str:
    """What shows that a proposal belongs to the scheme; empty when nothing does. A title alone is enough."""
    if proposal.programme and fold(proposal.programme) in {SMART_TRAFFIC.replace("-", " "), "giao thong thong minh"}:
        return f"programme {proposal.programme}"
    words = f" {fold(proposal.title)} {fold(proposal.programme or '')} "
    named = next((one for one in moratorium.smart_traffic_words if f" {fold(one)} " in words), None)
    return f"{named!r} in the title or programme" if named else ""


def _exemption(proposal: Proposal, moratorium: Moratorium, day: date) -> Reason:
    claimed = proposal.exemption
    if claimed is None:
        return Reason("frozen", f"new cameras: {proposal.cameras}; no exemption claimed")
    absent = [name for name in ("document", "dated", "authority") if getattr(claimed, name) is None]
    if claimed.claim is Claim.TENDERED and (proposal.tender is None or proposal.tender.state is None):
        absent.append("tender state")
    if absent or claimed.dated is None:
        return Reason("proof-missing", f"not given: {', '.join(absent)}")
    if claimed.dated > day:
        return Reason("proof-not-valid", f"{claimed.document} is dated {claimed.dated}, after {day}")
    if claimed.expires and claimed.expires <= day:
        return Reason("proof-not-valid", f"{claimed.document} expired on {claimed.expires}")
    if claimed.claim is Claim.SPECIALISED:
        reason = _specialised(claimed, moratorium)
    else:
        reason = _tendered(claimed, proposal.tender or Tender(), moratorium.freeze.since or day, day)
    if reason.rule in {"specialised", "tendered"} and claimed.covers and proposal.cameras > claimed.covers:
        return Reason("beyond-document", f"{proposal.cameras} cameras, {claimed.document} covers {claimed.covers}")
    return reason


def _specialised(claimed: Exemption, moratorium: Moratorium) -> Reason:
    known = {known_as(one) for one in moratorium.authorities}
    rule = "specialised" if known_as(claimed.authority or "") in known else "authority-unknown"
    return Reason(rule, f"{claimed.document}, {claimed.dated}, {claimed.authority}")


def _tendered(claimed: Exemption, tender: Tender, frozen: date, day: date) -> Reason:
    """Whether a tender was finished before the freeze and the project is under way: the first that holds decides."""
    state, awarded, signed, until = tender.state, tender.awarded, tender.signed, tender.until
    no_result = state in {TenderState.OPEN, TenderState.LAPSED, TenderState.CANCELLED}
    not_begun = state is not TenderState.UNDER_WAY or tender.contract is None or signed is None or signed > day
    cases = (
        (no_result, "tender-lapsed", f"the tender is {state}"),
        (state is TenderState.COMPLETED, "tender-completed", "the project is completed"),
        (awarded is None, "proof-missing", "not given: day of award"),
        (awarded and awarded > frozen, "tendered-late", f"awarded on {awarded}, the pause began on {frozen}"),
        (awarded == frozen, "tendered-on-the-day", f"awarded on {awarded}"),
        (not_begun, "not-under-way", f"{state}, contract {tender.contract or '—'}, signed {signed or '—'}"),
        (signed and signed > frozen, "signed-late", f"awarded on {awarded}, signed on {signed}"),
        (until and until < day, "contract-overdue", f"contract {tender.contract} ran until {until}"),
        (True, "tendered", f"awarded on {awarded}, contract {tender.contract}; {claimed.document}"),
    )
    return next(Reason(rule, seen) for holds, rule, seen in cases if holds)


def _extension(proposal: Proposal, own: Reason, on_file: Iterable[Proposal]) -> Reason:
    """What is added stands on its own proof, never on that of the project it extends."""
    first = next((one for one in on_file if one.id == proposal.extends), None)
    if own.rule == "frozen":
        return Reason(
            "extension", f"extends {proposal.extends or 'a project it does not name'}, no exemption of its own"
        )
    if first is None:
        if own.rule in {"specialised", "tendered"}:
            return Reason("extension-of-unknown", f"extends {proposal.extends or 'a project it does not name'}")
        return own
    if document_key(first) is not None and document_key(first) == document_key(proposal):
        named = proposal.exemption.document if proposal.exemption else None
        return Reason("extension", f"rests on {named}, as does {first.id}", (first.id,))
    return own


def contract_key(proposal: Proposal) -> str | None:
    """The contract of a tender, however it is spelled."""
    if proposal.tender is None or proposal.tender.contract is None:
        return None
    return fold(proposal.tender.contract).replace(" ", "")


def document_key(proposal: Proposal) -> str | None:
    """The document of an exemption, however it is spelled."""
    if proposal.exemption is None or proposal.exemption.document is None:
        return None
    return fold(proposal.exemption.document).replace(" ", "")
