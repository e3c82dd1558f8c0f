"""That promtool runs these rules and their tests is shown where the program is: integration_tests/images."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from citycam.evidence.recorder_metrics import Recordings
from citycam.model.workspace import PROJECT
from infra.config import FOLDER, plain, render

RULES = [rule for group in YAML(typ="safe").load(plain("alerts.yml"))["groups"] for rule in group["rules"]]
CASES: list[dict[str, Any]] = [
    case for file in sorted(FOLDER.glob("tests/*_test.yml")) for case in YAML(typ="safe").load(file)["tests"]
]
ROLES, CLOCK = PROJECT / "playbooks/roles", "time_sync/files/clock-metrics"
NAMES = [rule["alert"] for rule in RULES]


def expected(alert: str) -> list[list[Any]]:
    """What each check of an alert expects to fire."""
    checks = [each for case in CASES for each in case["alert_rule_test"] if each["alertname"] == alert]
    return [each["exp_alerts"] for each in checks]


@pytest.mark.parametrize("alert", NAMES)
def test_every_alert_is_tested_before_and_after_its_cause_lasts_long_enough(alert: str) -> None:
    assert any(expected(alert)), "no test in which it fires"
    counts = {len(alerts) for alerts in expected(alert)}
    assert len(counts) > 1, "no test in which something does not fire"


def test_every_alert_says_how_bad_it_is_what_happened_and_what_to_do_and_waits_for_a_blip_to_pass() -> None:
    assert len(NAMES) == len(set(NAMES))
    for rule in RULES:
        assert rule["labels"]["severity"] in ("critical", "warning"), rule["alert"]
        assert rule["annotations"].keys() == {"summary", "next"}, rule["alert"]
        assert rule["for"], rule["alert"]


def test_rules_ask_about_jobs_that_are_scraped() -> None:
    text = render(
        "prometheus.yml.j2",
        environment="local",
        gateways=["g"],
        fleet=["f"],
        nodes={},
        databases=["d"],
        https_port=8443,
    )
    document = YAML(typ="safe").load(text)
    scraped = {job["job_name"] for job in document["scrape_configs"]}
    asked = set(re.findall(r'job="([a-z]+)"', plain("alerts.yml")))
    assert asked == {"gateway", "recorder", "edge", "node", "database"}
    assert asked <= scraped


@pytest.mark.parametrize(("nodes", "told"), [({}, {"node"}), ({"node-1": "198.51.100.11"}, {"edge"})])
def test_a_job_whose_targets_a_name_server_tells_is_down_too_when_it_tells_of_none(
    nodes: dict[str, str], told: set[str]
) -> None:
    text = render(
        "prometheus.yml.j2",
        environment="city",
        gateways=["g"],
        fleet=["f"],
        nodes=nodes,
        databases=["d"],
        https_port=8443,
    )
    by_name = {job["job_name"] for job in YAML(typ="safe").load(text)["scrape_configs"] if "dns_sd_configs" in job}
    asked = set(re.findall(r'\{job="([a-z]+)"[^}]*\} == 0', plain("alerts.yml")))
    assert by_name & asked == told
    assert told <= set(re.findall(r'absent\(up\{job="([a-z]+)"\}\)', plain("alerts.yml")))


def test_rules_ask_about_metrics_that_the_recorder_or_a_host_has(tmp_path: Path) -> None:
    (tmp_path / "expected.json").write_text('["cam-000001"]', encoding="ascii")
    has = {metric.name for metric in Recordings(tmp_path, tmp_path / "expected.json").collect()}
    asked = set(re.findall(r"citycam_[a-z_]+(?![.a-z_\[])", plain("alerts.yml")))
    of_host = {
        "citycam_backup_success_time_seconds": "database_backup/templates/run.j2",
        "citycam_clock_error_bound_seconds": CLOCK,
        "citycam_clock_synchronised": CLOCK,
    }
    of_recorder = {"citycam_recording_expected", "citycam_recording_newest_frame_timestamp_seconds"}
    assert asked == of_recorder | of_host.keys()
    assert of_recorder <= has
    for metric, file in of_host.items():
        assert metric in (ROLES / file).read_text(encoding="utf-8")


def test_a_clock_is_too_wrong_when_the_technical_standard_says_so_of_a_camera() -> None:
    standard = YAML(typ="safe").load(PROJECT / "citycam/policy/standards/4-evidence.yaml")
    [limit] = [rule["requires"]["within"] for rule in standard["rules"] if rule["id"] == "time-accuracy"]
    [wrong] = [rule["expr"] for rule in RULES if rule["alert"] == "ClockWrong"]
    assert wrong == f"citycam_clock_error_bound_seconds > {limit}"


def test_the_clocks_file_is_the_one_that_is_written() -> None:
    [unknown] = [rule["expr"] for rule in RULES if rule["alert"] == "ClockUnknown"]
    [pattern] = re.findall(r'file=~"([^"]+)"', unknown)
    [written] = re.findall(r'"(citycam_clock.*prom)"', (ROLES / CLOCK).read_text(encoding="utf-8"))
    assert re.fullmatch(pattern, f"/var/lib/prometheus/node-exporter/{written}")


def test_only_alerts_that_exist_are_inhibited_by_alerts_that_exist() -> None:
    rules = YAML(typ="safe").load(render("alertmanager.yml.j2", receiver=None))["inhibit_rules"]
    matchers = [matcher for rule in rules for matcher in (*rule["source_matchers"], *rule["target_matchers"])]
    named = {name for matcher in matchers for name in re.findall(r"[A-Z][A-Za-z]+", matcher)}
    assert named == {"GatewayDown", "CameraNotRecording", "CameraNeverRecorded"}
    assert named <= set(NAMES)
