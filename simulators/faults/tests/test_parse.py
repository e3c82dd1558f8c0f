"""What the control API is given becomes a fault, or a clear error."""

from __future__ import annotations

from typing import Any

import pytest

from citycam.model.errors import ConfigError
from simulators.faults import parse


def test_a_fault_is_written_as_it_is_read() -> None:
    record = {"kind": "drop-frames", "cameras": ["cam-000001", "cam-000002"], "every": 50}
    assert parse(record).as_dict() == record


@pytest.mark.parametrize(
    ("record", "where", "what"),
    [
        ({"cameras": ["a"]}, "kind", "unknown fault None"),
        ({"kind": "meteor", "cameras": ["a"]}, "kind", "unknown fault 'meteor'"),
        ({"kind": "drop-frames", "every": 5}, "cameras", "names its cameras"),
        ({"kind": "drop-frames", "cameras": [], "every": 5}, "cameras", "names its cameras"),
        ({"kind": "drop-frames", "cameras": "a", "every": 5}, "cameras", "names its cameras"),
        ({"kind": "drop-frames", "cameras": [1], "every": 5}, "cameras", "names its cameras"),
        ({"kind": "drop-frames", "cameras": ["a"]}, "fault", "cannot be made"),
        ({"kind": "drop-frames", "cameras": ["a"], "every": 1}, "fault", "cannot be made"),
        ({"kind": "drop-frames", "cameras": ["a"], "every": 5, "colour": "red"}, "fault", "cannot be made"),
    ],
)
def test_a_wrong_record_says_where_it_is_wrong(record: dict[str, Any], where: str, what: str) -> None:
    with pytest.raises(ConfigError, match=what) as caught:
        parse(record)
    assert caught.value.where == where
