from pathlib import Path

import pytest

from citycam.inventory.derive import roster_of
from citycam.inventory.record import CameraRecord, Codec, Recorder, State
from citycam.inventory.roster import dump_csv, load_inventory
from citycam.model.camera import Auth


def _record(number: int, **changes: object) -> CameraRecord:
    facts = {
        "id": f"cam-{number:06d}",
        "agency": "Sở Xây dựng",
        "serial": f"S{number}",
        "mac": f"02:00:5e:00:00:{number:02x}",
        "ward_code": 103,
        "ward": "Phường Tây Hồ",
        "site": "tay-ho-01",
        "latitude": 21.07,
        "longitude": 105.82,
        "address": f"198.18.64.{number}",
        "port": 554,
        "path": "/live",
        "auth": (Auth.DIGEST,),
        "model": "generic-d1",
        "codec": Codec.H264,
        "width": 704,
        "height": 576,
        "fps": 10,
        "bitrate": 256_000,
    }
    return CameraRecord.model_validate(facts | changes)


def test_records_that_know_enough_become_a_roster_that_reads_back(tmp_path: Path) -> None:
    roster = roster_of([_record(2, site="=1+1"), _record(1, auth=(Auth.DIGEST, Auth.BASIC))])
    assert [camera.id for camera in roster.cameras] == ["cam-000001", "cam-000002"]
    assert roster.left_out == {}
    path = tmp_path / "roster.csv"
    path.write_text(dump_csv(roster.cameras))
    assert ",'=1+1," in path.read_text()
    assert tuple(load_inventory(path)) == roster.cameras


@pytest.mark.parametrize("changes", [{"address": "198.18.64.1"}, {"mac": "02:00:5e:00:00:01"}, {"serial": "S1"}])
def test_of_two_devices_with_one_address_none_is_taken(changes: dict[str, object], tmp_path: Path) -> None:
    roster = roster_of([_record(1), _record(2, **changes), _record(3)])
    assert [camera.id for camera in roster.cameras] == ["cam-000003"]
    assert roster.left_out["cam-000001"].startswith("not alone: cam-000002 has the")
    assert roster.left_out["cam-000002"].startswith("not alone: cam-000001 has the")
    (tmp_path / "roster.csv").write_text(dump_csv(roster.cameras))
    assert load_inventory(tmp_path / "roster.csv")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"path": None, "fps": None}, "unknown: path, fps"),
        ({"state": State.REMOVED}, "the camera is removed"),
        ({"codec": Codec.MPEG4}, "codec:"),
        ({"auth": None}, "unknown: auth"),
        ({"width": 15}, "width:"),
    ],
)
def test_what_is_unknown_is_not_guessed(changes: dict[str, object], why: str) -> None:
    roster = roster_of([_record(1, **changes)])
    assert roster.cameras == ()
    assert roster.left_out["cam-000001"].startswith(why)


def test_channels_of_a_recorder_are_one_device(tmp_path: Path) -> None:
    channels = [
        _record(n, address="198.18.64.9", path=f"/{n}01", serial=None, recorder=Recorder(serial="NVR1", channel=n))
        for n in (1, 2)
    ]
    path = tmp_path / "roster.csv"
    path.write_text(dump_csv(roster_of(channels).cameras))
    first, second = load_inventory(path)
    assert (first.serial, first.mac) == (second.serial, second.mac) == ("NVR1", "02:00:5e:00:00:01")
