import json
import random
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from citycam.evidence.audit import AuditSummary, audit
from citycam.evidence.coding import H264
from citycam.evidence.failover import read_failover
from citycam.evidence.ledger import SECOND
from citycam.evidence.summary import Tables
from citycam.evidence.tests import defects, recorder
from citycam.evidence.tests.defects import Named, Place
from citycam.evidence.tests.recorder import Archive
from citycam.evidence.tests.scene import SPS, Layout, Scene
from citycam.model.errors import EvidenceMissing


def found(archive: Archive) -> set[Named]:
    audit(archive.run, archive.plan, workers=1)
    rows = Tables(archive.run.audit).query('SELECT camera, kind, segment, frame, "count" FROM findings')
    assert len({tuple(row.values()) for row in rows}) == len(rows), "a finding is named twice"
    return {(row["camera"], row["kind"], row["segment"], row["frame"], row["count"]) for row in rows}


def assert_balanced(archive: Archive) -> None:
    for row in Tables(archive.run.audit).query("SELECT * FROM cameras"):
        accounted = row["recorded_once"] + row["duplicated"] + row["damaged"] + row["missing"]
        assert row["frames_sent"] == accounted, row


def test_every_frame_of_a_sound_archive_is_recorded_once(tmp_path: Path) -> None:
    archive = recorder.archive(tmp_path, cameras=3, frames=200, margin=15)
    progress: list[str] = []
    summary = audit(archive.run, archive.plan, workers=1, on_progress=progress.append)
    assert summary == AuditSummary(
        ledger_complete=True, cameras=3, segments=15, frames_sent=3 * 170, frames_read=600, recorded_once=3 * 170,
        missing=0, unexplained_gaps=0, findings=0, seconds=summary.seconds, frames_per_second=summary.frames_per_second,
    )  # fmt: skip
    assert progress[-1] == "600 frames of 3/3 cameras"
    row = Tables(archive.run.audit).query("SELECT * FROM cameras WHERE camera = 'cam-000002'")[0]
    assert (row["first_frame"], row["last_frame"], row["outside_window"]) == (15, 184, 30)
    assert row["time_error_max_ms"] == pytest.approx(2.0)
    seconds = Tables(archive.run.audit).seconds()
    assert sum(one["sent"] for one in seconds) == sum(one["recorded"] for one in seconds) == 3 * 170
    assert [one["sent"] for one in seconds] == [15, *[30] * 16, 15]


KINDS = {
    "h265": Scene(layout=Layout("h265")),
    "h265 with sound, in slices": Scene(layout=Layout("h265", sound=True), slices=3),
    "h264 with sound": Scene(layout=Layout(sound=True)),
    "h264 in slices": Scene(slices=4),
    "h264 with B-frames and sound": Scene(layout=Layout(sound=True), shifts=(1, 3, 0, 0)),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_frame_of_every_kind_of_stream_is_recorded_once(tmp_path: Path, kind: str) -> None:
    archive = recorder.archive(tmp_path, cameras=2, frames=200, margin=15, scene=KINDS[kind])
    assert found(archive) == set()
    for row in Tables(archive.run.audit).query("SELECT * FROM cameras"):
        assert row["frames_sent"] == row["recorded_once"] == 170, row
        assert row["identity"] == "watermark", row
        assert row["time_error_max_ms"] == pytest.approx(2.0), row


@pytest.mark.parametrize("defect", defects.SINGLE, ids=lambda defect: defect.__name__)
@pytest.mark.parametrize("kind", ["h265", "h264 with B-frames and sound"])
def test_each_defect_of_other_streams_is_named_exactly(tmp_path: Path, defect: object, kind: str) -> None:
    archive = recorder.archive(tmp_path, cameras=2, frames=200, scene=KINDS[kind])
    expected = defect(Place(archive, "cam-000001", 2, random.Random(f"{defect}/{kind}")))  # type: ignore[operator]
    assert found(archive) == expected
    assert_balanced(archive)


@pytest.mark.parametrize("defect", defects.SINGLE, ids=lambda defect: defect.__name__)
@pytest.mark.parametrize("seed", range(3))
def test_each_defect_is_named_exactly_and_nothing_else(tmp_path: Path, defect: object, seed: int) -> None:
    archive = recorder.archive(tmp_path, cameras=2, frames=200)
    expected = defect(Place(archive, "cam-000001", 2, random.Random(f"{defect}/{seed}")))  # type: ignore[operator]
    assert found(archive) == expected
    assert_balanced(archive)


@given(seed=st.integers(0, 2**32))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_many_random_defects_are_all_found_and_nothing_is_invented(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    chance = random.Random(seed)
    archive = recorder.archive(tmp_path_factory.mktemp("defects"), cameras=4, frames=400)
    expected: set[Named] = set()
    touched = chance.randrange(1, 9)
    expected |= defects.swap_segments(archive, "cam-000001", "cam-000003", touched - 1 if touched > 1 else 8)
    for camera in archive.segments:
        # Every other segment, so that no two defects share a boundary.
        for at in range(2, 9, 2) if touched % 2 == 0 else range(1, 8, 2):
            if camera in ("cam-000001", "cam-000003") and abs(at - (touched - 1 if touched > 1 else 8)) < 2:
                continue
            if chance.random() < 0.6:
                expected |= chance.choice(defects.SINGLE)(Place(archive, camera, at, chance))
    assert found(archive) == expected
    assert_balanced(archive)


def test_swapped_segments_are_told_where_they_lie(tmp_path: Path) -> None:
    archive = recorder.archive(tmp_path, cameras=2, frames=200)
    assert found(archive) == set()
    expected = defects.swap_segments(archive, "cam-000001", "cam-000002", 2)
    assert found(archive) == expected
    rows = Tables(archive.run.audit).query("SELECT camera, detail FROM findings WHERE kind = 'missing' ORDER BY camera")
    name = archive.segments["cam-000001"][2].path.name
    assert [row["detail"] for row in rows] == [f"found in cam-000002/{name}", f"found in cam-000001/{name}"]


def test_a_removed_file_is_told_by_the_numbers_of_its_neighbours(tmp_path: Path) -> None:
    archive = recorder.archive(tmp_path, cameras=1, frames=200)
    defects.remove_file(Place(archive, "cam-000001", 2, random.Random(1)))
    found(archive)
    (row,) = Tables(archive.run.audit).query("SELECT detail FROM findings")
    before = archive.segments["cam-000001"][1].path.name
    assert row["detail"] == f"after {before}, 1 segment file is gone"


def test_every_single_byte_of_a_watermark_is_guarded(tmp_path: Path) -> None:
    """No change of one byte makes a frame of another camera, another frame or a sound one of it."""
    archive = recorder.archive(tmp_path, cameras=1, frames=120)
    segment = archive.segments["cam-000001"][1]
    content = segment.path.read_bytes()
    for index in (0, 7):
        begin = segment.offset(index) + segment.samples[index].payload.index(b"\x06\x05") - 4
        for at in range(begin, begin + H264.row):
            for bit in (0, 3, 7):
                spoilt = bytearray(content)
                spoilt[at] ^= 1 << bit
                segment.path.write_bytes(spoilt)
                names = {(kind, frame, count) for _, kind, _, frame, count in _account(archive)}
                assert names == {("damaged", 40 + index, 1)}, f"byte {at - begin}, bit {bit} of sample {index}"


def _account(archive: Archive) -> list[Named]:
    from citycam.evidence.audit import Task, examine
    from citycam.evidence.ledger import read_ledger

    folder = archive.run.archive / "gateway-1" / "cam-000001"
    ledger = read_ledger(archive.run.ledger).camera("cam-000001")
    account = examine(Task("cam-000001", "gateway-1", {"": folder}, ledger, archive.run.marks()))
    return [(one.camera, one.kind, one.segment, one.frame, one.count) for one in account.findings]


def test_a_ledger_that_ends_early_is_incomplete_and_the_counts_stand(tmp_path: Path) -> None:
    archive = recorder.archive(tmp_path)
    lines = archive.run.ledger.read_text().splitlines(keepends=True)
    early = {"kind": "checkpoint", "t": 1, "through_ns": archive.run.marks().stop_ns - 1}
    kept = [line for line in lines if json.loads(line)["kind"] != "checkpoint"]
    archive.run.ledger.write_text("".join([*kept[:-1], json.dumps(early) + "\n", kept[-1]]))
    summary = audit(archive.run, archive.plan, workers=1)
    document = json.loads((archive.run.audit / "audit.json").read_text())
    assert not summary.ledger_complete
    assert document["ledger"]["complete"] is False
    assert document["ledger"]["why"] == "no checkpoint through the end of the window"
    assert document["totals"]["recorded_once"] == document["totals"]["frames_sent"] == 200


def test_without_a_ledger_everything_found_is_unsent(tmp_path: Path) -> None:
    archive = recorder.archive(tmp_path, cameras=1)
    archive.run.ledger.unlink()
    names = {(kind, count) for _, kind, _, _, count in found(archive)}
    assert names == {("unsent", 30), ("unsent", 40)}
    assert json.loads((archive.run.audit / "audit.json").read_text())["ledger"]["complete"] is False


def test_a_camera_that_never_played_is_one_unexplained_gap(tmp_path: Path) -> None:
    archive = recorder.archive(tmp_path, cameras=1)
    plan = recorder.plan_of(2)
    audit(archive.run, plan, workers=1)
    (gap,) = Tables(archive.run.audit).query("SELECT * FROM gaps")
    assert (gap["camera"], gap["cause"], gap["length_ms"], gap["first_frame"]) == ("cam-000002", "", 10_000.0, -1)


def test_files_that_nobody_planned_are_orphans(tmp_path: Path) -> None:
    archive = recorder.archive(tmp_path, cameras=1)
    source = archive.segments["cam-000001"][0].path
    for place in (
        f"gateway-1/cam-000009/{source.name}",
        f"gateway-2/cam-000001/{source.name}",
        "gateway-1/cam-000001/notes.txt",
    ):
        path = archive.run.archive / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(source.read_bytes())
    assert found(archive) == {
        ("cam-000009", "orphan", source.name, -1, 0),
        ("cam-000001", "orphan", source.name, -1, 0),
        ("cam-000001", "orphan", "notes.txt", -1, 0),
    }


def test_two_workers_say_what_one_says(tmp_path: Path) -> None:
    archive = recorder.archive(tmp_path, cameras=10)
    defects.cut(Place(archive, "cam-000004", 1, random.Random(1)))
    one = found(archive)
    summary = audit(archive.run, archive.plan, workers=2)
    assert summary.findings == len(one) == 1
    assert summary.frames_read == 1200 - next(iter(one))[4]


def test_no_window_no_audit(tmp_path: Path) -> None:
    archive = recorder.archive(tmp_path, cameras=1)
    (archive.run.root / "marks.json").unlink()
    with pytest.raises(EvidenceMissing, match="no window"):
        audit(archive.run, archive.plan)


def test_totals_are_whole_numbers_and_the_window_is_stated(tmp_path: Path) -> None:
    archive = recorder.archive(tmp_path, cameras=1)
    audit(archive.run, archive.plan, workers=1)
    document = json.loads((archive.run.audit / "audit.json").read_text())
    assert document["window"]["stop_ns"] - document["window"]["start_ns"] == 10 * SECOND
    assert set(document["totals"]) == {
        "cameras", "segments", "bytes", "frames_sent", "frames_read", "recorded_once", "duplicated", "reordered",
        "missing", "missing_explained", "foreign", "damaged", "unexplained_gaps",
    }  # fmt: skip
    assert all(isinstance(value, int) for value in document["totals"].values())


def test_second_streams_are_none_of_the_archive_s(tmp_path: Path) -> None:
    archive = recorder.archive(tmp_path, cameras=1)
    lines = archive.run.ledger.read_text().splitlines()
    sub = [line.replace('"cam-000001"', '"cam-000001/sub"') for line in lines if '"cam-000001"' in line]
    stop = {"kind": "stop", "t": archive.run.marks().start_ns, "session": "s", "frame": 50, "cause": "disconnect"}
    sub.append(json.dumps(stop | {"camera": "cam-000001/sub"}))
    archive.run.ledger.write_text("\n".join([lines[0], *sub, *lines[1:]]) + "\n")
    summary = audit(archive.run, archive.plan, workers=1)
    assert (summary.frames_sent, summary.recorded_once, summary.unexplained_gaps) == (100, 100, 0)
    assert json.loads((archive.run.audit / "audit.json").read_text())["ledger"]["stops"] == {}


CHANGED = bytes.fromhex("6742c01ed9016096101000000300100000030320f162ea01")
"""Parameter sets of other pictures than `scene.SPS` is of."""


def changed(archive: Archive, at: int, keys: list[int], sets: bytes = CHANGED) -> str:
    """The camera sent other parameter sets with these key frames, and the gateway kept them with the file's header."""
    segment = archive.segments["cam-000001"][at]
    samples = list(segment.samples)
    for key in keys:
        assert samples[key].key
        samples[key] = replace(samples[key], payload=samples[key].payload.replace(SPS, sets))
    segment.write(samples)
    return segment.path.name


def test_parameter_sets_that_change_in_mid_stream_are_what_was_sent(tmp_path: Path) -> None:
    archive = recorder.archive(tmp_path, cameras=1, frames=200)
    changed(archive, 2, [0, 20])
    assert found(archive) == set()


def test_parameter_sets_that_the_next_file_begins_with_are_what_was_sent(tmp_path: Path) -> None:
    archive = recorder.archive(tmp_path, cameras=1, frames=200)
    changed(archive, 2, [20])
    following = archive.segments["cam-000001"][3]
    following.path.write_bytes(following.path.read_bytes().replace(SPS, CHANGED))
    assert found(archive) == set()


def test_parameter_sets_that_nothing_confirms_are_damage(tmp_path: Path) -> None:
    archive = recorder.archive(tmp_path, cameras=1, frames=200)
    name = changed(archive, 2, [20])
    assert found(archive) == {("cam-000001", "damaged", name, 100, 1)}


def test_damage_during_a_fault_names_it(tmp_path: Path) -> None:
    archive = recorder.archive(tmp_path, cameras=1, frames=200)
    changed(archive, 1, [20])
    changed(archive, 3, [20], CHANGED[:-1] + b"\x02")
    fault = {"kind": "stream-change", "cameras": ["cam-000001"], "seconds": 0}
    for seconds, action in ((5, "start"), (7, "stop")):
        line = {"kind": "fault", "t": archive.clock.epoch_ns + seconds * SECOND, "fault": fault, "action": action}
        with archive.run.ledger.open("a") as ledger:
            ledger.write(json.dumps(line) + "\n")
    found(archive)
    details = Tables(archive.run.audit).query("SELECT frame, detail FROM findings ORDER BY frame")
    assert details == [
        {"frame": 60, "detail": "its bytes are not those that were sent (fault:stream-change)"},
        {"frame": 140, "detail": "its bytes are not those that were sent"},
    ]


def _of_node(archive: Archive, camera: str, places: slice, node: str, *, too: bool = False) -> None:
    """Some of a camera's segments were recorded by a node, or by that one too."""
    for one in archive.segments[camera][places]:
        target = archive.run.node_archive(node) / one.path.relative_to(archive.run.archive)
        target.parent.mkdir(parents=True, exist_ok=True)
        if too:
            shutil.copyfile(one.path, target)
        else:
            one.path.rename(target)


def test_recordings_of_several_nodes_join_one_timeline(tmp_path: Path) -> None:
    archive = recorder.archive(tmp_path, cameras=2, frames=200)
    _of_node(archive, "cam-000001", slice(0, 2), "node-1")
    _of_node(archive, "cam-000001", slice(2, 5), "node-2")
    _of_node(archive, "cam-000002", slice(0, 5), "node-2")
    assert found(archive) == set()
    tables = Tables(archive.run.audit)
    columns = "camera, node, first_frame, last_frame, frames"
    assert [tuple(row.values()) for row in tables.query(f"SELECT {columns} FROM tenures ORDER BY ALL")] == [
        ("cam-000001", "node-1", 10, 79, 70),
        ("cam-000001", "node-2", 80, 189, 110),
        ("cam-000002", "node-2", 10, 189, 180),
    ]
    assert tables.query("SELECT * FROM doubled") == []


def test_what_a_failover_cost_is_told_of_moved_and_others(tmp_path: Path) -> None:
    archive = recorder.archive(tmp_path, cameras=3, frames=200)
    _of_node(archive, "cam-000001", slice(0, 2), "node-1")
    archive.segments["cam-000001"][2].path.unlink()
    _of_node(archive, "cam-000001", slice(3, 5), "node-2")
    _of_node(archive, "cam-000002", slice(0, 2), "node-1")
    _of_node(archive, "cam-000002", slice(2, 3), "node-2")
    _of_node(archive, "cam-000002", slice(3, 5), "node-1")
    _of_node(archive, "cam-000003", slice(0, 5), "node-3")
    audit(archive.run, archive.plan, workers=1)
    cost = read_failover(archive.run.audit)
    assert [(one.camera, one.nodes, one.gap_s, one.lost) for one in cost.moved] == [
        ("cam-000001", ("node-1", "node-2"), 4.0, 40),
        ("cam-000002", ("node-1", "node-2", "node-1"), 0.0, 0),
    ]
    assert (cost.once, cost.gap_s, cost.overlap_s, cost.lost_elsewhere) == (False, 4.0, 0.0, 0)
    assert cost.stayed == {"cam-000003": 0}


def test_frames_of_two_nodes_are_an_overlap_and_no_disorder(tmp_path: Path) -> None:
    archive = recorder.archive(tmp_path, cameras=1, frames=200)
    _of_node(archive, "cam-000001", slice(3, 4), "node-1", too=True)
    named = found(archive)
    assert {(kind, frame, count) for _, kind, _, frame, count in named} == {("duplicated", 120, 40)}
    (row,) = Tables(archive.run.audit).query("SELECT node, other, first_frame, last_frame, length_ms FROM doubled")
    assert tuple(row.values()) == ("", "node-1", 120, 159, 4000.0)
    assert_balanced(archive)


def test_a_camera_that_a_second_node_recorded_too_was_moved_though_the_first_never_stopped(tmp_path: Path) -> None:
    archive = recorder.archive(tmp_path, cameras=1, frames=200)
    _of_node(archive, "cam-000001", slice(2, 5), "node-2", too=True)
    _of_node(archive, "cam-000001", slice(0, 5), "node-1")
    audit(archive.run, archive.plan, workers=1)
    (moved,) = read_failover(archive.run.audit).moved
    assert (sorted(moved.nodes), moved.gap_s, moved.lost, moved.once) == (["node-1", "node-2"], 0.0, 0, True)
    assert moved.overlap_s > 4


def test_what_only_a_lost_node_has_is_missing_until_it_returns(tmp_path: Path) -> None:
    archive = recorder.archive(tmp_path, cameras=1, frames=200)
    _of_node(archive, "cam-000001", slice(0, 2), "node-1")
    away = tmp_path / "away"
    archive.run.node_archive("node-1").rename(away)
    assert {(kind, frame, count) for _, kind, _, frame, count in found(archive)} == {("missing", 10, 70)}
    away.rename(archive.run.node_archive("node-1"))
    assert found(archive) == set()
