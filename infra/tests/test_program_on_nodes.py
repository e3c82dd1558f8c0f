from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from infra.tests.mocked import Platform, lab, local, stand

GATEWAYS = [f"gateway-{number}" for number in range(1, 7)]
ON_NODE = "/var/lib/citycam/lab"


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    return stand(tmp_path_factory.mktemp("platform"), lab())


def placement(platform: Platform, service: str) -> list[str]:
    found: list[str] = platform.one("Service", service)["placement"]
    return found


def test_a_gateway_runs_where_its_label_is_and_its_metrics_beside_it(platform: Platform) -> None:
    for number, gateway in enumerate(GATEWAYS, start=1):
        wanted = [f"node.labels.citycam.gateway.{gateway} == yes"]
        assert placement(platform, gateway) == placement(platform, f"recorder-metrics-{number}") == wanted


def test_all_else_runs_in_its_pool_and_what_there_is_one_of_on_one_node(platform: Platform) -> None:
    rest = {name: placement(platform, name) for name in platform.all("Service")}
    chosen = {name: rest[name] for name in ("edge", "alertmanager", "probe", "prometheus", "fleet-1")}
    assert chosen == {
        "edge": ["node.labels.citycam.pool.edge == yes"],
        "alertmanager": ["node.labels.citycam.pool.platform == yes"],
        "probe": ["node.labels.citycam.pool.platform == yes"],
        "prometheus": ["node.labels.citycam.node == node-5"],
        "fleet-1": ["node.labels.citycam.node == site-1"],
    }
    assert [name for name, constraints in rest.items() if not constraints] == []


def test_on_one_machine_nothing_is_constrained(tmp_path: Path) -> None:
    platform = stand(tmp_path, local())
    assert [name for name in platform.all("Service") if placement(platform, name)] == []


def test_there_is_an_edge_on_each_of_its_nodes_and_one_of_everything_else(platform: Platform) -> None:
    counts = Counter({name: int(platform.one("Service", name)["replicas"]) for name in platform.all("Service")})
    assert {name: count for name, count in counts.items() if count != 1} == {"edge": 2}


def test_data_are_folders_of_the_nodes_and_no_volume_of_an_engine(platform: Platform) -> None:
    assert platform.all("Volume") == {}
    for name in platform.all("Service"):
        for mount in platform.one("Service", name)["mounts"]:
            assert mount["type"] in ("bind", "tmpfs"), name
            assert mount["type"] == "tmpfs" or mount["source"].startswith(f"{ON_NODE}/"), name
    sources = {mount["target"]: mount["source"] for mount in platform.one("Service", "gateway-2")["mounts"]}
    assert sources == {
        "/config": f"{ON_NODE}/gateways/gateway-2",
        "/recordings": f"{ON_NODE}/recordings/gateway-2",
    }


def test_a_gateway_that_moved_starts_after_a_second(platform: Platform, tmp_path: Path) -> None:
    assert platform.one("Service", "gateway-1")["restart_delay"] == 1
    assert stand(tmp_path, local()).one("Service", "gateway-1")["restart_delay"] == 2


def test_logs_go_to_the_journal_of_each_node(platform: Platform, tmp_path: Path) -> None:
    assert {platform.one("Service", name)["log"] for name in platform.all("Service")} == {""}
    alone = stand(tmp_path, local())
    assert {alone.one("Service", name)["log"] for name in alone.all("Service")} == {"json-file"}


def test_the_camera_lan_is_the_vlan_with_addresses_that_lie_on_each_node(platform: Platform) -> None:
    lan = platform.one("Network", "camera-lan")
    assert (lan["driver"], lan["internal"]) == ("macvlan", True)
    assert lan["config_from"] == "citycam-lab-camera-lan-addresses"
    assert sorted(platform.all("Network")) == ["camera-lan", "management", "service"]


def test_overlays_are_encrypted_unless_the_environment_says_that_they_cannot_be(
    platform: Platform, tmp_path: Path
) -> None:
    assert [platform.one("Network", name)["encrypted"] for name in ("management", "service")] == [False, False]
    city = lab().model_copy(update={"networks": lab().networks.model_copy(update={"encrypted": True})})
    encrypted = stand(tmp_path, city)
    assert [encrypted.one("Network", name)["encrypted"] for name in ("management", "service")] == [True, True]


def scraped(platform: Platform) -> dict[str, Any]:
    document = YAML(typ="safe").load(platform.one("Config", "prometheus-config")["content"])
    return {job["job_name"]: job for job in document["scrape_configs"]}


def test_prometheus_asks_every_node_by_name_and_every_edge(platform: Platform) -> None:
    jobs = scraped(platform)
    nodes = {each["labels"]["node"]: each["targets"] for each in jobs["node"]["static_configs"]}
    assert nodes == {f"node-{k}": [f"192.0.2.{k}:9100"] for k in range(1, 6)} | {"site-1": ["192.0.2.6:9100"]}
    assert jobs["edge"]["dns_sd_configs"][0] | {"refresh_interval": ""} == {
        "names": ["edge.management"],
        "type": "A",
        "port": 8443,
        "refresh_interval": "",
    }
    assert jobs["fleet"]["static_configs"] == [{"targets": ["fleet-1.management:9464"]}]
    assert len(jobs["gateway"]["static_configs"]) == len(jobs["recorder"]["static_configs"]) == 6


def test_prometheus_reaches_nodes_over_the_network_that_leads_out_and_nobody_watches_them_twice(
    platform: Platform,
) -> None:
    assert set(platform.networks_of("prometheus")) == {"management", "service"}
    assert platform.one("Network", "service")["internal"] is False
    assert "node-metrics" not in platform.all("Service")


def test_users_are_told_the_first_edge(platform: Platform) -> None:
    assert (platform.outputs["edge_https"], platform.outputs["edge_rtsps"]) == ("192.0.2.4:8443", "192.0.2.4:8322")


def test_several_sites_play_the_cameras_of_a_part_of_the_range_each(tmp_path: Path) -> None:
    environment = lab()
    assert environment.nodes is not None
    pools = environment.nodes.pools.model_copy(update={"fleet": ["site-1", "site-2", "site-3"]})
    nodes = environment.nodes.model_copy(update={"pools": pools})
    platform = stand(tmp_path, environment.model_copy(update={"nodes": nodes}))
    told = {name: platform.one("Service", name) for name in platform.all("Service") if name.startswith("fleet")}
    assert {name: (service["placement"], service["env"][0]) for name, service in told.items()} == {
        "fleet-1": (["node.labels.citycam.node == site-1"], "CAMERA_RANGE=198.18.64.0/20"),
        "fleet-2": (["node.labels.citycam.node == site-2"], "CAMERA_RANGE=198.18.80.0/20"),
        "fleet-3": (["node.labels.citycam.node == site-3"], "CAMERA_RANGE=198.18.96.0/20"),
    }


def test_a_stack_on_nodes_that_does_not_stand_keeps_its_credentials(tmp_path: Path) -> None:
    down = stand(tmp_path, lab(), standing=False)
    assert {each.kind for each in down.declared} == {"Credentials", "MemberCredentials", "Random", "Storage"}
