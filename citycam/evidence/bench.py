"""How fast the audit is: `python -m citycam.evidence.bench --cameras 400 --seconds 300`.

Makes an archive in a temporary folder (32 kB/s a camera at 10 frames/s), audits it warm in one process, and reads the
same files with PyAV (demux and watermark read, nothing else) as the peer. Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import av

from citycam.evidence.audit import audit
from citycam.evidence.ledger import Clock
from citycam.evidence.run import Marks, Run
from citycam.evidence.segment import segments_of
from citycam.evidence.tests import recorder
from citycam.model.camera import camera_id, number_of
from citycam.plan.plan import Plan
from citycam.wire import watermark

FPS = 10
BAR = 300_000.0
PEER_CAMERAS = 20
SCENE = recorder.Scene(gop=20, key_size=12_000, delta_size=2_660)
GATEWAY = "gateway-1"


def make(root: Path, cameras: int, seconds: int, segment_s: int = 20) -> tuple[Run, Plan]:
    """An archive of sound recordings; all cameras show the same pictures and differ in their watermarks."""
    run, clock, plan = Run.create(root, "bench"), Clock(recorder.EPOCH_NS, FPS, 1), recorder.plan_of(cameras, GATEWAY)
    frames = range(seconds * FPS)
    marks = Marks(clock.epoch_ns, clock.epoch_ns + seconds * 10**9)
    run.write_json("marks.json", {"start_ns": marks.start_ns, "stop_ns": marks.stop_ns})
    first = recorder.record(run, GATEWAY, camera_id(1), frames, clock, SCENE, segment_s * FPS)
    needle = watermark.PREFIX + watermark.camera_part(1)
    for one in first:
        content = one.path.read_bytes()
        for camera in plan.gateways[GATEWAY][1:]:
            path = run.archive / GATEWAY / camera / one.path.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.replace(needle, watermark.PREFIX + watermark.camera_part(number_of(camera))))
    recorder.write_ledger(run.ledger, plan.gateways[GATEWAY], frames, clock, marks.stop_ns)
    return run, plan


def audit_rate(run: Run, plan: Plan) -> float:
    """Frames per second of CPU time (all of it, kernel included) of the whole audit in one process.

    Raises:
        RuntimeError: a frame of the sound archive was not accounted for: the figure would mean nothing.
    """
    began = time.process_time()
    summary = audit(run, plan, workers=1)
    seconds = time.process_time() - began
    if summary.recorded_once != summary.frames_sent or summary.findings:
        raise RuntimeError(f"the archive is sound and the audit says otherwise: {summary}")
    return summary.frames_read / seconds


def peer_rate(run: Run, plan: Plan) -> float:
    """The same of PyAV: demux every packet of some cameras and read its watermark, no more."""
    frames, began = 0, time.process_time()
    for camera in plan.gateways[GATEWAY][:PEER_CAMERAS]:
        for path in segments_of(run.archive / GATEWAY / camera):
            with av.open(str(path)) as container:
                frames += sum(_watermarked(bytes(packet)) for packet in container.demux(video=0))
    return frames / (time.process_time() - began)


def _watermarked(sample: bytes) -> bool:
    at = 0
    while at < len(sample):
        size = int.from_bytes(sample[at : at + 4], "big")
        if sample[at + 4] & 0x1F == 6:
            return watermark.read(sample[at + 4 : at + 4 + size]) is not None
        at += 4 + size
    return False


def measure(run: Run, plan: Plan, runs: int) -> list[dict[str, Any]]:
    """Alternate both, after one warm-up each; rows as `make bench-…` writes them."""
    rates: dict[Callable[[Run, Plan], float], list[float]] = {audit_rate: [], peer_rate: []}
    for number in range(runs + 1):
        for rate, values in rates.items():
            value = rate(run, plan)
            if number:
                values.append(value)
    ours, peer = median(rates[audit_rate]), median(rates[peer_rate])
    return [
        {
            "metric": "archive audit on one core, warm files",
            "value": round(ours),
            "unit": "frames/s",
            "peer": round(peer),
            "peer_name": f"PyAV {av.__version__}: demux and watermark read, no media check, no accounting",
            "ratio": round(ours / peer, 1),
            "runs": [round(value) for value in rates[audit_rate]],
            "spread": round((max(rates[audit_rate]) - min(rates[audit_rate])) / ours, 3),
            "peer_runs": [round(value) for value in rates[peer_rate]],
            "bar": BAR,
            "holds": ours >= BAR,
            "load_average": os.getloadavg()[0],
        }
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the rows as JSON."""
    parser = argparse.ArgumentParser(prog="python -m citycam.evidence.bench", description=__doc__)
    parser.add_argument("--cameras", type=int, default=400)
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="where the archive is made; needs 32 kB a camera and second")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        began = time.perf_counter()
        run, plan = make(Path(folder), options.cameras, options.seconds)
        sys.stderr.write(f"archive made in {time.perf_counter() - began:.1f} s\n")
        sys.stdout.write(json.dumps(measure(run, plan, options.runs), indent=2) + "\n")


if __name__ == "__main__":
    main()
