"""How fast the audit is: a warm archive, in one process, against PyAV reading the same files.

PyAV demuxes and reads the watermarks, nothing else; the audit also accounts for every frame and checks its bytes.
Rates are per second of CPU time, so that another program on the machine does not change them.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import av

from citycam.evidence.audit import audit
from citycam.evidence.ledger import Clock
from citycam.evidence.run import Marks, Run
from citycam.evidence.segment import segments_of
from citycam.evidence.tests import recorder
from citycam.evidence.tests.scene import Scene
from citycam.model.camera import camera_id, number_of
from citycam.model.figure import Bar, Figure
from citycam.plan.plan import Plan
from citycam.wire import watermark

FPS = 10
BAR = Bar(300_000, "more")
PEER_CAMERAS = 20
SCENE = Scene(gop=20, key_size=12_000, delta_size=2_660)
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


def measure(run: Run, plan: Plan, runs: int) -> Figure:
    """Alternate both, after one warm-up each."""
    ours: list[float] = []
    peer: list[float] = []
    for number in range(runs + 1):
        rates = audit_rate(run, plan), peer_rate(run, plan)
        if number:
            ours.append(rates[0])
            peer.append(rates[1])
    name = f"PyAV {av.__version__}, demux and watermark read alone"
    return Figure("archive audit, warm files", "frames per s of CPU", tuple(ours), BAR, name, tuple(peer))


def figures(cameras: int = 400, seconds: int = 300, runs: int = 5, folder: Path | None = None) -> list[Figure]:
    """Make an archive in a temporary folder (32 kB a camera and second) and measure."""
    with tempfile.TemporaryDirectory(dir=folder) as made:
        return [measure(*make(Path(made), cameras, seconds), runs)]
