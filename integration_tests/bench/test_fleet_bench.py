"""Every server of the bench serves a few cameras, once: what is measured means what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from citycam.cli.fleet_bench import built
from citycam.model.errors import EnvironmentFailure
from infra.images.programs import build_program
from infra.images.versions import versions
from simulators.bench.beyond import MODES, send
from simulators.bench.fleet import OurFleet
from simulators.bench.gortsplib import SOURCE, Gortsplib
from simulators.bench.gstreamer import GStreamer
from simulators.bench.load import Peer
from simulators.bench.mediamtx import FanOut, Publishers
from simulators.bench.plan import SD
from simulators.bench.reel import Reel
from simulators.bench.run import measure
from simulators.bench.sendloop import SendLoop
from simulators.bench.soak import soak

pytestmark = pytest.mark.docker

CAMERAS = 20


@pytest.fixture(scope="module")
def reel(tmp_path_factory: pytest.TempPathFactory) -> Reel:
    return Reel(SD, tmp_path_factory.mktemp("reel"))


@pytest.fixture(scope="module")
def peers() -> dict[str, Peer]:
    mediamtx = build_program("mediamtx", versions())
    return {
        "fleet": OurFleet(),
        "unmarked": OurFleet(marked=False),
        "loop": SendLoop(),
        "unmarked loop": SendLoop(marked=False),
        "publishers": Publishers(mediamtx),
        "fan-out": FanOut(mediamtx),
        "gstreamer": GStreamer(),
        "gortsplib": Gortsplib(built(SOURCE)),
    }


@pytest.mark.parametrize(
    "name",
    ["fleet", "unmarked", "loop", "unmarked loop", "publishers", "fan-out", "gstreamer", "gortsplib"],
)
def test_every_server_sends_every_frame(peers: dict[str, Peer], reel: Reel, name: str) -> None:
    run = measure(peers[name], reel, CAMERAS, 1.0)
    assert (run.lost, run.closed) == (0, 0)
    assert run.account.unsent in (None, 0)
    assert 0 < run.frames <= run.due + 2 * CAMERAS
    assert run.cpu_s > 0
    assert run.drain_cpu_s > 0
    assert run.memory > 0
    assert (run.account.lateness_ms is not None) == name.endswith(("fleet", "unmarked"))


def test_a_server_that_is_missing_is_said(reel: Reel) -> None:
    with pytest.raises(EnvironmentFailure, match="ended"):
        measure(Gortsplib(Path("/nowhere/gortsplib")), reel, 1, 0.1)


def test_a_soak_finds_that_ledger_and_reader_agree(reel: Reel) -> None:
    found = soak(reel, CAMERAS, 0.05, lambda _: None)
    figures = {figure.metric.partition(": ")[2]: figure for figure in found.figures()}
    assert sum(found.came) > 0
    for name in ("frames where ledger and reader differ", "frames that no line of the ledger tells of"):
        assert figures[name].value == 0, found


@pytest.mark.parametrize("mode", MODES)
def test_frames_go_out_by_other_calls_too(reel: Reel, tmp_path: Path, mode: str) -> None:
    reel.frames(tmp_path / "frames", 4)
    sent = send(mode, reel, tmp_path / "frames", CAMERAS, 1.0)
    assert sent.refused == 0
    assert sent.frames > 0
    assert sent.received > 0
