"""Fetch what monitoring saw during a run: Prometheus through the edge, under names of our own."""

from __future__ import annotations

import http.client
import json
import logging
import math
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pyarrow as pa
import pyarrow.parquet as pq

from citycam.model.errors import EvidenceMissing
from loadtests.clients.edge import EdgeConnection, basic, first_answering, trust
from loadtests.settings import LoadSettings

logger = logging.getLogger(__name__)

TIMEOUT_S = 60.0
STEP_S = 5.0
"""The scrape interval."""

MAX_POINTS = 10_000
"""Prometheus refuses more than 11,000 points in a series."""

SCHEMA = pa.schema(
    (
        pa.field("t_ns", pa.int64()),
        pa.field("metric", pa.string()),
        pa.field("camera", pa.string()),
        pa.field("gateway", pa.string()),
        pa.field("value", pa.float64()),
    )
)

QUERIES = {
    "gateway_up": 'max by (gateway) (up{job="gateway"})',
    # MediaMTX moves a path between the series state="ready" and state="notReady"; without paths it says `paths 0`.
    "path_ready": 'max by (gateway, name) (paths{job="gateway",name!="",state="ready"})'
    ' or 0 * max by (gateway, name) (paths{job="gateway",name!=""})',
    "frame_age_seconds": "time() - max by (gateway, camera) (citycam_recording_newest_frame_timestamp_seconds)",
    "fleet_cpu_seconds": 'max(process_cpu_seconds_total{job="fleet"})',
    "fleet_rss_bytes": 'max(process_resident_memory_bytes{job="fleet"})',
    "fleet_lateness_p99_seconds": "histogram_quantile(0.99, sum by (le) "
    "(rate(citycam_fleet_send_lateness_seconds_bucket[30s])))",
}
"""Our name → PromQL."""


@dataclass(frozen=True)
class Window:
    """Times to fetch: every `step_s` seconds from `start_ns` to `stop_ns` (since 1970), but not `start_ns` itself.

    What Prometheus knows at an instant was measured up to a scrape interval earlier; the first value must not tell of
    the time before the window. So `step_s` should be the scrape interval.
    """

    start_ns: int
    stop_ns: int
    step_s: float

    def pieces(self) -> list[tuple[float, float]]:
        """The window in seconds, cut so that no answer holds more than `MAX_POINTS` points a series."""
        stop = self.stop_ns / 1e9
        start = min(self.start_ns / 1e9 + self.step_s, stop)
        last = int((stop - start) // self.step_s)
        return [
            (start + first * self.step_s, start + min(first + MAX_POINTS - 1, last) * self.step_s)
            for first in range(0, last + 1, MAX_POINTS)
        ]


def collect_metrics(
    settings: LoadSettings, start_ns: int, stop_ns: int, out: Path, *, step_s: float = STEP_S
) -> dict[str, int]:
    """Fetch every metric of `QUERIES` and write `out` (`metrics.parquet`); how many values each has.

    A metric that nothing exports has no rows: a criterion that needs it is then unknown.

    Raises:
        EvidenceMissing: Prometheus cannot be asked; nothing is written.
    """
    window = Window(start_ns, stop_ns, step_s)
    rows: list[dict[str, Any]] = []
    prometheus = _Prometheus(settings)
    for metric, query in QUERIES.items():
        for start, stop in window.pieces():
            rows += [row for series in prometheus.range(query, start, stop, step_s) for row in _rows(metric, series)]
    pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), out)
    counts = Counter(row["metric"] for row in rows)
    absent = [metric for metric in QUERIES if not counts[metric]]
    if absent:
        logger.warning("monitoring has nothing about: %s", ", ".join(absent))
    return {metric: counts[metric] for metric in QUERIES}


def _rows(metric: str, series: dict[str, Any]) -> list[dict[str, Any]]:
    labels = series["metric"]
    camera = labels.get("camera") or labels.get("name", "")
    values = ((float(t), float(value)) for t, value in series["values"])
    return [
        {
            "t_ns": round(t * 1e9),
            "metric": metric,
            "camera": camera,
            "gateway": labels.get("gateway", ""),
            "value": value,
        }
        for t, value in values
        if math.isfinite(value)
    ]


class _Prometheus:
    """The query API behind the edge."""

    def __init__(self, settings: LoadSettings) -> None:
        self._context = trust(settings.ca_file)
        self._settings = first_answering(settings, self._context)
        password = settings.operator_password.get_secret_value()
        self._headers = {"Authorization": basic(settings.operator_user, password), "Accept": "application/json"}

    def range(self, query: str, start: float, stop: float, step_s: float) -> list[dict[str, Any]]:
        """The matrix of a range query."""
        form = urlencode({"query": query, "start": f"{start:.3f}", "end": f"{stop:.3f}", "step": f"{step_s:g}"})
        connection = EdgeConnection(self._settings.edge.https, self._settings.edge_name, self._context, TIMEOUT_S)
        try:
            connection.request("GET", f"/prometheus/api/v1/query_range?{form}", headers=self._headers)
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise self._missing(str(error) or type(error).__name__) from error
        finally:
            connection.close()
        try:
            document = json.loads(body)
            if answer.status != http.client.OK or document["status"] != "success":
                raise self._missing(f"status {answer.status}: {document.get('error', '')}")
            matrix: list[dict[str, Any]] = document["data"]["result"]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            text = body[:120].decode("utf-8", "replace")
            raise self._missing(f"status {answer.status}, no answer of Prometheus: {text}") from error
        return matrix

    def _missing(self, why: str) -> EvidenceMissing:
        return EvidenceMissing(
            "cannot fetch metrics from Prometheus",
            where=f"https://{self._settings.edge_name} at {self._settings.edge.https}/prometheus/",
            why=why,
            next="look at the state of the edge and Prometheus: citycam stack status",
        )
