"""Decide a batch of proposals: each by itself, then what only several together show. Independent of their order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date

import numpy as np

from citycam.policy.likeness import blocks, groups
from citycam.policy.moratorium import Decision, Moratorium, Past, Reason, Ruling, contract_key, document_key, judge
from citycam.policy.proposal import Proposal

MOST_NAMED = 20
"""Other proposals that a reason names."""

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
    stopped = _stopped_kin(on_file, rulings, moratorium)
    for one in proposals:
        others = stopped[one.id]
        if one.formerly and rulings.get(one.formerly) in STOPPED:
            others.add(one.formerly)
        if before.get(one.id) is Ruling.SUSPENDED and rulings[one.id] is not Ruling.SUSPENDED:
            others.add(one.id)
        if others:
            named = tuple(sorted(others)[:MOST_NAMED])
            seen = ", ".join(f"{other} was {before.get(other, rulings.get(other))}" for other in named)
            more[one.id].append(Reason("renamed", seen, named))


def _stopped_kin(
    on_file: Sequence[Proposal], rulings: Mapping[str, Ruling], moratorium: Moratorium
) -> dict[str, set[str]]:
    """Of each proposal, kin that were stopped and submitted earlier: the first by id of those that share an owner or a
    supplier with it.
    """
    found: dict[str, set[str]] = defaultdict(set)
    rule = moratorium.kinship
    for block in blocks(on_file, days=None, metres=rule.metres, title=rule.title):
        members = [on_file[index] for index in block.members]
        stopped = np.array([rulings[one.id] in STOPPED for one in members])
        submitted = np.array([one.submitted.toordinal() for one in members])
        for at, one in enumerate(members):
            earlier = np.flatnonzero(block.kin[at] & stopped & (submitted < submitted[at]))
            found[one.id].update(members[other].id for other in earlier[:MOST_NAMED])
    return found


def _split(going: Sequence[Proposal], moratorium: Moratorium, more: dict[str, list[Reason]]) -> None:
    rule = moratorium.kinship
    for group in groups(blocks(going, days=rule.days, metres=rule.metres, title=rule.title)):
        members = [going[index] for index in group]
        if _openly_in_parts(members):
            continue
        total = sum(one.cameras for one in members)
        seen = f"{len(members)} proposals, {total} cameras together"
        _tell_all("split", seen, members, more)


def _tell_all(rule: str, seen: str, members: Sequence[Proposal], more: dict[str, list[Reason]]) -> None:
    """Give each the same reason, with the first of the others by id."""
    names = sorted(one.id for one in members)[: MOST_NAMED + 1]
    for one in members:
        more[one.id].append(Reason(rule, seen, tuple(name for name in names if name != one.id)[:MOST_NAMED]))


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
        seen = f"the {kind} covers {covers or 'no stated number'}, {total} are asked for together"
        _tell_all("document-shared", seen, members, more)
