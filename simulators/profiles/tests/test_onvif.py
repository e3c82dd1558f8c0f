"""The `onvif:` sections: every file has one, or says that there is none; what cannot be is refused with its line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from citycam.model.errors import ConfigError
from simulators.onvif.endpoint import offered
from simulators.onvif.equipment import equipment
from simulators.onvif.streams import snapshot_path
from simulators.profiles import profile
from simulators.profiles.profile import load_profile, models

GOOD = (profile.FOLDER / "exposed-network.yaml").read_text()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(profile, "FOLDER", tmp_path)
    load_profile.cache_clear()
    yield tmp_path
    load_profile.cache_clear()


@pytest.mark.parametrize("model", models())
def test_every_model_says_what_it_is_over_onvif_or_that_it_knows_none(model: str) -> None:
    assert "\nonvif:" in (profile.FOLDER / f"{model}.yaml").read_text()
    found = load_profile(model)
    if found.onvif is None:
        assert not found.canaries
        return
    plate = equipment({**found.onvif.model_dump(mode="json"), "canaries": found.canaries})
    names = [service.name for service in offered(plate)]
    assert ("recording" in names) == ("G" in found.onvif.profiles)
    assert found.channels > 1 or "recording" not in names, "a camera records nothing"
    paths = {snapshot_path(plate.snapshot, channel) for channel in range(1, found.channels + 1)}
    assert len(paths) == found.channels, "every channel has a snapshot of its own"
    assert not paths & {found.paths.of(channel) for channel in range(1, found.channels + 1)}


def test_the_models_cover_every_service() -> None:
    plates = [found.onvif for model in models() if (found := load_profile(model)).onvif is not None]
    assert {name for plate in plates if plate for name in plate.profiles} == {"S", "T", "G"}
    assert any(plate and plate.ptz for plate in plates)
    assert any(load_profile(model).onvif is None for model in models())


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("profiles: [S]", "profiles: [Q]"),
        ("profiles: [S]", "profiles: []"),
        ("  product: IPC-X1", '  product: ""'),
        ('  server: "mini_httpd/1.19"', '  server: "a\\r\\nb"'),
        ("  product: IPC-X1", "  product: IPC-X1\n  snapshot: /onvif/{channel}"),
        ("  product: IPC-X1", "  product: IPC-X1\n  snapshot: /{camera}"),
        ("  product: IPC-X1", "  product: IPC-X1\n  boot: 0s"),
        ("canaries: [auth-bypass,", "canaries: [auth-bypas,"),
    ],
)
def test_a_wrong_value_is_found_with_file_and_line(folder: Path, right: str, wrong: str) -> None:
    assert right in GOOD
    text = GOOD.replace(right, wrong)
    (folder / "exposed-network.yaml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_profile("exposed-network")
    line = text[: text.index(wrong)].count("\n") + 1 + wrong.count("\n")
    assert caught.value.where.endswith(f"exposed-network.yaml:{line}")


def test_flaws_without_a_web_server_are_refused(folder: Path) -> None:
    head, _, rest = GOOD.partition("onvif:\n")
    canaries = rest[rest.index("canaries:") :]
    (folder / "exposed-network.yaml").write_text(f"{head}onvif: null\n{canaries}")
    with pytest.raises(ConfigError, match="a camera with canaries needs onvif"):
        load_profile("exposed-network")
