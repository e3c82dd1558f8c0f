from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from citycam.inventory.form import EXAMPLE_ROW
from citycam.inventory.network import Credentials
from citycam.inventory.record import CameraRecord
from citycam.inventory.remark import Level
from citycam.inventory.row import Reading
from citycam.inventory.rows import read_row
from citycam.inventory.spelling import Cell

TODAY = date(2026, 9, 1)
PLAIN: dict[str, Cell] = {"serial": "A1", "latitude": 21.0285, "longitude": 105.8542, "ward": "Phường Hoàn Kiếm"}


def read(**changes: Cell) -> Reading:
    return read_row({**PLAIN, **changes}, "Sở Xây dựng", TODAY, {"bitrate": "k", "uplink_bandwidth": "m"})


def said(reading: Reading) -> set[tuple[Level, str]]:
    return {(spot.level, spot.field) for spot in reading.spots}


def test_the_forms_example_is_a_whole_record_without_a_remark() -> None:
    reading = read_row(EXAMPLE_ROW, "x", TODAY, {"bitrate": "k", "uplink_bandwidth": "m"})
    assert reading.spots == []
    record = CameraRecord.model_validate({"id": "cam-000001", **reading.cameras[0]})
    unknown = {name for name in CameraRecord.model_fields if getattr(record, name) is None}
    assert unknown == {"recorder", "secret", "remarks"}


def test_a_plain_row_says_nothing_and_the_submitter_is_its_agency() -> None:
    reading = read()
    assert reading.spots == []
    assert reading.cameras[0]["agency"] == "Sở Xây dựng"
    assert reading.cameras[0]["ward_code"] == 70


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"latitude": 10.77, "longitude": 106.7}, "latitude"),
        ({"longitude": None}, "longitude"),
        ({"ward": "Phường Bến Nghé Sài Gòn"}, "ward"),
        ({"mac": "02:00:5e"}, "mac"),
        ({"ip": "10.0.0.300"}, "ip"),
        ({"port": "0"}, "port"),
        ({"url": "10.0.0.1/live"}, "url"),
        ({"url": "rtsp://10.0.0.2/live", "ip": "10.0.0.1"}, "url"),
        ({"serial": 1.23456789e16}, "serial"),
        ({"ip": "10.0.0.1-4"}, "serial"),
        ({"quantity": 3}, "quantity"),
        ({"serial": None, "latitude": None, "longitude": None}, "serial"),
        ({"recorder_serial": "NVR1", "recorder_channel": "hai"}, "recorder_channel"),
    ],
)
def test_what_must_be_corrected_rejects_the_row(changes: Mapping[str, Any], field: str) -> None:
    reading = read(**changes)
    assert reading.rejected
    assert (Level.ERROR, field) in said(reading)
    assert reading.cameras == []
    assert all(spot.wrong and spot.right for spot in reading.spots if spot.level is Level.ERROR)


@pytest.mark.parametrize(
    ("changes", "field", "unknown"),
    [
        ({"fps": "nhiều"}, "fps", "fps"),
        ({"codec": "DivX"}, "codec", "codec"),
        ({"purchased": "31/02/2020"}, "purchased", "purchased"),
        ({"mac": "00:00:00:00:00:00"}, "mac", "mac"),
        ({"azimuth": "900"}, "azimuth", "azimuth_deg"),
        ({"bitrate": "9 b/s"}, "bitrate", "bitrate"),
        ({"conformity_certificate": "A1"}, "conformity_standard", "conformity"),
        ({"onvif_profiles": "có"}, "onvif_profiles", "onvif_profiles"),
        ({"ward": "Láng Hạ", "district": "Đống Đa"}, "ward", "ward"),
        ({"url": "rtsp://cam.local/live"}, "url", "address"),
    ],
)
def test_what_cannot_be_read_elsewhere_is_unknown_and_noted(
    changes: Mapping[str, Any], field: str, unknown: str
) -> None:
    reading = read(**changes)
    assert said(reading) == {(Level.NOTE, field)}
    assert unknown not in reading.cameras[0]


def test_unknown_is_never_a_usual_value() -> None:
    facts = read(port="-", codec="chưa rõ", audio="", retention="N/A").cameras[0]
    assert {"port", "codec", "audio", "retention_days"}.isdisjoint(facts)


def test_a_divided_ward_is_asked_and_the_position_says_what_is_likely() -> None:
    reading = read(ward="Láng Hạ", district="Đống Đa", latitude=21.0121, longitude=105.8219)
    (question,) = reading.questions
    assert question.likely == 235
    assert question.likely in question.candidates


def test_a_position_far_from_the_ward_is_noted() -> None:
    reading = read(ward="Xã Ba Vì")
    assert said(reading) == {(Level.NOTE, "ward")}
    assert "km from the centre" in reading.spots[0].wrong


def test_two_cameras_in_a_row_are_taken_apart() -> None:
    reading = read(serial="A1; A2", ip="10.0.0.1, 10.0.0.2", mac="02:00:5e:00:00:01\n02:00:5e:00:00:02", quantity=2)
    assert [(one["serial"], one["address"], one["mac"][-2:]) for one in reading.cameras] == [
        ("A1", "10.0.0.1", "01"),
        ("A2", "10.0.0.2", "02"),
    ]
    assert said(reading) == {(Level.NOTE, "ip")}


def test_a_range_without_serials_is_as_many_cameras() -> None:
    reading = read(serial=None, ip="192.168.1.10–25")
    assert len(reading.cameras) == 16
    assert reading.cameras[-1]["address"] == "192.168.1.25"


def test_channels_of_a_recorder_share_its_address() -> None:
    reading = read(serial=None, recorder_serial="NVR1", recorder_channel="1-4", ip="10.0.0.9")
    assert [one["recorder"]["channel"] for one in reading.cameras] == [1, 2, 3, 4]
    assert {one["address"] for one in reading.cameras} == {"10.0.0.9"}


@pytest.mark.parametrize(
    "changes",
    [
        {"url": "rtsp://admin:Bimat1@10.0.0.1/live"},
        {"username": "admin", "password": "Bimat1"},
        {"remarks": "user/pass: admin/Bimat1"},
        {"url": "rtsp://10.0.0.1/user=admin&password=Bimat1&channel=1"},
        {"path": "rtsp://admin:Bimat1@10.0.0.1:8554/live"},
        {"path": "/cam/realmonitor?channel=1&user=admin&password=Bimat1"},
        {"site": "Cổng (admin/Bimat1)"},
    ],
)
def test_credentials_leave_the_facts(changes: Mapping[str, Any]) -> None:
    reading = read(**changes)
    assert reading.credentials == Credentials("admin", "Bimat1")
    assert "Bimat1" not in repr(reading)
    assert "Bimat1" not in str([vars(spot) for spot in reading.spots])


def test_a_url_in_the_column_of_paths_is_taken_apart() -> None:
    (camera,) = read(path="rtsp://admin:Bimat1@10.0.0.9:8554/live?channel=1").cameras
    assert (camera["address"], camera["port"], camera["path"]) == ("10.0.0.9", 8554, "/live?channel=1")
    (camera,) = read(path="/cam?user=admin&password=Bimat1&channel=1").cameras
    assert camera["path"] == "/cam?user=&password=&channel=1"
    assert said(read(ip="10.0.0.1", path="rtsp://10.0.0.9/live")) == {(Level.ERROR, "path")}


def test_a_formula_is_noted() -> None:
    reading = read_row({**PLAIN, "remarks": "=1+1"}, "x", TODAY, {}, ["remarks"])
    assert said(reading) == {(Level.NOTE, "remarks")}
    assert reading.cameras[0]["remarks"] == "=1+1"
