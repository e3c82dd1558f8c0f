from pathlib import Path

import pytest

from citycam.model.errors import ConfigError
from citycam.plan.coefficients import COEFFICIENTS, coefficients

TEXT = COEFFICIENTS.read_text(encoding="utf-8")


def test_every_figure_has_a_source_and_every_source_a_figure() -> None:
    known = coefficients()
    assert {figure.source for figure in known.figures()} == set(known.sources)
    assert {source.kind for source in known.sources.values()} == {"measured", "derived", "assumed"}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("fill: {value: 80%", "fill: {value: 80", "not a share"),
        ("source: headers", "source: hearsay", "no such source: hearsay"),
        ("machine: 2 cores", "# machine: 2 cores", "must name its machine"),
        ("shares: [5%, 20%, 35%, 40%]", "shares: [5%, 20%]", "together 100%"),
        ("most_cameras", "most_camera", "did you mean 'most_cameras'"),
        ("disks: {value: 12", "disks: {value: 0", "greater than or equal to 1"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in TEXT
    path = tmp_path / "coefficients.yaml"
    path.write_text(TEXT.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        coefficients(path)
    assert message in str(error.value)
    assert f"{path}:" in str(error.value)
