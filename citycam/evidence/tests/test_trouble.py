from typing import Any

import pytest

from citycam.evidence.trouble import FOREVER_NS, Trouble, troubles


def record(t: int, action: str, kind: str = "freeze", cameras: tuple[str, ...] = ("cam-000001",), **more: Any) -> Any:
    return {"kind": "fault", "t": t, "fault": {"kind": kind, "cameras": list(cameras), **more}, "action": action}


def test_a_fault_lasts_from_its_start_to_its_stop_for_each_of_its_cameras() -> None:
    found = troubles([record(5, "start", cameras=("a", "b")), record(9, "stop", cameras=("a", "b"))], 1)
    assert found == {"a": (Trouble(5, 9, "freeze"),), "b": (Trouble(5, 9, "freeze"),)}


def test_the_order_of_records_does_not_matter() -> None:
    records = [record(5, "start"), record(9, "stop"), record(20, "start"), record(30, "stop")]
    assert troubles(reversed(records), 1) == troubles(records, 1) == {
        "cam-000001": (Trouble(5, 9, "freeze"), Trouble(20, 30, "freeze"))
    }  # fmt: skip


def test_faults_that_differ_in_anything_are_different_ones() -> None:
    found = troubles([record(5, "start", seed=1), record(7, "start", seed=2), record(9, "stop", seed=2)], 1)
    assert found["cam-000001"] == (Trouble(5, FOREVER_NS, "freeze"), Trouble(7, 9, "freeze"))


def test_a_fault_that_was_there_before_the_ledger_lasts_from_its_beginning() -> None:
    assert troubles([record(9, "stop")], 3)["cam-000001"] == (Trouble(3, 9, "freeze"),)


def test_a_fault_that_is_not_seen_to_stop_has_its_length_or_no_end() -> None:
    assert troubles([record(5, "start", seconds=2.5)], 1)["cam-000001"] == (Trouble(5, 2_500_000_005, "freeze"),)
    assert troubles([record(5, "start")], 1)["cam-000001"] == (Trouble(5, FOREVER_NS, "freeze"),)


@pytest.mark.parametrize("spoilt", [{"t": "x"}, {"fault": {"cameras": ["a"]}}, {"action": "pause"}, {"fault": None}])
def test_what_is_no_record_of_a_fault_is_refused(spoilt: dict[str, Any]) -> None:
    with pytest.raises((ValueError, KeyError, TypeError, AttributeError)):
        troubles([record(5, "stop") | spoilt], 1)
