import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from citycam.evidence.ledger import SECOND, Clock
from citycam.evidence.run import Marks, Run, written_since
from citycam.evidence.segment import file_name
from citycam.evidence.tests.recorder import EPOCH_NS, plan_of, segment
from citycam.evidence.tests.scene import Scene
from citycam.model.errors import EvidenceInvalid, EvidenceMissing

NOW = datetime(2026, 11, 23, 23, 40, tzinfo=UTC)
SAMPLES = Scene().samples(1, 0, 40, Clock(EPOCH_NS, 10, 1))


def test_each_run_has_its_folder_and_latest_points_at_the_newest(tmp_path: Path) -> None:
    runs = [Run.create(tmp_path, "smoke", NOW) for _ in range(3)]
    assert [run.root.name for run in runs] == [
        "2026-11-23T23-40-00Z",
        "2026-11-23T23-40-00Z-2",
        "2026-11-23T23-40-00Z-3",
    ]
    assert runs[0].id == "smoke-2026-11-23T23-40-00Z"
    assert (tmp_path / "latest").resolve() == runs[2].root.resolve()
    assert not os.path.isabs(os.readlink(tmp_path / "latest"))


def test_files_appear_whole(tmp_path: Path) -> None:
    run = Run.create(tmp_path, "smoke", NOW)
    run.write_json("evidence/x/y.json", {"a": "é"})
    assert (run.evidence / "x" / "y.json").read_text() == '{\n  "a": "é"\n}\n'
    assert [path.name for path in (run.evidence / "x").iterdir()] == ["y.json"]


def test_marks(tmp_path: Path) -> None:
    run = Run.create(tmp_path, "smoke", NOW)
    with pytest.raises(EvidenceMissing):
        run.marks()
    run.write_json("marks.json", {"start_ns": 1, "stop_ns": 2})
    assert run.marks() == Marks(1, 2)
    run.write_text("marks.json", "{}")
    with pytest.raises(EvidenceInvalid):
        run.marks()


def _recording(folder: Path, began_s: int, ended_s: int, *, closed: bool = True) -> Path:
    path = folder / "cam-000001" / file_name(EPOCH_NS + began_s * SECOND)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(segment(SAMPLES, closed=closed))
    os.utime(path, ns=(EPOCH_NS + ended_s * SECOND,) * 2)
    return path


def test_segments_that_overlap_the_window_are_kept_and_others_are_not(tmp_path: Path) -> None:
    recordings = tmp_path / "recordings"
    spans = [(0, 20), (20, 40), (90, 110), (110, 130), (190, 210), (230, 250)]
    made = {span: _recording(recordings, *span) for span in spans}
    run = Run.create(tmp_path / "runs", "smoke", NOW)
    count = run.collect_archive("gateway-1", recordings, Marks(EPOCH_NS + 100 * SECOND, EPOCH_NS + 200 * SECOND))
    kept = sorted(path.name for path in (run.archive / "gateway-1" / "cam-000001").iterdir())
    assert kept == sorted(made[span].name for span in [(90, 110), (110, 130), (190, 210)])
    assert count == 3


def test_finished_segments_are_links_and_open_ones_copies(tmp_path: Path) -> None:
    recordings = tmp_path / "recordings"
    finished, writing = _recording(recordings, 0, 20), _recording(recordings, 20, 30, closed=False)
    run = Run.create(tmp_path / "runs", "smoke", NOW)
    for _ in range(2):  # doing it again changes nothing
        assert run.collect_archive("gateway-1", recordings, Marks(EPOCH_NS, EPOCH_NS + 60 * SECOND)) == 2
    folder = run.archive / "gateway-1" / "cam-000001"
    assert (folder / finished.name).samefile(finished)
    assert not (folder / writing.name).samefile(writing)
    kept = (folder / writing.name).read_bytes()
    with writing.open("ab") as file:
        file.write(b"more")
    finished.unlink()  # as retention does
    assert (folder / finished.name).read_bytes() == segment(SAMPLES)
    assert (folder / writing.name).read_bytes() == kept


def test_cameras_that_wrote_since_an_instant_are_counted(tmp_path: Path) -> None:
    plan = plan_of(3)
    for camera, written_ns in (("cam-000001", EPOCH_NS + 2), ("cam-000002", EPOCH_NS)):
        path = tmp_path / "gateway-1" / camera / file_name(EPOCH_NS)
        path.parent.mkdir(parents=True)
        path.touch()
        os.utime(path, ns=(written_ns, written_ns))
    assert written_since(plan, EPOCH_NS + 1, lambda gateway: tmp_path / gateway) == 1
    assert written_since(plan, 0, lambda gateway: tmp_path / gateway) == 2


def test_archives_of_nodes_are_found_beside_the_machines_own(tmp_path: Path) -> None:
    run = Run.create(tmp_path, "smoke")
    assert run.archives() == {"": run.archive}
    run.node_archive("node-2").mkdir(parents=True)
    assert run.archives() == {"": run.archive, "node-2": run.evidence / "nodes" / "node-2"}
