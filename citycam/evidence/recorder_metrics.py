"""Prometheus metrics of what a gateway has really written: `python -m citycam.evidence.recorder_metrics`.

A gateway calls a camera ready also when the disk is full; only frames on disk count.
"""

from __future__ import annotations

import argparse
import json
import logging
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from prometheus_client import REGISTRY, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from citycam.evidence.follower import Follower, look_at_all

log = logging.getLogger(__name__)


class Recordings(Collector):
    """The cameras that should be recorded into a folder, and what is there of them."""

    def __init__(self, recordings: Path, expected: Path) -> None:
        """`recordings` holds `<camera>/<segment>`; `expected` is a JSON list of camera ids."""
        self._recordings, self._expected = recordings, expected
        self._followers: dict[str, Follower] = {}
        self._read_ns = -1
        self._lock = threading.Lock()
        self._looks = 0.0

    def look(self) -> None:
        """Notice what was written since the last look, and cameras that came or went."""
        began = time.thread_time()
        with self._lock:
            self._read_expected()
            look_at_all(self._followers.values())
        self._looks += time.thread_time() - began

    def collect(self) -> Iterator[Metric]:
        """The metrics, one sample a camera; a camera without a frame on disk has none but `expected`."""
        now = time.time()
        newest = GaugeMetricFamily(
            "citycam_recording_newest_frame_timestamp_seconds",
            "When the newest frame on disk was sent.",
            labels=_CAMERA,
        )
        age = GaugeMetricFamily(
            "citycam_recording_segment_age_seconds", "Time since the newest segment began.", labels=_CAMERA
        )
        expected = GaugeMetricFamily("citycam_recording_expected", "1: this camera is to be recorded.", labels=_CAMERA)
        written = CounterMetricFamily("citycam_recording_bytes", "Bytes on disk seen by this process.", labels=_CAMERA)
        frames = CounterMetricFamily("citycam_recording_frames", "Frames on disk seen by this process.", labels=_CAMERA)
        gaps = CounterMetricFamily("citycam_recording_gaps", "Jumps in frame numbers seen on disk.", labels=_CAMERA)
        with self._lock:
            for camera, one in self._followers.items():
                label = [camera]
                expected.add_metric(label, 1)
                written.add_metric(label, one.bytes)
                frames.add_metric(label, one.frames)
                gaps.add_metric(label, one.gaps)
                if one.newest_ns:
                    newest.add_metric(label, one.newest_ns / 1e9)
                if one.segment_ns:
                    age.add_metric(label, now - one.segment_ns / 1e9)
        looks = CounterMetricFamily("citycam_recording_look_cpu_seconds", "CPU time spent looking.")
        looks.add_metric([], self._looks)
        yield from (newest, age, expected, written, frames, gaps, looks)

    def _read_expected(self) -> None:
        """Read the list again when the file was replaced; a broken one is refused and the old list stays."""
        try:
            changed = self._expected.stat().st_mtime_ns
            if changed == self._read_ns:
                return
            cameras = json.loads(self._expected.read_text(encoding="utf-8"))
            if not isinstance(cameras, list) or not all(isinstance(camera, str) for camera in cameras):
                raise ValueError("not a list of camera ids")
        except (OSError, ValueError) as error:
            log.warning("%s: %s; %d cameras stay as they were", self._expected, error, len(self._followers))
            return
        self._followers = {
            camera: self._followers.get(camera) or Follower(self._recordings / camera) for camera in sorted(cameras)
        }
        self._read_ns = changed
        log.info("%d cameras are expected", len(cameras))


_CAMERA = ("camera",)


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve metrics until a signal ends it."""
    options = _options(arguments)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    recordings = Recordings(options.recordings, options.expected)
    recordings.look()
    REGISTRY.register(recordings)
    host, _, port = options.listen.rpartition(":")
    server, thread = start_http_server(int(port), addr=host)
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    log.info("listening on %s", options.listen)
    while not stop.wait(options.interval):
        recordings.look()
    server.shutdown()
    thread.join()


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="recorder_metrics", description=__doc__)
    parser.add_argument("--recordings", type=Path, required=True, help="folder of <camera>/<segment>")
    parser.add_argument("--expected", type=Path, required=True, help="JSON list of the cameras to be recorded")
    parser.add_argument("--listen", default="127.0.0.1:9465", help="host:port")
    parser.add_argument("--interval", type=float, default=1.0, help="seconds between looks")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
