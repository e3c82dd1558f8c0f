from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from citycam.inventory.diff import Difference
from citycam.inventory.folder import prepare, write
from citycam.inventory.inventory import FILE, load_records
from citycam.inventory.record import CameraRecord
from citycam.inventory.submission import Observation
from citycam.inventory.survey.journal import Survey
from citycam.inventory.survey.submission import SUBMITTER, UNCLAIMED, version_of
from citycam.inventory.survey.tests.visits import AT, empty, stream, visit
from citycam.inventory.survey.visit import Visit
from citycam.inventory.version import Version

PLACE = {"latitude": 21.03, "longitude": 105.85, "position_error_m": 5.0}
NOW = datetime(2026, 3, 2, tzinfo=UTC)


def survey_of(*visits: Visit) -> Survey:
    made = Survey(("10.0.0.0/24",), AT)
    for line, one in enumerate(visits, 2):
        made.visits[one.address] = one
        made.lines[one.address] = line
    return made


def submitted(folder: Path, *cameras: dict[str, Any]) -> list[CameraRecord]:
    """The inventory that one agency's submission makes."""
    told = tuple(
        Observation({"agency": "UBND", "site": f"Ngõ {row}"} | facts, "Sheet1", row)
        for row, facts in enumerate(cameras, 2)
    )
    digest = f"sha256:{'1' * 64}"
    version = Version("ubnd", 1, "ubnd.xlsx", digest, "UBND", AT, len(told), 0, 0, told)
    return merged(folder, version)


def merged(folder: Path, version: Version) -> list[CameraRecord]:
    write(prepare([], folder, NOW, surveys=[version]), folder)
    return load_records(folder / FILE)


def surveyed(folder: Path, survey: Survey, digest: str = "2") -> list[CameraRecord]:
    records = load_records(folder / FILE)
    return merged(folder, version_of(survey, f"sha256:{digest * 64}", "survey.jsonl", records))


def test_what_was_found_fills_in_and_contradicts_like_any_submission(tmp_path: Path) -> None:
    submitted(tmp_path, {"serial": "A1", "codec": "h264", "address": "10.0.0.1", "purchased": "2020-01-01", **PLACE})
    (found,) = surveyed(
        tmp_path, survey_of(visit("10.0.0.1", stream(codec="h265", fps=15.0), serial="A1", vendor="AXIS"))
    )
    assert (found.id, found.agency, found.vendor, found.fps) == ("cam-000001", "UBND", "AXIS", 15.0)
    told = {one.field: one.value for one in found.contradictions}
    assert {found.codec.value if found.codec else "", told["codec"].strip('"')} == {"h264", "h265"}
    source = found.source_of("fps")
    assert source is not None
    assert (source.submitter, source.file, source.row, source.received) == (SUBMITTER, "survey.jsonl", 2, AT)


def test_a_camera_that_says_nothing_of_itself_stays_one_camera(tmp_path: Path) -> None:
    submitted(tmp_path, {"serial": "A1", "address": "10.0.0.1", "port": 554, "path": "/live", **PLACE})
    (found,) = surveyed(tmp_path, survey_of(visit("10.0.0.1", stream(codec="h264"))))
    assert (found.serial, found.codec) == ("A1", "h264")


def test_channels_of_a_recorder_go_to_their_cameras(tmp_path: Path) -> None:
    channels = [
        {"recorder": {"serial": "N1", "channel": number}, "address": "10.0.0.1", "path": f"/{number}", **PLACE}
        for number in (1, 2)
    ]
    before = submitted(tmp_path, *channels)
    streams = [stream(f"/{number}", number, codec="h264") for number in (1, 2)]
    after = surveyed(tmp_path, survey_of(visit("10.0.0.1", *streams, serial="N1")))
    assert [one.id for one in after] == [one.id for one in before]
    assert {one.codec for one in after} == {"h264"}


def test_a_moved_camera_is_the_same_camera(tmp_path: Path) -> None:
    (before,) = submitted(tmp_path, {"serial": "A1", "address": "10.0.0.1", **PLACE})
    (after,) = surveyed(tmp_path, survey_of(empty("10.0.0.1"), visit("10.0.0.7", stream(), serial="A1")))
    assert after.id == before.id


def test_an_unknown_camera_is_kept_without_an_agency_and_an_open_port_is_no_camera(tmp_path: Path) -> None:
    submitted(tmp_path, {"serial": "A1", "address": "10.0.0.1", **PLACE})
    after = surveyed(tmp_path, survey_of(visit("10.0.0.7", stream(), serial="Z9"), visit("10.0.0.8")))
    assert {one.serial: one.agency for one in after} == {"A1": "UBND", "Z9": UNCLAIMED}


def test_a_second_survey_takes_the_place_of_the_first(tmp_path: Path) -> None:
    submitted(tmp_path, {"serial": "A1", "address": "10.0.0.1", **PLACE})
    surveyed(tmp_path, survey_of(visit("10.0.0.1", stream(fps=15.0), serial="A1")))
    (found,) = surveyed(tmp_path, survey_of(visit("10.0.0.1", stream(fps=10.0), serial="A1")), "3")
    assert found.fps == 10.0
    assert not found.contradictions
    again = prepare([], tmp_path, NOW, surveys=[version_of(survey_of(), f"sha256:{'3' * 64}", "survey.jsonl", [])])
    assert again.unchanged == ("survey.jsonl",)
    assert again.difference == Difference()
