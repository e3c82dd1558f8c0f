"""The smart-traffic items that are suspended, as a list for planning them again without overlap or waste."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from citycam.policy.moratorium import Decision, Ruling
from citycam.policy.sharing import Coverage


def replanning(decisions: Sequence[Decision], coverages: Iterable[Coverage] = ()) -> list[dict[str, Any]]:
    """Suspended items as JSON, the dearest first; with what existing cameras cover already, where that was compared."""
    covered = {one.proposal.id: one for one in coverages}
    items = []
    for decision in decisions:
        if decision.ruling is Ruling.SUSPENDED:
            one, cover = decision.proposal, covered.get(decision.proposal.id)
            items.append(
                {
                    "proposal": one.id,
                    "title": one.title,
                    "agency": one.agency,
                    "cameras": one.cameras,
                    "budget_vnd": one.budget_vnd,
                    "ward": one.ward,
                    "under_contract": one.tender is not None and one.tender.contract is not None,
                    "covered": cover and {name: round(getattr(cover, name), 4) for name in ("least", "stated", "most")},
                    "advice": cover and cover.advice,
                    "share_with": sorted({seer.agency for seer in cover.seers}) if cover else [],
                }
            )
    return sorted(items, key=lambda item: (-(item["budget_vnd"] or 0), item["proposal"]))
