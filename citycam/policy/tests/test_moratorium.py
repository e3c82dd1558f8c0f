"""Every rule that one proposal meets by itself."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from citycam.model.errors import ConfigError
from citycam.policy.moratorium import MORATORIUM, RULES, Ruling, judge, load_moratorium
from citycam.policy.proposal import Proposal
from citycam.policy.tests.proposals import DAY, FREEZE, proposal, specialised, tendered

M = load_moratorium()
ONE_DAY = timedelta(days=1)

REPAIR = proposal(work="repair", cameras=1, replaces=("cam-1",))
CASES: list[tuple[str, Proposal, str, Ruling]] = [
    ("no claim", proposal(), "frozen", Ruling.REFUSED),
    ("submitted before the freeze, not tendered", proposal(submitted=date(2025, 8, 1)), "frozen", Ruling.REFUSED),
    ("a repair", REPAIR, "no-new-camera", Ruling.NOT_FROZEN),
    ("a repair of what?", proposal(work="repair", cameras=1), "old-cameras-unnamed", Ruling.REFUSED),
    ("named twice", proposal(work="repair", cameras=2, replaces=("a", "a")), "old-cameras-unnamed", Ruling.REFUSED),
    ("a stranger", proposal(work="repair", cameras=1, replaces=("cam-2",)), "old-cameras-unnamed", Ruling.REFUSED),
    ("repaired traffic", REPAIR.model_copy(update={"programme": "smart-traffic"}), "no-new-camera", Ruling.NOT_FROZEN),
    ("a plan without cameras", proposal(cameras=0), "no-new-camera", Ruling.NOT_FROZEN),
    ("one for one", proposal(work="replacement", cameras=1, replaces=("cam-1",)), "replacement", Ruling.NEEDS_REVIEW),
    ("two for one", REPAIR.model_copy(update={"cameras": 2}), "old-cameras-unnamed", Ruling.REFUSED),
    ("exempt all the same", specialised(work="replacement"), "specialised", Ruling.SPECIALISED),
    ("specialised", specialised(), "specialised", Ruling.SPECIALISED),
    ("spelled otherwise", specialised(exemption={"authority": "UBND TP. HÀ NỘI"}), "specialised", Ruling.SPECIALISED),
    ("no document", specialised(exemption={"document": None}), "proof-missing", Ruling.REFUSED),
    ("no date", specialised(exemption={"dated": None}), "proof-missing", Ruling.REFUSED),
    ("no authority", specialised(exemption={"authority": None}), "proof-missing", Ruling.REFUSED),
    ("dated tomorrow", specialised(exemption={"dated": DAY + ONE_DAY}), "proof-not-valid", Ruling.REFUSED),
    ("dated today", specialised(exemption={"dated": DAY}), "specialised", Ruling.SPECIALISED),
    ("expires today", specialised(exemption={"expires": DAY}), "proof-not-valid", Ruling.REFUSED),
    ("expires tomorrow", specialised(exemption={"expires": DAY + ONE_DAY}), "specialised", Ruling.SPECIALISED),
    ("a ward's own", specialised(exemption={"authority": "UBND phường"}), "authority-unknown", Ruling.NEEDS_REVIEW),
    ("covers fewer", specialised(exemption={"covers": 11}), "beyond-document", Ruling.NEEDS_REVIEW),
    ("covers all", specialised(exemption={"covers": 12}), "specialised", Ruling.SPECIALISED),
    ("tendered", tendered(), "tendered", Ruling.TENDERED),
    ("awarded a day before", tendered(tender={"awarded": FREEZE - ONE_DAY}), "tendered", Ruling.TENDERED),
    ("awarded on the day", tendered(tender={"awarded": FREEZE}), "tendered-on-the-day", Ruling.NEEDS_REVIEW),
    ("awarded a day later", tendered(tender={"awarded": FREEZE + ONE_DAY}), "tendered-late", Ruling.REFUSED),
    ("no award", tendered(tender={"awarded": None}), "proof-missing", Ruling.REFUSED),
    ("no state", tendered(tender={"state": None}), "proof-missing", Ruling.REFUSED),
    ("no tender", specialised(exemption={"claim": "tendered"}), "proof-missing", Ruling.REFUSED),
    ("still open", tendered(tender={"state": "open"}), "tender-lapsed", Ruling.REFUSED),
    ("lapsed", tendered(tender={"state": "lapsed"}), "tender-lapsed", Ruling.REFUSED),
    ("cancelled", tendered(tender={"state": "cancelled"}), "tender-lapsed", Ruling.REFUSED),
    ("completed", tendered(tender={"state": "completed"}), "tender-completed", Ruling.REFUSED),
    ("awarded only", tendered(tender={"state": "awarded"}), "not-under-way", Ruling.NEEDS_REVIEW),
    ("no contract", tendered(tender={"contract": None}), "not-under-way", Ruling.NEEDS_REVIEW),
    ("signed tomorrow", tendered(tender={"signed": DAY + ONE_DAY}), "not-under-way", Ruling.NEEDS_REVIEW),
    ("signed on the day", tendered(tender={"signed": FREEZE}), "tendered", Ruling.TENDERED),
    ("signed a day later", tendered(tender={"signed": FREEZE + ONE_DAY}), "signed-late", Ruling.NEEDS_REVIEW),
    ("term over", tendered(tender={"until": DAY - ONE_DAY}), "contract-overdue", Ruling.NEEDS_REVIEW),
    ("last day of the term", tendered(tender={"until": DAY}), "tendered", Ruling.TENDERED),
    ("more than tendered", tendered(exemption={"covers": 3}), "beyond-document", Ruling.NEEDS_REVIEW),
    ("smart traffic", proposal(programme="smart-traffic"), "smart-traffic", Ruling.SUSPENDED),
    ("in Vietnamese", proposal(programme="Giao thông thông minh"), "smart-traffic", Ruling.SUSPENDED),
    ("by its title", proposal(title="Camera giao thông thông minh nút Cầu Giấy"), "smart-traffic", Ruling.SUSPENDED),
    ("specialised traffic", specialised(programme="smart-traffic"), "smart-traffic", Ruling.SUSPENDED),
    ("running traffic", tendered(programme="smart-traffic"), "smart-traffic-under-way", Ruling.NEEDS_REVIEW),
    ("lapsed", tendered(programme="smart-traffic", tender={"state": "lapsed"}), "smart-traffic", Ruling.SUSPENDED),
    ("extension", proposal(work="extension", extends="P-0"), "extension", Ruling.REFUSED),
    ("extension, not said so", proposal(extends="P-0"), "extension", Ruling.REFUSED),
    ("extension of nothing", proposal(work="extension"), "extension", Ruling.REFUSED),
    ("on the first's document", tendered(extends="P-0"), "extension", Ruling.REFUSED),
    ("on its own document", specialised(extends="P-0"), "specialised", Ruling.SPECIALISED),
    ("late extension", tendered(extends="P-0", tender={"awarded": DAY}), "extension", Ruling.REFUSED),
    ("of an unknown", specialised(extends="P-9"), "extension-of-unknown", Ruling.NEEDS_REVIEW),
    ("of an unknown, late", tendered(extends="P-9", tender={"awarded": DAY}), "tendered-late", Ruling.REFUSED),
]  # fmt: skip

FIRST = tendered("P-0")


@pytest.mark.parametrize(("case", "one", "rule", "ruling"), CASES, ids=[case for case, *_ in CASES])
def test_each_path(case: str, one: Proposal, rule: str, ruling: Ruling) -> None:
    reason = judge(one, M, DAY, [FIRST], {"cam-1", "a"})
    assert (reason.rule, M.rule(reason.rule).ruling) == (rule, ruling)
    assert reason.seen


@pytest.mark.parametrize(("day", "rule"), [(FREEZE - ONE_DAY, "outside-freeze"), (FREEZE, "frozen")])
def test_the_freeze_begins_on_its_day(day: date, rule: str) -> None:
    assert judge(proposal(), M, day).rule == rule


def test_a_lifted_freeze_refuses_nothing() -> None:
    lifted = M.model_copy(update={"freeze": M.freeze.model_copy(update={"until": DAY})})
    assert judge(proposal(), lifted, DAY).rule == "outside-freeze"
    assert judge(proposal(), lifted, DAY - ONE_DAY).rule == "frozen"


def test_a_document_is_the_same_however_it_is_spelled() -> None:
    sly = tendered(extends="P-0", exemption={"document": " 77 / qđ-bqlda"})
    assert judge(sly, M, DAY, [FIRST]).rule == "extension"


def test_without_an_inventory_names_are_believed() -> None:
    assert judge(proposal(work="repair", cameras=1, replaces=("cam-2",)), M, DAY).rule == "no-new-camera"


def test_every_rule_has_a_case_or_needs_several_proposals() -> None:
    assert {rule for _, _, rule, _ in CASES} | {"outside-freeze", "renamed", "split", "document-shared"} == RULES


def test_every_rule_cites_a_regulation_in_force() -> None:
    for rule in M.rules:
        assert all("expired" not in source.cite(DAY) for source in rule.sources)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("  - id: frozen\n", "  - id: thawed\n", "frozen, thawed"),
        ("freeze: {since: 2025-09-03}", "freeze: {}", "needs its first day"),
        ("ruling: suspended", "ruling: delayed", "ruling"),
        ("  days: 365", "  days: -1", "days"),
    ],
)
def test_a_regulation_with_a_mistake_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = MORATORIUM.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "moratorium.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        load_moratorium(path)
    assert message in str(refused.value)
