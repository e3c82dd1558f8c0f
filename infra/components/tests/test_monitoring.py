from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from citycam.model.environment import Environment
from infra.components.tests.seen import files, mounts, volume
from infra.receiver import AlertReceiver
from infra.tests.mocked import Platform, canary, lab, stand

PARTS = ("prometheus", "alertmanager", "node-metrics", "probe")


def config(platform: Platform, name: str) -> Any:
    return YAML(typ="safe").load(platform.one("Config", name)["content"])


def ready_ports(platform: Platform) -> dict[str, int]:
    """The port that each part is known to listen on once it stands, by its name on the management network."""
    found = {}
    for service in platform.all("Service"):
        port = re.search(r"/127\.0\.0\.1/(\d+)$", platform.one("Service", service)["ready"][-1])
        for alias in platform.networks_of(service).get("management", []) if port else []:
            found[alias] = int(port[1]) if port else 0
    return found


def test_whatever_prometheus_asks_is_a_part_that_listens_there(platform: Platform) -> None:
    text = platform.one("Config", "prometheus-config")["content"]
    asked = {(name, int(port)) for name, port in re.findall(r"([a-z0-9-]+\.management):(\d+)", text)}
    asked |= {(lookup["names"][0], lookup["port"]) for lookup in _lookups(config(platform, "prometheus-config"))}
    ports = ready_ports(platform)
    gateways = {("gateway-1.management", 9998), ("gateway-2.management", 9998)}  # they say 8554 once they are ready
    assert gateways <= asked
    assert {(name, ports.get(name)) for name, _ in asked - gateways} == asked - gateways
    assert len(asked) == 9


def _lookups(document: Any) -> list[dict[str, Any]]:
    return [each for job in document["scrape_configs"] for each in job.get("dns_sd_configs", [])]


def test_every_part_that_has_metrics_is_asked(platform: Platform) -> None:
    text = platform.one("Config", "prometheus-config")["content"]
    assert [name for name in ready_ports(platform) if name not in text] == ["prometheus.management"]  # it asks itself
    assert "localhost:9090" in text


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [(None, ["database"]), (lab(), ["database-1", "database-2"])],
    ids=["one machine", "nodes"],
)
def test_the_probe_asks_every_member_of_the_database_by_its_name_on_its_network(
    tmp_path: Path, environment: Environment | None, wanted: list[str]
) -> None:
    told = stand(tmp_path, environment)
    [job] = [each for each in config(told, "prometheus-config")["scrape_configs"] if each["job_name"] == "database"]
    assert [(each["targets"], each["labels"]["database"]) for each in job["static_configs"]] == [
        ([f"{name}.service:5432"], name) for name in wanted
    ]
    for name in wanted:
        assert told.networks_of(name) == {"service": [f"{name}.service"]}
    assert set(told.networks_of("probe")) == {"management", "service"}


def test_each_program_finds_the_files_that_it_is_told_of(platform: Platform) -> None:
    for part in PARTS:
        seen = {**mounts(platform, part), **files(platform, part, "configs")}
        named = re.findall(r"=(/[^ ]+)", " ".join(platform.one("Service", part)["command"]))
        assert [
            path for path in named if path not in seen and path != "/alertmanager/" and path != "/prometheus/"
        ] == []
    loaded = config(platform, "prometheus-config")["rule_files"]
    assert set(loaded) <= files(platform, "prometheus", "configs").keys()
    probe = config(platform, "blackbox")["modules"]["edge_https"]["http"]["tls_config"]
    assert probe["ca_file"] in files(platform, "probe", "configs")


def test_its_files_belong_to_its_user(platform: Platform) -> None:
    for part in PARTS:
        for kind in ("secrets", "configs"):
            assert {owner for _, owner in files(platform, part, kind).values()} <= {10004}
    assert files(platform, "prometheus") == {"prometheus-password": ("prometheus-password", 10004)}


def test_the_probe_trusts_the_environments_own_authority(platform: Platform) -> None:
    assert platform.one("Config", "authority")["content"] == canary("ca.crt")
    assert files(platform, "probe", "configs")["/etc/prometheus/ca.crt"][0] == "authority"


def test_what_prometheus_has_measured_outlives_it(platform: Platform) -> None:
    assert mounts(platform, "prometheus")["/prometheus"]["source"] == volume(platform, "prometheus-volume")
    assert "--storage.tsdb.path=/prometheus" in platform.one("Service", "prometheus")["command"]


def test_the_node_is_seen_and_cannot_be_changed(platform: Platform) -> None:
    seen = mounts(platform, "node-metrics")
    assert {target: mount["source"] for target, mount in seen.items()} == {
        "/host/proc": "/proc",
        "/host/sys": "/sys",
        "/host/root": "/",
    }
    assert all(mount["read_only"] for mount in seen.values())


def test_links_lead_through_the_edge(platform: Platform) -> None:
    command = platform.one("Service", "prometheus")["command"]
    assert "--web.external-url=https://citycam.internal:8443/prometheus/" in command
    assert "--web.route-prefix=/prometheus/" in command


ALERTMANAGER = "/etc/prometheus/alertmanager.yml"
WEBHOOK = "https://alerts.example/citycam"


def test_alerts_go_nowhere_unless_somebody_is_named(platform: Platform) -> None:
    assert config(platform, "alertmanager")["receivers"] == [{"name": "city"}]
    assert set(files(platform, "alertmanager", "configs")) == {ALERTMANAGER}
    assert files(platform, "alertmanager") == {}


@pytest.mark.parametrize("environment", [None, lab()], ids=["one machine", "nodes"])
def test_a_receiver_is_reached_over_the_network_that_leads_out_and_its_token_is_a_secret(
    tmp_path: Path, environment: Environment | None
) -> None:
    told = stand(tmp_path, environment, receiver=AlertReceiver(WEBHOOK, canary("token"), canary("authority")))
    [city] = config(told, "alertmanager")["receivers"]
    assert city["webhook_configs"] == [
        {
            "url": WEBHOOK,
            "http_config": {
                "follow_redirects": False,
                "authorization": {"credentials_file": "/run/secrets/receiver-token"},
                "tls_config": {"ca_file": "/etc/prometheus/receiver.crt"},
            },
        }
    ]
    assert set(told.networks_of("alertmanager")) == {"management", "service"}
    assert files(told, "alertmanager") == {"receiver-token": ("receiver-token", 10004)}
    assert set(files(told, "alertmanager", "configs")) == {ALERTMANAGER, "/etc/prometheus/receiver.crt"}
    assert told.one("Secret", "receiver-token")["content"] == canary("token")
    assert told.one("Config", "receiver")["content"] == canary("authority")
    assert canary("token") not in told.open


def test_a_receiver_needs_neither_a_token_nor_an_authority(tmp_path: Path) -> None:
    told = stand(tmp_path, receiver=AlertReceiver("http://192.0.2.1/"))
    [city] = config(told, "alertmanager")["receivers"]
    assert city["webhook_configs"] == [{"url": "http://192.0.2.1/", "http_config": {"follow_redirects": False}}]
    assert files(told, "alertmanager") == {}
