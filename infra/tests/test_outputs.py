from __future__ import annotations

import json
from pathlib import Path

import pytest

from infra.outputs import SECRETS, Outputs

VALUES = {"edge_https": "127.0.0.1:8443", "edge_rtsps": "127.0.0.1:8322"} | {name: f"secret {name}" for name in SECRETS}


def test_secrets_come_by_their_names() -> None:
    outputs = Outputs.of({**VALUES, "something": "else"})
    assert outputs.edge_https == "127.0.0.1:8443"
    assert outputs.secrets == {name: f"secret {name}" for name in SECRETS}


@pytest.mark.parametrize("name", list(VALUES))
def test_an_output_that_is_missing_is_no_empty_output(name: str) -> None:
    with pytest.raises(KeyError, match=name):
        Outputs.of({key: value for key, value in VALUES.items() if key != name})


def test_secrets_are_neither_shown_nor_written(tmp_path: Path) -> None:
    outputs = Outputs.of(VALUES)
    file = tmp_path / "new" / "outputs.json"
    outputs.write(file)
    assert "secret" not in file.read_text(encoding="utf-8")
    assert "secret viewer" not in repr(outputs)
    assert json.loads(file.read_text(encoding="utf-8")) == {
        "schema_version": 1,
        "edge_https": "127.0.0.1:8443",
        "edge_rtsps": "127.0.0.1:8322",
    }
