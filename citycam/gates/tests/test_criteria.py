"""Each criterion passes, fails and is unknown, judged from real files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from citycam.gates.evaluate import evaluate
from citycam.gates.judgement import Judged
from citycam.gates.tests.runs import GATES, SECOND, START_NS, Draft, plausible
from citycam.model.verdict import Verdict

Spoil = Callable[[Draft], Any]


@pytest.fixture
def judge(tmp_path: Path) -> Callable[..., Judged]:
    """Judge one criterion of a plausible run that was spoiled."""

    def judged(criterion: str, spoil: Spoil = lambda draft: None, limit: str | None = None, remove: str = "") -> Judged:
        draft = plausible(cameras=6, seconds=20)
        spoil(draft)
        folder = draft.write(tmp_path / "smoke" / "2026-11-23T23-40-00Z")
        if remove:
            (folder / remove).unlink()
        (one,) = [
            one for one in evaluate(folder, {criterion: limit or GATES[criterion]}).criteria if one.id == criterion
        ]
        return one

    return judged


def every(draft: Draft, table: str, **changes: Any) -> None:
    for row in draft.tables[table]:
        row.update(changes)


def metrics(draft: Draft, camera: str) -> list[dict[str, Any]]:
    return [row for row in draft.tables["metrics"] if row["camera"] == camera]


@pytest.mark.parametrize("criterion", GATES)
def test_a_good_run_passes(judge: Callable[..., Judged], criterion: str) -> None:
    one = judge(criterion)
    assert one.verdict is Verdict.PASS, one.why
    assert one.margin is not None
    assert one.margin >= 0
    assert one.samples > 0
    assert one.cameras == ()


# -- cameras-connected


def test_one_sample_that_is_not_ready_counts_against_a_camera(judge: Callable[..., Judged]) -> None:
    one = judge("cameras-connected", lambda draft: metrics(draft, "cam-000003")[5].update(value=0.0))
    assert one.verdict is Verdict.FAIL
    assert one.cameras == ("cam-000003",)
    assert one.measured == pytest.approx(100 * 5 / 6)


def test_samples_outside_the_window_do_not_count(judge: Callable[..., Judged]) -> None:
    def spoil(draft: Draft) -> None:
        for row in metrics(draft, "cam-000003"):
            if not START_NS <= row["t_ns"] < START_NS + 20 * SECOND:
                row["value"] = 0.0

    assert judge("cameras-connected", spoil).verdict is Verdict.PASS


def test_a_camera_absent_beside_others_of_its_gateway_is_not_connected(judge: Callable[..., Judged]) -> None:
    def spoil(draft: Draft) -> None:
        draft.tables["metrics"] = [row for row in draft.tables["metrics"] if row["camera"] != "cam-000002"]

    one = judge("cameras-connected", spoil)
    assert one.verdict is Verdict.FAIL
    assert one.cameras == ("cam-000002",)


def test_a_silent_gateway_is_unknown_and_its_cameras_are_named(judge: Callable[..., Judged]) -> None:
    def spoil(draft: Draft) -> None:
        draft.tables["metrics"] = [row for row in draft.tables["metrics"] if row["gateway"] != "gateway-2"]

    one = judge("cameras-connected", spoil)
    assert one.verdict is Verdict.UNKNOWN
    assert "gateway-2: no samples" in one.why
    assert set(one.cameras) == set(plausible(6, 20).plan.gateways["gateway-2"])


def test_a_hole_in_the_scrapes_is_unknown(judge: Callable[..., Judged]) -> None:
    def spoil(draft: Draft) -> None:
        hole = range(START_NS + 5 * SECOND, START_NS + 15 * SECOND)
        draft.tables["metrics"] = [row for row in draft.tables["metrics"] if row["t_ns"] not in hole]

    one = judge("cameras-connected", spoil)
    assert one.verdict is Verdict.UNKNOWN
    assert "no samples for" in one.why


def test_scrapes_that_end_before_the_window_are_unknown(judge: Callable[..., Judged]) -> None:
    def spoil(draft: Draft) -> None:
        draft.tables["metrics"] = [row for row in draft.tables["metrics"] if row["t_ns"] < START_NS + 10 * SECOND]

    assert judge("cameras-connected", spoil).verdict is Verdict.UNKNOWN


def test_a_camera_seen_lost_fails_even_beside_a_hole(judge: Callable[..., Judged]) -> None:
    def spoil(draft: Draft) -> None:
        draft.tables["metrics"] = [row for row in draft.tables["metrics"] if row["gateway"] != "gateway-2"]
        metrics(draft, draft.plan.gateways["gateway-1"][0])[5].update(value=0.0)

    assert judge("cameras-connected", spoil).verdict is Verdict.FAIL


def test_other_metrics_alone_are_unknown(judge: Callable[..., Judged]) -> None:
    one = judge("cameras-connected", lambda draft: every(draft, "metrics", metric="gateway_up"))
    assert one.verdict is Verdict.UNKNOWN


# -- frame-completeness, unexplained-gaps


def test_missing_frames_fail_and_name_the_worst_camera_first(judge: Callable[..., Judged]) -> None:
    def spoil(draft: Draft) -> None:
        draft.lose("cam-000002", 100)
        draft.lose("cam-000005", 10)

    one = judge("frame-completeness", spoil)
    assert one.verdict is Verdict.FAIL
    assert one.cameras == ("cam-000005", "cam-000002")
    assert one.measured == pytest.approx(100 * (1200 - 22) / 1200)


def test_a_share_equal_to_its_limit_passes(judge: Callable[..., Judged]) -> None:
    def spoil(draft: Draft) -> None:
        every(draft, "cameras", frames_sent=0, recorded_once=0)
        for camera in draft.cameras:
            draft.row("cameras", camera).update(frames_sent=5000, recorded_once=5000)
        for camera in draft.cameras[:3]:
            draft.row("cameras", camera).update(recorded_once=4999, missing=1)

    one = judge("frame-completeness", spoil)
    assert one.verdict is Verdict.PASS
    assert one.margin == 0
    assert one.cameras == ("cam-000001", "cam-000002", "cam-000003")


def test_a_damaged_frame_is_not_recorded_and_a_duplicated_one_is(judge: Callable[..., Judged]) -> None:
    def spoil(draft: Draft) -> None:
        draft.row("cameras", "cam-000001").update(recorded_once=190, duplicated=10)
        draft.row("cameras", "cam-000002").update(recorded_once=198, damaged=2)

    one = judge("frame-completeness", spoil)
    assert one.verdict is Verdict.FAIL
    assert one.cameras == ("cam-000002",)
    assert one.why.startswith("2 of 1,200 frames")


def test_no_frame_sent_is_unknown(judge: Callable[..., Judged]) -> None:
    one = judge("frame-completeness", lambda draft: every(draft, "cameras", frames_sent=0, recorded_once=0))
    assert one.verdict is Verdict.UNKNOWN


def test_one_silent_camera_is_unknown_and_named(judge: Callable[..., Judged]) -> None:
    one = judge("frame-completeness", lambda draft: draft.row("cameras", "cam-000004").update(frames_sent=0))
    assert one.verdict is Verdict.UNKNOWN
    assert one.cameras == ("cam-000004",)


@pytest.mark.parametrize("criterion", ["frame-completeness", "unexplained-gaps"])
@pytest.mark.parametrize("file", ["evidence/ledger.jsonl", "evidence/audit/cameras.parquet", "plan.json", "marks.json"])
def test_without_ledger_audit_plan_or_marks_frames_are_unknown(
    judge: Callable[..., Judged], criterion: str, file: str
) -> None:
    one = judge(criterion, remove=file)
    assert one.verdict is Verdict.UNKNOWN
    assert file in one.why


def test_unexplained_gaps_fail_and_explained_ones_do_not(judge: Callable[..., Judged]) -> None:
    one = judge("unexplained-gaps", lambda draft: draft.row("cameras", "cam-000001").update(gaps=3, unexplained_gaps=0))
    assert (one.verdict, one.measured, one.why) == (Verdict.PASS, 0, "3 explained")
    one = judge("unexplained-gaps", lambda draft: draft.row("cameras", "cam-000001").update(gaps=3, unexplained_gaps=2))
    assert (one.verdict, one.measured, one.margin) == (Verdict.FAIL, 2, -2)
    assert one.cameras == ("cam-000001",)


def test_a_camera_that_was_not_audited_is_unknown(judge: Callable[..., Judged]) -> None:
    one = judge("unexplained-gaps", lambda draft: draft.tables["cameras"].pop())
    assert one.verdict is Verdict.UNKNOWN
    assert one.cameras == ("cam-000006",)


# -- live-start-time


def test_slow_live_starts_fail(judge: Callable[..., Judged]) -> None:
    one = judge("live-start-time", limit="200ms")
    assert one.verdict is Verdict.FAIL
    assert one.margin is not None
    assert one.margin < 0


def test_a_live_view_that_fails_fails_the_criterion(judge: Callable[..., Judged]) -> None:
    def spoil(draft: Draft) -> None:
        live = next(row for row in draft.tables["requests"] if row["kind"] == "live")
        live.update(ok=False, camera="cam-000002", error="timeout")

    one = judge("live-start-time", spoil)
    assert one.verdict is Verdict.FAIL
    assert one.cameras == ("cam-000002",)
    assert "1 of" in one.why


def test_only_failures_have_no_measured_value(judge: Callable[..., Judged]) -> None:
    one = judge("live-start-time", lambda draft: every(draft, "requests", ok=False))
    assert (one.verdict, one.measured, one.margin) == (Verdict.FAIL, None, None)


def test_slow_playback_requests_do_not_touch_live_starts(judge: Callable[..., Judged]) -> None:
    def spoil(draft: Draft) -> None:
        for row in draft.tables["requests"]:
            if row["kind"] == "playback":
                row.update(latency_ms=60_000.0, ok=False)

    assert judge("live-start-time", spoil).verdict is Verdict.PASS


@pytest.mark.parametrize("change", [{"kind": "playback"}, {"latency_ms": float("nan")}])
def test_no_usable_live_request_is_unknown(judge: Callable[..., Judged], change: dict[str, Any]) -> None:
    assert judge("live-start-time", lambda draft: every(draft, "requests", **change)).verdict is Verdict.UNKNOWN


# -- playback


def test_a_clip_that_is_wrong_fails_with_its_reason(judge: Callable[..., Judged]) -> None:
    one = judge("playback", lambda draft: draft.row("playback", "cam-000004").update(ok=False, why="3 frames wrong"))
    assert one.verdict is Verdict.FAIL
    assert one.cameras == ("cam-000004",)
    assert "cam-000004: 3 frames wrong" in one.why


def test_a_camera_that_was_not_played_back_is_unknown(judge: Callable[..., Judged]) -> None:
    one = judge("playback", lambda draft: draft.tables["playback"].pop())
    assert one.verdict is Verdict.UNKNOWN
    assert one.cameras == ("cam-000006",)


def test_a_limit_that_holds_in_the_worst_case_passes(judge: Callable[..., Judged]) -> None:
    assert judge("playback", lambda draft: draft.tables["playback"].pop(), limit="80%").verdict is Verdict.PASS


# -- time-error


def test_a_wrong_time_fails_whichever_way_it_is_wrong(judge: Callable[..., Judged]) -> None:
    one = judge("time-error", lambda draft: draft.row("segments", "cam-000002").update(time_error_ms=-2500.0))
    assert (one.verdict, one.measured) == (Verdict.FAIL, 2.5)
    assert one.cameras == ("cam-000002",)


@pytest.mark.parametrize("unreadable", [float("nan"), None])
def test_segments_without_time_are_unknown_when_they_could_matter(
    judge: Callable[..., Judged], unreadable: float | None
) -> None:
    one = judge("time-error", lambda draft: draft.row("segments", "cam-000002").update(time_error_ms=unreadable))
    assert one.verdict is Verdict.UNKNOWN
    assert "without a readable time" in one.why


def test_no_readable_time_at_all_is_unknown(judge: Callable[..., Judged]) -> None:
    one = judge("time-error", lambda draft: every(draft, "segments", time_error_ms=float("nan")))
    assert one.verdict is Verdict.UNKNOWN


def test_segments_outside_the_window_do_not_count(judge: Callable[..., Judged]) -> None:
    def spoil(draft: Draft) -> None:
        draft.row("segments", "cam-000002").update(time_error_ms=9e9, first_scheduled_ns=START_NS - 60 * SECOND)

    assert judge("time-error", spoil).verdict is Verdict.PASS


# -- evidence-complete


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda draft: draft.documents["evidence/audit/audit.json"]["ledger"].update(complete=False), "not complete"),
        (
            lambda draft: draft.documents["evidence/audit/audit.json"]["ledger"].update(through_ns=START_NS),
            "ends before the window",
        ),
        (
            lambda draft: draft.documents["evidence/audit/audit.json"].update(
                window={"start_ns": START_NS, "stop_ns": START_NS + SECOND}
            ),
            "another window",
        ),
        (lambda draft: draft.documents["evidence/load.json"].update(healthy=False, why="CPU full"), "CPU full"),
        (lambda draft: draft.documents["evidence/load.json"].update(listener_errors=2), "lost 2 records"),
        (lambda draft: draft.tables["cameras"].pop(), "cam-000006 is planned but was not audited"),
        (lambda draft: draft.row("cameras", "cam-000006").update(camera="cam-000099"), "cam-000099 was audited"),
        (
            lambda draft: draft.texts.update({"journal.jsonl": '{"t": 1, "phase": "up", "event": "end"}\n'}),
            "the phase audit did not end",
        ),
        (lambda draft: draft.texts.update({"journal.jsonl": "x\n{}\n"}), "journal.jsonl is damaged"),
        (lambda draft: draft.texts.update({"evidence/ledger.jsonl": ""}), "ledger.jsonl is empty"),
    ],
)
def test_incomplete_evidence_is_unknown_never_fail(judge: Callable[..., Judged], spoil: Spoil, complaint: str) -> None:
    one = judge("evidence-complete", spoil)
    assert one.verdict is Verdict.UNKNOWN
    assert complaint in one.why


@pytest.mark.parametrize(
    "file",
    [
        "plan.json",
        "marks.json",
        "journal.jsonl",
        "campaign.json",
        "environment.json",
        "evidence/ledger.jsonl",
        "evidence/load.json",
        "evidence/requests.parquet",
        "evidence/playback.parquet",
        "evidence/metrics.parquet",
        "evidence/audit/audit.json",
        "evidence/audit/cameras.parquet",
        "evidence/audit/gaps.parquet",
        "evidence/audit/findings.parquet",
        "evidence/audit/segments.parquet",
        "evidence/audit/seconds.parquet",
    ],
)
def test_any_file_taken_away_is_unknown_and_named(judge: Callable[..., Judged], file: str) -> None:
    one = judge("evidence-complete", remove=file)
    assert one.verdict is Verdict.UNKNOWN
    assert file in one.why


# -- failover-gap, single-owner, unmoved-frames


def moved(draft: Draft) -> None:
    draft.move("cam-000002", gap_ms=12_500.0, overlap_ms=1_500.0)
    draft.move("cam-000005", gap_ms=9_000.0)


def test_the_longest_gap_of_moved_cameras_is_measured(judge: Callable[..., Judged]) -> None:
    def spoil(draft: Draft) -> None:
        moved(draft)
        draft.row("cameras", "cam-000001")["longest_gap_ms"] = 60_000.0  # it stayed

    one = judge("failover-gap", spoil, limit="20s")
    assert (one.verdict, one.measured, one.samples) == (Verdict.PASS, 12.5, 2)
    one = judge("failover-gap", spoil, limit="10s")
    assert (one.verdict, one.cameras) == (Verdict.FAIL, ("cam-000002",))


def test_a_failover_that_did_not_happen_is_unknown(judge: Callable[..., Judged]) -> None:
    one = judge("failover-gap", limit="20s")
    assert one.verdict is Verdict.UNKNOWN
    assert "no camera was moved" in one.why


def test_two_nodes_at_one_camera_are_bounded(judge: Callable[..., Judged]) -> None:
    assert judge("single-owner", limit="0s").verdict is Verdict.PASS
    one = judge("single-owner", moved, limit="2s")
    assert (one.verdict, one.measured, one.samples) == (Verdict.PASS, 1.5, 6)
    one = judge("single-owner", moved, limit="1s")
    assert (one.verdict, one.cameras) == (Verdict.FAIL, ("cam-000002",))


def test_cameras_that_stayed_may_lose_nothing(judge: Callable[..., Judged]) -> None:
    def spoil(draft: Draft) -> None:
        moved(draft)
        draft.row("cameras", "cam-000002")["missing"] = 125  # that is what the move cost

    one = judge("unmoved-frames", spoil, limit="0")
    assert (one.verdict, one.measured, one.samples) == (Verdict.PASS, 0, 4)

    def spoil_more(draft: Draft) -> None:
        spoil(draft)
        draft.row("cameras", "cam-000003")["missing"] = 1

    one = judge("unmoved-frames", spoil_more, limit="0")
    assert (one.verdict, one.measured, one.cameras) == (Verdict.FAIL, 1, ("cam-000003",))


def test_when_all_were_moved_nobody_stayed(judge: Callable[..., Judged]) -> None:
    def spoil(draft: Draft) -> None:
        for camera in draft.cameras:
            draft.move(camera, gap_ms=5_000.0)

    assert judge("unmoved-frames", spoil, limit="0").verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("criterion", ["failover-gap", "single-owner", "unmoved-frames"])
def test_without_the_table_of_owners_it_is_unknown(judge: Callable[..., Judged], criterion: str) -> None:
    limit = "0" if criterion == "unmoved-frames" else "0s"
    assert judge(criterion, moved, limit=limit, remove="evidence/audit/tenures.parquet").verdict is Verdict.UNKNOWN


# -- fleet-lateness


def shard(draft: Draft, number: int, **changes: Any) -> None:
    draft.documents["evidence/fleet.json"]["shards"][number].update(changes)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"p99_s": 0.3}, "fleet/2: 1 of 100 frames left more than 300 ms late"),
        ({"cores": 0.97}, "fleet/2: saturated, it used 97% of a core"),
        ({"p99_s": None, "why": "it ended or was started anew"}, "fleet/2: it ended or was started anew"),
    ],
)
def test_one_process_of_the_fleet_voids_the_run(
    judge: Callable[..., Judged], changes: dict[str, Any], why: str
) -> None:
    one = judge("fleet-lateness", lambda draft: shard(draft, 1, **changes))
    assert (one.verdict, one.why) == (Verdict.UNKNOWN, why)


def test_a_fleet_as_late_as_its_limit_is_on_time(judge: Callable[..., Judged]) -> None:
    one = judge("fleet-lateness", lambda draft: shard(draft, 1, p99_s=0.2))
    assert (one.verdict, one.measured, one.margin) == (Verdict.PASS, 0.2, 0)


@pytest.mark.parametrize("shards", [[], [{"shard": "fleet/1", "frames": 0, "p99_s": None, "cores": 0, "why": "idle"}]])
def test_a_fleet_that_was_not_counted_is_unknown(judge: Callable[..., Judged], shards: list[Any]) -> None:
    one = judge("fleet-lateness", lambda draft: draft.documents["evidence/fleet.json"].update(shards=shards))
    assert one.verdict is Verdict.UNKNOWN
    assert one.why in ("no process of the fleet was counted", "fleet/1: idle")


def test_a_run_that_kept_nothing_of_the_fleet_is_unknown(judge: Callable[..., Judged]) -> None:
    one = judge("fleet-lateness", remove="evidence/fleet.json")
    assert one.verdict is Verdict.UNKNOWN
    assert "fleet.json is missing" in one.why
