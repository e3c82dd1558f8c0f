from datetime import date
from pathlib import Path

import pytest

from citycam.model.errors import ConfigError
from citycam.policy.waiver import Waiver, Waivers, load_waivers

TEXT = """\
schema_version: 1
waivers:
  - rule: codec
    cameras: [cam-000001, cam-000002]
    owner: Công an phường Ba Đình
    reason: thay trong quý 1 năm 2027
    expires: 2027-04-01
"""


def read(folder: Path, text: str) -> Waivers:
    path = folder / "waivers.yaml"
    path.write_text(text, encoding="utf-8")
    return load_waivers(path, ["codec"])


def test_waivers_are_found_by_camera_and_rule(tmp_path: Path) -> None:
    waivers = read(tmp_path, TEXT)
    found = waivers.of("cam-000002", "codec")
    assert found is not None
    assert (found.holds(date(2027, 3, 31)), found.holds(date(2027, 4, 1))) == (True, False)
    assert waivers.of("cam-000003", "codec") is None
    assert not Waivers()


def test_of_two_waivers_the_longer_counts() -> None:
    short, long = (
        Waiver(rule="codec", cameras=("cam-000001",), owner="a", reason="b", expires=date(year, 1, 1))
        for year in (2027, 2028)
    )
    assert Waivers([short, long]).of("cam-000001", "codec") == Waivers([long, short]).of("cam-000001", "codec") == long


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("rule: codec", "rule: kodec", "which does not exist"),
        ("    reason: thay trong quý 1 năm 2027\n", "", "this key is required"),
        ("owner: Công an phường Ba Đình", "owner: ' '", "at least 1 character"),
        ("expires: 2027-04-01", "expires: never", "date"),
        ("[cam-000001, cam-000002]", "[]", "at least 1 item"),
    ],
)
def test_a_waiver_with_a_mistake_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read(tmp_path, TEXT.replace(old, new))
    assert message in str(refused.value)
