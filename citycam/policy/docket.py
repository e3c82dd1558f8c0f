"""Decide a batch of proposals: each by itself, then what only several together show. Independent of their order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date

from citycam.policy.likeness import groups, kin
from citycam.policy.moratorium import Decision, Moratorium, Past, Reason, Ruling, contract_key, document_key, judge
from citycam.policy.proposal import Proposal

STOPPED = frozenset({Ruling.REFUSED, Ruling.SUSPENDED})


def decide(
    proposals: Sequence[Proposal],
    moratorium: Moratorium,
    day: date,
    past: Sequence[Past] = (),
    existing: Collection[str] | None = None,
) -> list[Decision]:
    """A decision for each proposal, in their order.

    `past` holds the last decision on each id that is on file, `existing` ids and serial numbers of today's cameras.

    Raises:
        ValueError: two proposals have one id.
    """
    own = {one.id: one for one in proposals}
    if len(own) < len(proposals):
        raise ValueError("two proposals have one id")
    on_file = [*proposals, *(one.proposal for one in past if one.proposal.id not in own)]
    alone = {one.id: judge(one, moratorium, day, on_file, existing) for one in proposals}
    rulings = {one.proposal.id: one.ruling for one in past}
    rulings |= {one: moratorium.rule(reason.rule).ruling for one, reason in alone.items()}
    more: dict[str, list[Reason]] = defaultdict(list)
    if moratorium.freeze.holds(day):
        _renamed(proposals, on_file, rulings, {one.proposal.id: one.ruling for one in past}, moratorium, more)
        going = [one for one in on_file if rulings[one.id] not in STOPPED]
        _split(going, moratorium, more)
        _shared(going, more)
    return [_decision(one, alone[one.id], more[one.id], moratorium) for one in proposals]


def _decision(proposal: Proposal, reason: Reason, more: Sequence[Reason], moratorium: Moratorium) -> Decision:
    ruling = moratorium.rule(reason.rule).ruling
    if not more:
        return Decision(proposal, ruling, (reason,))
    if ruling in STOPPED or ruling is Ruling.NEEDS_REVIEW:
        return Decision(proposal, ruling, (reason, *more))
    return Decision(proposal, Ruling.NEEDS_REVIEW, (*more, reason))


def _renamed(
    proposals: Sequence[Proposal],
    on_file: Sequence[Proposal],
    rulings: Mapping[str, Ruling],
    before: Mapping[str, Ruling],
    moratorium: Moratorium,
    more: dict[str, list[Reason]],
) -> None:
    """A proposal that goes on, though it is like one that was stopped earlier, or was suspended itself before."""
    like: dict[str, set[str]] = defaultdict(set)
    rule = moratorium.kinship
    for a, b in kin(on_file, days=None, metres=rule.metres, title=rule.title):
        one, other = on_file[a], on_file[b]
        like[one.id].add(other.id)
        like[other.id].add(one.id)
    submitted = {one.id: one.submitted for one in on_file}
    for one in proposals:
        stopped = {
            other
            for other in like[one.id]
            if rulings[other] in STOPPED and submitted[other] < one.submitted and other != one.extends
        }
        if one.formerly and rulings.get(one.formerly) in STOPPED:
            stopped.add(one.formerly)
        if before.get(one.id) is Ruling.SUSPENDED and rulings[one.id] is not Ruling.SUSPENDED:
            stopped.add(one.id)
        if stopped:
            others = tuple(sorted(stopped))
            seen = ", ".join(f"{other} was {before.get(other, rulings.get(other))}" for other in others)
            more[one.id].append(Reason("renamed", seen, others))


def _split(going: Sequence[Proposal], moratorium: Moratorium, more: dict[str, list[Reason]]) -> None:
    rule = moratorium.kinship
    pairs = [
        (a, b)
        for a, b in kin(going, days=rule.days, metres=rule.metres, title=rule.title)
        if going[a].id != going[b].extends and going[b].id != going[a].extends
    ]
    for group in groups(pairs):
        members = [going[index] for index in group]
        if _openly_in_parts(members):
            continue
        for one in members:
            others = tuple(sorted(other.id for other in members if other.id != one.id))
            total = sum(other.cameras for other in members)
            more[one.id].append(Reason("split", f"{len(members)} proposals, {total} cameras together", others))


def _openly_in_parts(members: Sequence[Proposal]) -> bool:
    """Parts of one project that say so: one document, which covers them all."""
    keys = {document_key(one) for one in members}
    covers = max((one.exemption.covers or 0 for one in members if one.exemption), default=0)
    return len(keys) == 1 and None not in keys and sum(one.cameras for one in members) <= covers


def _shared(going: Sequence[Proposal], more: dict[str, list[Reason]]) -> None:
    papers: dict[tuple[str, str], list[Proposal]] = defaultdict(list)
    for one in going:
        for kind, key in (("document", document_key(one)), ("contract", contract_key(one))):
            if key is not None:
                papers[kind, key].append(one)
    told = set()
    for (kind, _), members in papers.items():
        group = frozenset(one.id for one in members)
        if len(members) < 2 or group in told or _openly_in_parts(members):
            continue
        told.add(group)
        total = sum(one.cameras for one in members)
        covers = max((one.exemption.covers or 0 for one in members if one.exemption), default=0)
        for one in members:
            seen = f"the {kind} covers {covers or 'no stated number'}, {total} are asked for together"
            more[one.id].append(Reason("document-shared", seen, tuple(sorted(group - {one.id}))))
