"""Metrics through an edge from a real Prometheus that scrapes a real gateway and a real fleet."""

from __future__ import annotations

import http.server
import json
import socket
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from testcontainers.core.container import DockerContainer

from citycam.model.errors import EvidenceMissing
from infra.images.build import build
from loadtests.clients.edge import basic
from loadtests.probes.metrics import SCHEMA, collect_metrics
from loadtests.settings import Edge, LoadSettings

from .edge import Door
from .stand import GATEWAY, METRICS, NAME, OPERATOR, SILENT, Stand, wait_for

pytestmark = pytest.mark.docker
SECOND = 1_000_000_000


class Exporter(http.server.BaseHTTPRequestHandler):
    """One figure of the recorder's exporter: the newest frame of every camera is two seconds old."""

    def do_GET(self) -> None:
        body = "".join(
            f'citycam_recording_newest_frame_timestamp_seconds{{camera="cam-00000{number}"}} {time.time() - 2:.3f}\n'
            for number in range(1, 5)
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def recorder() -> Iterator[int]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Exporter) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.fixture(scope="module")
def prometheus(stand: Stand, recorder: int) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    label = {"gateway": GATEWAY}
    login = {"username": "prometheus", "password": METRICS}
    jobs = [
        {"job_name": "gateway", "basic_auth": login, "static_configs": [_target(stand.gateway_metrics, label)]},
        {"job_name": "recorder", "static_configs": [_target(recorder, label)]},
        {"job_name": "fleet", "static_configs": [_target(stand.fleet_metrics, {})]},
    ]
    config = stand.folder / "prometheus.json"  # JSON is YAML
    config.write_text(json.dumps({"global": {"scrape_interval": "1s"}, "scrape_configs": jobs}))
    config.chmod(0o644)
    container = DockerContainer(
        build(("monitoring",))["monitoring"], network_mode="host", labels={"citycam.environment": "test"}
    )
    container.with_volume_mapping(str(config), "/etc/prometheus/prometheus.yml", "ro")
    container.with_command(
        "prometheus --config.file=/etc/prometheus/prometheus.yml --storage.tsdb.path=/tmp/data "
        f"--web.listen-address=127.0.0.1:{port} --web.route-prefix=/prometheus/ "
        f"--web.external-url=https://{NAME}/prometheus/"
    )
    with container:
        wait_for(lambda: _ready(port), container.get_logs)
        yield port


def _ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/prometheus/-/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _target(port: int, labels: dict[str, str]) -> dict[str, object]:
    return {"targets": [f"127.0.0.1:{port}"], "labels": labels}


@pytest.fixture
def seen_by_edge() -> list[bytes]:
    return []


@pytest.fixture
def monitored(stand: Stand, prometheus: int, seen_by_edge: list[bytes]) -> Iterator[LoadSettings]:
    def note(first: bytes) -> bytes:
        seen_by_edge.append(first)
        return first

    door = Door(stand.authority.server_context(NAME), {NAME: ("127.0.0.1", prometheus)}, note)
    yield stand.settings.model_copy(update={"edges": [Edge(https=door.address, rtsps=door.address)]})
    door.close()


def test_every_metric_arrives_under_its_own_name(
    monitored: LoadSettings, seen_by_edge: list[bytes], tmp_path: Path
) -> None:
    out = tmp_path / "metrics.parquet"
    counts: dict[str, int] = {}

    def complete() -> bool:
        now = time.time_ns()
        counts.update(collect_metrics(monitored, now - 20 * SECOND, now, out, step_s=1.0))
        return all(counts.values())

    wait_for(complete, lambda: counts)
    table = pq.read_table(out)
    assert table.schema.equals(SCHEMA)

    def last(metric: str, camera: str = "") -> float:
        rows = table.filter(pc.and_(pc.equal(table["metric"], metric), pc.equal(table["camera"], camera)))
        return float(rows.sort_by("t_ns")["value"][-1].as_py())

    assert last("gateway_up") == 1
    assert last("path_ready", "cam-000001") == 1
    assert last("path_ready", SILENT) == 0
    assert 1 < last("frame_age_seconds", "cam-000004") < 10
    assert last("fleet_cpu_seconds") > 0
    assert last("fleet_rss_bytes") > 1_000_000
    assert last("fleet_lateness_p99_seconds") > 0
    gateways = table.filter(pc.equal(table["metric"], "path_ready"))["gateway"].unique().to_pylist()
    assert gateways == [GATEWAY]
    wanted = f"Authorization: {basic('operator', OPERATOR)}".encode()
    assert all(wanted in request for request in seen_by_edge)


def test_prometheus_that_cannot_be_reached_is_missing_evidence(stand: Stand, tmp_path: Path) -> None:
    nowhere = stand.settings.model_copy(update={"edges": [Edge(https="127.0.0.1:1", rtsps="127.0.0.1:1")]})
    with pytest.raises(EvidenceMissing, match="cannot fetch metrics from Prometheus") as found:
        collect_metrics(nowhere, 0, SECOND, tmp_path / "metrics.parquet")
    assert "refused" in found.value.why
    assert not (tmp_path / "metrics.parquet").exists()


def test_an_answer_that_is_not_prometheus_is_missing_evidence(stand: Stand, tmp_path: Path) -> None:
    """The stand's playback server answers here."""
    with pytest.raises(EvidenceMissing) as found:
        collect_metrics(stand.settings, 0, SECOND, tmp_path / "metrics.parquet")
    assert found.value.why.startswith("status 40")
    assert not (tmp_path / "metrics.parquet").exists()
