from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from citycam.evidence import thumbnails
from citycam.evidence.run import Run
from citycam.evidence.segment import file_name
from citycam.evidence.tests import recorder
from citycam.evidence.tests.recorder import EPOCH_NS


def film(path: Path, colour: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 704, 576, "yuv420p"
        noise = np.random.default_rng(1).integers(0, 40, (576, 704, 3), dtype=np.uint8)
        for _ in range(4):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(noise + np.uint8(colour), format="rgb24")))
        container.mux(stream.encode())


@pytest.fixture
def run(tmp_path: Path) -> Run:
    run = Run.create(tmp_path, "test")
    run.write_json("marks.json", {"start_ns": EPOCH_NS, "stop_ns": EPOCH_NS + 10**10})
    return run


def test_a_small_picture_of_each_chosen_camera(run: Run) -> None:
    for number in (1, 2, 3, 4):
        film(run.archive / "gateway-1" / f"cam-00000{number}" / file_name(EPOCH_NS), number * 50)
    pictures = thumbnails.extract(run, recorder.plan_of(4), limit=2)
    assert [path.name for path in pictures] == ["cam-000001.jpg", "cam-000003.jpg"]
    for path, colour in zip(pictures, (50, 150), strict=True):
        assert path.stat().st_size <= thumbnails.MAXIMUM_BYTES
        with Image.open(path) as image:
            assert image.size == (240, 196)
            assert abs(float(np.asarray(image).mean()) - colour - 20) < 20


def test_a_camera_without_a_picture_gets_none(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    broken = run.archive / "gateway-1" / "cam-000001" / file_name(EPOCH_NS)
    broken.parent.mkdir(parents=True)
    broken.write_bytes(b"no film")
    assert thumbnails.extract(run, recorder.plan_of(2), limit=8) == []
    assert "no picture from" in caplog.text
