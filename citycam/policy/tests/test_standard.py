"""Every rule has a camera that meets it, one that does not, and one of which a fact is missing."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from citycam.model.errors import ConfigError
from citycam.policy.conformity import facts_of
from citycam.policy.standard import STANDARDS, Finding, Outcome, Rule, load_standards, rules_at
from citycam.policy.tests.records import record

RULES = {rule.id: rule for standard in load_standards() for rule in standard.rules}

OLD, MIDDLE, NEW, LATER = date(2019, 5, 1), date(2026, 3, 1), date(2026, 7, 1), date(2027, 4, 1)
QCVN_135, OTHER = {"standard": "QCVN 135:2024/BTTTT"}, {"standard": "CE"}

MEETS: dict[str, dict[str, Any]] = {rule: {} for rule in RULES} | {
    "onvif-profile": {"onvif_profiles": ("S",)},
    "onvif-profile-t-for-new": {"purchased": LATER},
    "conformity-qcvn-135": {"purchased": MIDDLE, "conformity": QCVN_135},
    "conformity-before-2026": {"purchased": OLD, "conformity": OTHER, "protection": ("isolated-vlan",)},
    "firmware-hikvision-2017": {"firmware": "V5.4.5 build 170123"},
}

FAILS: list[tuple[str, dict[str, Any], Outcome]] = [
    ("codec", {"codec": "mjpeg"}, Outcome.UPGRADE),
    ("codec", {"codec": "mpeg4"}, Outcome.REPLACE),
    ("resolution", {"width": 704, "height": 576}, Outcome.MEASURES),
    ("resolution", {"width": 352, "height": 288}, Outcome.REPLACE),
    ("frame-rate", {"fps": 10}, Outcome.MEASURES),
    ("frame-rate", {"fps": 2}, Outcome.UPGRADE),
    ("onvif-profile", {"onvif_profiles": ("G",)}, Outcome.MEASURES),
    ("onvif-profile", {"onvif_profiles": (), "codec": "mjpeg"}, Outcome.REPLACE),
    ("onvif-profile-t-for-new", {"purchased": LATER, "onvif_profiles": ("S",)}, Outcome.UPGRADE),
    ("uplink", {"uplink": {"kind": "fibre", "bandwidth": 4_999_999}}, Outcome.UPGRADE),
    ("uplink", {"uplink": {"kind": "mobile", "bandwidth": 2_000_000}}, Outcome.UPGRADE),
    ("authentication", {"auth": ("digest", "basic")}, Outcome.MEASURES),
    ("authentication", {"auth": ("digest", "basic"), "protection": ("none",)}, Outcome.UPGRADE),
    ("authentication", {"auth": ("none",)}, Outcome.UPGRADE),
    ("encryption-in-transit", {"protection": ("isolated-vlan",)}, Outcome.MEASURES),
    ("encryption-in-transit", {"protection": ("none",)}, Outcome.UPGRADE),
    ("encryption-in-transit-before-july-2026", {"protection": ("vpn",)}, Outcome.MEASURES),
    ("encryption-in-transit-before-july-2026", {"protection": ()}, Outcome.UPGRADE),
    ("firmware-hikvision-2017", {"firmware": "V5.4.0 build 160530"}, Outcome.UPGRADE),
    ("firmware-hikvision-2017", {"firmware": "V5.4.0", "protection": ("isolated-vlan",)}, Outcome.UPGRADE),
    ("firmware-stated", {"firmware": "không rõ"}, Outcome.UPGRADE),
    ("conformity-qcvn-11", {"conformity": OTHER}, Outcome.REPLACE),
    ("conformity-qcvn-11", {"conformity": QCVN_135}, Outcome.UPGRADE),
    ("conformity-qcvn-135", {"purchased": MIDDLE, "conformity": OTHER}, Outcome.UPGRADE),
    ("conformity-before-2026", {"purchased": OLD, "conformity": OTHER, "protection": ("none",)}, Outcome.MEASURES),
    ("time-accuracy", {"clock_error_s": -90.0}, Outcome.MEASURES),
    ("time-accuracy", {"clock_error_s": 1.4e9}, Outcome.UPGRADE),
    ("retention-least", {"retention_days": 7}, Outcome.MEASURES),
    ("retention-most", {"retention_days": 180}, Outcome.MEASURES),
]

OUTSIDE: dict[str, dict[str, Any]] = {
    "onvif-profile-t-for-new": {"purchased": NEW},
    "firmware-hikvision-2017": {"vendor": "Dahua"},
    "conformity-qcvn-11": {"purchased": MIDDLE},
    "conformity-qcvn-135": {"purchased": OLD},
    "conformity-before-2026": {"purchased": NEW},
}


def judge(rule: str, **facts: Any) -> Finding:
    return RULES[rule].judge(facts_of(record(**facts)))


@pytest.mark.parametrize("rule", RULES)
def test_a_sound_camera_conforms(rule: str) -> None:
    assert judge(rule, **MEETS[rule]) == Finding(Outcome.CONFORMS)


@pytest.mark.parametrize(("rule", "facts", "outcome"), FAILS)
def test_what_is_wrong_has_a_verdict_and_a_remedy(rule: str, facts: dict[str, Any], outcome: Outcome) -> None:
    finding = judge(rule, **facts)
    assert finding.outcome is outcome
    assert finding.remedy is not None
    assert finding.remedy.verdict is outcome


def test_every_rule_has_a_camera_that_fails_and_every_remedy_one_that_needs_it() -> None:
    needed = {(rule, finding.remedy.action.en) for rule, facts, _ in FAILS if (finding := judge(rule, **facts)).remedy}
    assert needed == {(rule.id, remedy.action.en) for rule in RULES.values() for remedy in rule.otherwise}


@pytest.mark.parametrize(
    ("rule", "fact"), [(rule.id, fact) for rule in RULES.values() for fact in rule.requires.facts()]
)
def test_a_missing_fact_is_unknown_and_never_conforms(rule: str, fact: str) -> None:
    facts = {**MEETS[rule], fact.partition(".")[0]: None}
    if rule == "conformity-before-2026":  # either of its two facts will do: what is there must not do alone
        facts["conformity" if fact == "protection" else "protection"] = OTHER if fact == "protection" else ("none",)
    assert judge(rule, **facts) == Finding(Outcome.UNKNOWN)


@pytest.mark.parametrize(
    ("rule", "fact"), [(rule.id, fact) for rule in RULES.values() if rule.applies for fact in rule.applies.facts()]
)
def test_a_missing_fact_about_whom_a_rule_concerns_is_unknown(rule: str, fact: str) -> None:
    assert judge(rule, **{**MEETS[rule], fact: None}) == Finding(Outcome.UNKNOWN)


@pytest.mark.parametrize("rule", [rule.id for rule in RULES.values() if rule.applies])
def test_a_rule_leaves_others_alone(rule: str) -> None:
    assert judge(rule, **OUTSIDE[rule]) == Finding(Outcome.NOT_APPLICABLE)


def test_when_every_remedy_that_may_apply_has_one_verdict_it_is_not_unknown() -> None:
    assert judge("firmware-hikvision-2017", firmware="V5.4.0", protection=None).outcome is Outcome.UPGRADE
    assert judge("onvif-profile", onvif_profiles=("G",), codec=None).outcome is Outcome.UNKNOWN


def test_rules_come_and_go_by_date() -> None:
    standards = load_standards()

    def ids(day: date) -> set[str]:
        return {rule.id for rule in rules_at(standards, day)}

    before, after = ids(date(2026, 6, 30)), ids(date(2026, 7, 1))
    assert after - before == {"encryption-in-transit", "conformity-qcvn-11"}
    assert before - after == {"encryption-in-transit-before-july-2026"}
    assert "retention-most" not in ids(date(2025, 12, 31))
    assert "onvif-profile-t-for-new" not in ids(date(2027, 3, 31))
    assert "onvif-profile-t-for-new" in ids(date(2027, 4, 1))


def spoiled(folder: Path, old: str, new: str) -> Path:
    text = (STANDARDS / "1-picture.yaml").read_text(encoding="utf-8")
    assert old in text
    (folder / "1.yaml").write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("requires: {fact: codec", "requires: {fact: kodec", "not a fact of a camera record: kodec"),
        ("- id: resolution", "- id: codec", "two rules have the id codec"),
        ("verdict: upgrade", "verdict: forgive", "conforms with measures"),
        ("cost: medium", "price: medium", "unknown key"),
        ("- when: {fact: codec, is: mjpeg}\n        verdict", "- verdict", "every remedy but the last"),
        ("      fr: Le flux principal est en H.264 ou H.265\n", "", "fr"),
    ],
)
def test_a_standard_with_a_mistake_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load_standards(spoiled(tmp_path, old, new))
    assert message in str(refused.value)
    assert "1.yaml" in refused.value.where


def test_no_standard_at_all_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no technical standard"):
        load_standards(tmp_path)


def test_two_files_may_not_share_a_rule(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_bytes((STANDARDS / "1-picture.yaml").read_bytes())
    with pytest.raises(ConfigError, match="two rules have the id codec"):
        load_standards(tmp_path)


def test_every_rule_has_a_title_in_three_languages() -> None:
    for rule in RULES.values():
        assert isinstance(rule, Rule)
        assert len({rule.title.vi, rule.title.en, rule.title.fr}) == 3
