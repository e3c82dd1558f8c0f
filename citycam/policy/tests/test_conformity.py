from __future__ import annotations

import json
import random
from datetime import date
from typing import Any

import pytest

from citycam.inventory.record import CameraRecord, Contradiction
from citycam.policy.conformity import Assessment, assess
from citycam.policy.standard import Cost, Outcome, load_standards, rules_at
from citycam.policy.tests.records import record
from citycam.policy.waiver import Waiver, Waivers

DAY = date(2026, 11, 24)
RULES = rules_at(load_standards(), DAY)


def one(camera: CameraRecord, waivers: Waivers | None = None, day: date = DAY) -> Assessment:
    (assessment,) = assess([camera], RULES, day, waivers)
    return assessment


def waived(rule: str, expires: date) -> Waivers:
    return Waivers([Waiver(rule=rule, cameras=("cam-000001",), owner="Đội CNTT", reason="chờ vật tư", expires=expires)])


def test_a_sound_camera_conforms_and_costs_nothing() -> None:
    assessment = one(record())
    assert (assessment.outcome, assessment.cost) == (Outcome.CONFORMS, None)


@pytest.mark.parametrize(
    ("facts", "outcome", "cost"),
    [
        ({"retention_days": 7}, Outcome.MEASURES, Cost.LOW),
        ({"retention_days": 7, "codec": "mjpeg"}, Outcome.UPGRADE, Cost.MEDIUM),
        ({"codec": "mpeg4", "clock_error_s": None}, Outcome.REPLACE, Cost.HIGH),
        ({"clock_error_s": None}, Outcome.UNKNOWN, None),
        ({"clock_error_s": None, "retention_days": 7}, Outcome.UNKNOWN, Cost.LOW),
        ({"state": "removed", "codec": "mpeg4"}, Outcome.NOT_APPLICABLE, None),
    ],
)
def test_the_worst_rule_stands(facts: dict[str, Any], outcome: Outcome, cost: Cost | None) -> None:
    assessment = one(record(**facts))
    assert (assessment.outcome, assessment.cost) == (outcome, cost)


def test_without_any_rule_nothing_is_known() -> None:
    assert assess([record()], [], DAY)[0].outcome is Outcome.UNKNOWN


def test_evidence_names_fact_value_file_and_row() -> None:
    (result,) = one(record(fps=2)).as_data()["results"]
    assert (result["rule"], result["outcome"], result["remedy"], result["cost"]) == (
        "frame-rate",
        "upgrade",
        1,
        "medium",
    )
    assert result["evidence"] == [{"fact": "fps", "value": 2.0, "file": "ba-dinh.xlsx", "sheet": "Camera", "row": 7}]


def test_an_answer_is_json() -> None:
    data = one(record(purchased=date(2019, 1, 1), protection=("none",), onvif_profiles=None)).as_data()
    assert json.loads(json.dumps(data, default=str))["verdict"] == "upgrade"


def test_a_contradiction_that_matters_is_unknown_and_shown() -> None:
    told = record(contradictions=(Contradiction(field="codec", value='"mpeg4"', source=0),))
    assessment = one(told)
    assert assessment.outcome is Outcome.UNKNOWN
    (evidence,) = assessment.as_data()["results"][0]["evidence"]
    assert evidence["contradicted_by"] == ['"mpeg4"']


def test_a_contradiction_that_does_not_matter_is_nothing() -> None:
    told = record(
        contradictions=(
            Contradiction(field="codec", value='"h265"', source=0),
            Contradiction(field="uplink", value='{"bandwidth": 10000000}', source=0),
            Contradiction(field="purchased", value='"2026-09-01"', source=0),
        )
    )
    assert one(told).outcome is Outcome.CONFORMS


def test_a_source_that_leaves_out_a_part_does_not_contradict_it() -> None:
    slow = {"kind": "mobile", "bandwidth": 2_000_000}
    told = record(
        uplink=slow, contradictions=(Contradiction(field="uplink", value='{"bandwidth": 1000000}', source=0),)
    )
    (result,) = one(told).as_data()["results"]
    assert (result["rule"], result["remedy"]) == ("uplink", 1), "its kind is known from one of them"


def test_a_valid_waiver_makes_a_measure_of_a_failure() -> None:
    camera = record(codec="mpeg4")
    assessment = one(camera, waived("codec", date(2026, 11, 25)))
    assert assessment.outcome is Outcome.MEASURES
    (result,) = assessment.as_data()["results"]
    assert result["waiver"] == {
        "owner": "Đội CNTT",
        "reason": "chờ vật tư",
        "expires": "2026-11-25",
    }


def test_an_expired_waiver_counts_as_failure() -> None:
    expired = waived("retention-least", DAY)
    assert one(record(retention_days=7), expired).outcome is Outcome.UPGRADE, "it was only a measure before the waiver"
    assert one(record(retention_days=None), expired).outcome is Outcome.UPGRADE, "what is unknown fails too"
    assert one(record(codec="mpeg4"), waived("codec", DAY)).outcome is Outcome.REPLACE
    assert one(record(codec=None), waived("codec", DAY)).outcome is Outcome.UPGRADE


def test_a_camera_that_meets_the_rule_needs_no_waiver() -> None:
    assert one(record(), waived("codec", DAY)).outcome is Outcome.CONFORMS


def test_a_waiver_is_for_its_camera_and_rule_only() -> None:
    waivers = waived("codec", date(2027, 1, 1))
    assert one(record(2, codec="mpeg4"), waivers).outcome is Outcome.REPLACE
    assert one(record(fps=2), waivers).outcome is Outcome.UPGRADE


def test_cameras_with_the_same_facts_get_the_same_result_whatever_came_before() -> None:
    chance = random.Random(3)
    cameras = [
        record(
            n,
            codec=chance.choice(["h264", "mjpeg", None]),
            fps=chance.choice([5, 25, None]),
            protection=chance.choice([("vpn",), ("none",), None]),
            purchased=chance.choice([date(2019, 1, 1), date(2026, 8, 1), None]),
        )
        for n in range(1, 200)
    ]
    alone = [one(camera) for camera in cameras]
    assert assess(cameras, RULES, DAY) == alone
