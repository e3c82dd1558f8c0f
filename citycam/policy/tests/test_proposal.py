from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from citycam.policy.proposal import Task
from citycam.policy.tests.proposals import proposal, specialised


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"cameras": -1}, "cameras"),
        ({"title": "  "}, "title"),
        ({"extends": "P-1"}, "cannot extend or precede itself"),
        ({"formerly": "P-1"}, "cannot extend or precede itself"),
        ({"cameras": 0, "views": ({"latitude": 21.03, "longitude": 105.8},)}, "1 positions for 0 cameras"),
        ({"colour": "red"}, "colour"),
        ({"work": "expansion"}, "work"),
    ],
)
def test_a_proposal_with_a_mistake_is_refused(facts: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        proposal(**facts)


def test_the_digest_is_of_the_content() -> None:
    assert specialised().digest == specialised().digest
    assert specialised().digest != specialised(exemption={"dated": date(2026, 5, 5)}).digest


def test_tasks_grow_more_demanding() -> None:
    densities = [task.pixels_per_metre for task in Task]
    assert densities == sorted(densities)
    assert (Task.OVERVIEW.pixels_per_metre, Task.SCRUTINISE.pixels_per_metre) == (20, 1500)
