"""What the control API is given becomes a fault, or a clear error."""

from __future__ import annotations

from typing import Any

import pytest

from citycam.model.errors import ConfigError
from simulators.faults import KINDS, parse


def test_a_fault_is_written_as_it_is_read() -> None:
    record = {"kind": "drop-frames", "cameras": ["cam-000001", "cam-000002"], "every": 50}
    written = parse(record).as_dict()
    assert written == record | {"seconds": 0.0, "seed": 0}
    assert parse(written) == parse(record)


def test_only_the_fault_that_proves_the_audit_is_kept_from_the_ledger() -> None:
    assert [kind for kind, fault in KINDS.items() if not fault.honest] == ["drop-frames"]


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
        ({"kind": "drop-frames", "cameras": ["a"], "every": 5, "seconds": -1}, "fault", "cannot be made"),
        ({"kind": "lose-frames", "cameras": ["a"], "part": 2}, "fault", "cannot be made"),
        ({"kind": "squeeze", "cameras": ["a"], "bitrate": 0.5}, "fault", "cannot be made"),
        ({"kind": "slow-start", "cameras": ["a"], "wait": "1s"}, "fault", "cannot be made"),
        ({"kind": "redirect", "cameras": ["a"], "location": "http://x\r\n"}, "fault", "cannot be made"),
        ({"kind": "udp-noise", "cameras": ["a"]}, "fault", "cannot be made"),
        ({"kind": "endless-header", "cameras": ["a"], "size": -1}, "fault", "cannot be made"),
        ({"kind": "large-description", "cameras": ["a"], "size": 10**12}, "fault", "cannot be made"),
        ({"kind": "drop-frames", "cameras": ["a"], "every": 5, "colour": "red"}, "fault", "cannot be made"),
        ({"kind": "reboot", "cameras": ["a"], "colour": "red"}, "fault", "it has no colour; known: seconds"),
    ],
)
def test_a_wrong_record_says_where_it_is_wrong(record: dict[str, Any], where: str, what: str) -> None:
    with pytest.raises(ConfigError, match=what) as caught:
        parse(record)
    assert caught.value.where == where
