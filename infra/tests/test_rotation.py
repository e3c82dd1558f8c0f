from __future__ import annotations

from typing import Any

from infra.rotation import alone, beside, over

GATEWAYS: list[dict[str, Any]] = [
    {"name": "gateway-1", "cameras": [{"id": "CAM-1", "password": "old"}, {"id": "CAM-2", "password": "kept"}]},
    {"name": "gateway-2", "cameras": []},
]
RENEWED = {"CAM-1": "new", "CAM-9": "of nobody here"}


def passwords(gateways: list[dict[str, Any]]) -> dict[str, str]:
    return {camera["id"]: camera["password"] for gateway in gateways for camera in gateway["cameras"]}


def test_there_is_always_a_path_that_was_there_in_the_step_before_with_the_same_password() -> None:
    steps = [passwords(step(GATEWAYS, RENEWED)) for step in (beside, over, alone)]
    assert steps == [
        {"CAM-1": "old", "CAM-2": "kept", "CAM-1-next": "new"},
        {"CAM-1": "new", "CAM-2": "kept", "CAM-1-next": "new"},
        {"CAM-1": "new", "CAM-2": "kept"},
    ]
    before = {"CAM-1": "old", "CAM-2": "kept"}
    for step in steps:
        untouched = {id for id, password in before.items() if step.get(id) == password}
        assert {id.removesuffix("-next") for id in untouched} == {"CAM-1", "CAM-2"}
        before = step


def test_what_was_given_is_left_as_it_was() -> None:
    over(GATEWAYS, RENEWED)
    assert passwords(GATEWAYS) == {"CAM-1": "old", "CAM-2": "kept"}
