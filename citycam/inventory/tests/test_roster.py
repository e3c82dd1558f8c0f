from pathlib import Path

import pytest

from citycam.inventory.roster import COLUMNS, dump_csv, load_inventory
from citycam.model.camera import Camera
from citycam.model.errors import ConfigError
from citycam.model.workspace import PROJECT

SMOKE = PROJECT / "inventories" / "smoke.csv"


def test_writing_and_reading_are_inverse(tmp_path: Path) -> None:
    cameras = load_inventory(SMOKE)
    assert len(cameras) == 40
    again = tmp_path / "again.csv"
    again.write_text(dump_csv(cameras))
    assert load_inventory(again) == cameras


def test_yaml_is_read_too(tmp_path: Path) -> None:
    camera = load_inventory(SMOKE)[0]
    path = tmp_path / "one.yaml"
    path.write_text(f"schema_version: 1\ncameras:\n  - {camera.model_dump_json()}\n")
    assert load_inventory(path) == [camera]


def _rows(*changes: tuple[int, str, str]) -> str:
    lines = SMOKE.read_text().splitlines()[:4]
    for line, old, new in changes:
        assert old in lines[line - 1]
        lines[line - 1] = lines[line - 1].replace(old, new, 1)
    return "\n".join(lines) + "\n"


def _recorder() -> str:
    """The first two cameras are one device."""
    serial, mac, address = (getattr(load_inventory(SMOKE)[0], name) for name in ("serial", "mac", "address"))
    other = load_inventory(SMOKE)[1]
    return _rows((3, other.serial, serial), (3, other.mac, mac), (3, str(other.address), str(address)))


def test_channels_of_a_recorder_share_its_address(tmp_path: Path) -> None:
    path = tmp_path / "recorder.csv"
    path.write_text(_recorder().replace("101,tcp,basic", "201,tcp,basic"))
    first, second, _ = load_inventory(path)
    assert (first.serial, first.address) == (second.serial, second.address)


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        (_rows((3, "cam-000002", "cam-2")), 3, "id:"),
        (_rows((3, "cam-000002", "cam-000001")), 3, "share the id"),
        (_rows((3, "198.18.64.2", "198.18.64.1")), 3, "share the address"),
        (
            _recorder().replace("101,tcp,basic", "201,tcp,basic").replace("5e:00:00:01,UBND", "5e:00:00:09,UBND"),
            3,
            "share the serial",
        ),
        (_recorder(), 3, "share the stream"),
        (_rows((2, ",256000", ",fast")), 2, "bitrate:"),
        (_rows((1, "username", "user")), 1, "unknown: user; missing: username"),
        (SMOKE.read_text().splitlines()[0] + "\n", 0, "no camera"),
    ],
)
def test_a_wrong_row_is_named_with_its_line(tmp_path: Path, text: str, line: int, says: str) -> None:
    path = tmp_path / "wrong.csv"
    path.write_text(text)
    with pytest.raises(ConfigError, match=says) as caught:
        load_inventory(path)
    assert caught.value.where == (f"{path}:{line}" if line else str(path))


def test_other_kinds_of_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="unknown kind"):
        load_inventory(tmp_path / "cameras.ods")


def test_the_columns_are_the_fields_of_a_camera() -> None:
    fields = set(Camera.model_fields) - {"stream"} | {"codec", "width", "height", "fps", "bitrate"}
    assert set(COLUMNS) == fields
