from pathlib import Path

import pytest

from citycam.campaign.schema import load_campaign
from citycam.gates.limits import parse_limits
from citycam.inventory.roster import load_inventory
from citycam.model.environment import load_environment
from citycam.model.errors import ConfigError
from citycam.model.workspace import PROJECT

SMOKE = PROJECT / "campaigns" / "smoke.yaml"


@pytest.mark.parametrize(("name", "cameras", "seconds"), [("smoke", 40, 60), ("pilot", 400, 300)])
def test_the_campaigns_of_the_project_are_whole(name: str, cameras: int, seconds: float) -> None:
    campaign = load_campaign(PROJECT / "campaigns" / f"{name}.yaml")
    assert campaign.recording == seconds
    assert len(load_inventory(campaign.inventory)) == cameras
    assert load_environment(campaign.environment).gateways.count == 2
    assert parse_limits(campaign.gates)["frame-completeness"] == 99.99


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("recording: 60s", "recording: 60", 9, "not a duration"),
        ("recording: 60s", "recroding: 60s", 9, "did you mean 'recording'"),
        ("smoke.csv", "absent.csv", 6, "there is no file .*/inventories/absent.csv"),
        ("local.yaml", "absent.yaml", 5, "there is no file .*/environments/absent.yaml"),
        ("viewers: 6", "viewers: 60000", 12, "less than or equal to 10000"),
        ("name: smoke", "name: Smoke Test", 3, "match pattern"),
        ("  clip: 5s", "  clip: 5s\nfaults: [{kind: drop-frames, cameras: [cam-1]}]", 18, "match pattern"),
    ],
)
def test_a_wrong_campaign_is_refused_with_its_line(tmp_path: Path, old: str, new: str, line: int, says: str) -> None:
    path = tmp_path / "wrong.yaml"
    text = SMOKE.read_text().replace("../", f"{PROJECT}/")
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(ConfigError, match=says) as caught:
        load_campaign(path)
    assert f"{path}:{line}:" in str(caught.value)
