"""The image of recorder-metrics beside a gateway."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families
from testcontainers.core.container import DockerContainer

from infra.images.build import build
from integration_tests.waiting import wait_for
from simulators.fleet.bench import free_port

from .gateway import HARDENED, LABEL, Site


@dataclass(frozen=True)
class Exporter:
    """What it says of each camera."""

    url: str

    def scrape(self) -> dict[str, dict[str, float]]:
        """Camera → metric (without the prefix they share) → value; nothing while it does not listen yet."""
        try:
            with urllib.request.urlopen(self.url, timeout=10) as answer:
                text = answer.read().decode()
        except OSError:
            return {}
        found: dict[str, dict[str, float]] = {}
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                if "camera" in sample.labels:
                    name = sample.name.removeprefix("citycam_recording_")
                    found.setdefault(sample.labels["camera"], {})[name] = sample.value
        return found


@contextmanager
def running_exporter(site: Site) -> Iterator[Exporter]:
    """The exporter over the site's folders, until the block ends."""
    address = f"127.0.0.1:{free_port()}"
    container = (
        DockerContainer(build(("recorder-metrics",))["recorder-metrics"])
        .with_kwargs(**HARDENED, labels=LABEL)
        .with_command(["--recordings", "/recordings", "--expected", "/config/cameras.json", "--listen", address])
        .with_volume_mapping(str(site.config), "/config", "ro")
        .with_volume_mapping(str(site.recordings), "/recordings", "ro")
    )
    with container:
        made = Exporter(f"http://{address}/metrics")
        wait_for(made.scrape, bool, "exporter that answers")
        yield made
