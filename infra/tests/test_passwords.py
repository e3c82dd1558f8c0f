from __future__ import annotations

from pathlib import Path

import pytest

from citycam.model.errors import ConfigError
from infra.passwords import keep_passwords, read_passwords


def test_what_is_kept_adds_up_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "env" / "camera-passwords.json"
    assert read_passwords(path) == {}
    keep_passwords(path, {"CAM-1": "a", "CAM-2": "b"})
    keep_passwords(path, {"CAM-2": "c"})
    assert read_passwords(path) == {"CAM-1": "a", "CAM-2": "c"}
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("text", ["[]", '{"CAM-1": 7}', '{"CAM-1": ""}', '{"CAM-1": "secret"'])
def test_a_wrong_file_is_refused_without_quoting_it(tmp_path: Path, text: str) -> None:
    path = tmp_path / "passwords.json"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(ConfigError, match="no JSON object") as refused:
        read_passwords(path)
    assert "secret" not in str(refused.value)


def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "passwords.json"
    path.write_text("{}")
    path.chmod(0o644)
    with pytest.raises(ConfigError, match="others may read"):
        read_passwords(path)
