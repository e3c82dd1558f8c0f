from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docker
import docker.errors
import pytest
from ruamel.yaml import YAML

from citycam.model.environment import load_environment
from citycam.model.workspace import PROJECT
from infra.config import FOLDER, render
from infra.images.build import build

pytestmark = pytest.mark.docker

Promtool = Callable[..., str]
RULES = YAML(typ="safe").load(FOLDER / "alerts.yml")
ALERTS = [rule["alert"] for group in RULES["groups"] for rule in group["rules"]]
CASES = sorted(file.name for file in FOLDER.glob("tests/*_test.yml"))

BREAKS = {
    "a threshold": ("> 30 and on", "> 300 and on"),
    "a time to wait": ("for: 15s", "for: 1m"),
    "a label": ("{severity: warning}", "{severity: critical}"),
    "what is said": ("nobody knows what", "somebody knows what"),
    "backups on one machine": (
        'absent(citycam_backup_success_time_seconds{kind="incr"}) and on () up{job="node", node!=""}',
        'absent(citycam_backup_success_time_seconds{kind="incr"})',
    ),
    "an edge that is gone": (' or absent(up{job="edge"})', ""),
    "a machine's metrics that are gone": (' or absent(up{job="node"})', ""),
    "a probe that is dead": ('absent(up{job="edge"})', 'absent(probe_success{job="edge"})'),
    "the cameras that count": ("and on (gateway, camera) citycam_recording_expected == 1", ""),
    "the file systems that count": ('{fstype!~"tmpfs|overlay|squashfs"}', ""),
}


@pytest.fixture
def rules(folder: Path) -> Path:
    """A copy of the rules and their tests, which a test may break."""
    copy = Path(shutil.copytree(FOLDER, folder / "config", dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.py*")))
    for each in (copy, *copy.rglob("*")):
        each.chmod(0o755 if each.is_dir() else 0o644)
    return copy


@pytest.fixture
def promtool(engine: docker.DockerClient, rules: Path) -> Promtool:
    """promtool of the monitoring image, in the folder of the rules; raises ContainerError when it finds a mistake."""

    def run(*arguments: str) -> str:
        output = engine.containers.run(
            build(("monitoring",))["monitoring"],
            ["promtool", *arguments],
            working_dir="/config/tests",
            volumes={str(rules): {"bind": "/config", "mode": "ro"}},
            network_mode="none",
            read_only=True,
            cap_drop=["ALL"],
            tmpfs={"/tmp": ""},
            remove=True,
            stdout=True,
            stderr=True,
        )
        return str(output.decode())

    return run


def changed(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_every_alert_fires_for_its_cause_and_for_nothing_else(promtool: Promtool) -> None:
    assert "SUCCESS" in promtool("test", "rules", *CASES)


@pytest.mark.parametrize("what", list(BREAKS))
def test_a_rule_that_is_broken_does_not_pass(promtool: Promtool, rules: Path, what: str) -> None:
    changed(rules / "alerts.yml", *BREAKS[what])
    with pytest.raises(docker.errors.ContainerError, match="FAILED"):
        promtool("test", "rules", *CASES)


def test_alerts_that_never_fire_do_not_pass(promtool: Promtool, rules: Path) -> None:
    silent: dict[str, Any] = YAML(typ="safe").load(rules / "alerts.yml")
    for rule in (rule for group in silent["groups"] for rule in group["rules"]):
        rule["expr"] = "vector(0) > 1"
    YAML(typ="safe").dump(silent, rules / "alerts.yml")
    with pytest.raises(docker.errors.ContainerError) as failed:
        promtool("test", "rules", *CASES)
    assert set(re.findall(r"alertname: (\w+)", str(failed.value))) == set(ALERTS)


NODES = {"node-1": "198.51.100.11", "site-1": "198.51.100.12"}


def configuration(rules: Path, nodes: dict[str, str]) -> None:
    """Write what Prometheus is given in the stack, with the rules where they are in this container."""
    environment = load_environment(PROJECT / "environments/local.yaml")
    text = render(
        "prometheus.yml.j2",
        environment=environment.name,
        gateways=environment.gateway_names,
        fleet=["fleet"],
        nodes=nodes,
        databases=["database-1", "database-2"] if nodes else ["database"],
        https_port=environment.edge.https_port,
    )
    file = rules / "prometheus.yml"
    file.write_text(text.replace("/etc/prometheus/", "/config/").replace("/run/secrets/", "/config/"), encoding="utf-8")
    file.chmod(0o644)
    (rules / "prometheus-password").touch(mode=0o644)


@pytest.mark.parametrize("nodes", [{}, NODES], ids=["one machine", "nodes"])
def test_prometheus_understands_what_it_is_given(promtool: Promtool, rules: Path, nodes: dict[str, str]) -> None:
    configuration(rules, nodes)
    said = promtool("check", "config", "/config/prometheus.yml")
    assert f"SUCCESS: {len(ALERTS)} rules found" in said
    assert "SUCCESS: /config/prometheus.yml is valid prometheus config file syntax" in said


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("scrape_timeout: 4s", "scrape_timeout: 6s", "scrape timeout greater than scrape interval"),
        ("password_file:", "pass_file:", "field pass_file not found"),
        ("/config/alerts.yml", "/config/alarms.yml", '"/config/alarms.yml" does not point to an existing file'),
    ],
)
def test_prometheus_refuses_what_it_does_not_understand(
    promtool: Promtool, rules: Path, old: str, new: str, said: str
) -> None:
    configuration(rules, {})
    changed(rules / "prometheus.yml", old, new)
    with pytest.raises(docker.errors.ContainerError, match=said):
        promtool("check", "config", "/config/prometheus.yml")
