from datetime import date

import pytest
from pydantic import ValidationError

from citycam.policy.regulation import Regulation, Validity

QCVN_135 = Regulation(
    name="QCVN 135:2024/BTTTT", force=Validity(since=date(2026, 1, 1), until=date(2026, 7, 1)), clause="5"
)


def test_a_validity_begins_on_its_first_day_and_ends_before_its_last() -> None:
    validity = QCVN_135.force
    days = [date(2025, 12, 31), date(2026, 1, 1), date(2026, 6, 30), date(2026, 7, 1)]
    assert [validity.holds(day) for day in days] == [False, True, True, False]
    assert Validity().holds(days[0])


def test_a_validity_that_never_holds_is_refused() -> None:
    with pytest.raises(ValidationError, match="never valid"):
        Validity(since=date(2026, 1, 1), until=date(2026, 1, 1))


def test_a_citation_says_when_the_text_is_not_in_force() -> None:
    assert QCVN_135.cite(date(2026, 3, 1)) == "QCVN 135:2024/BTTTT, 5"
    assert QCVN_135.cite(date(2026, 7, 1)) == "QCVN 135:2024/BTTTT, 5 (expired 2026-07-01)"
    assert QCVN_135.cite(date(2025, 3, 1)) == "QCVN 135:2024/BTTTT, 5 (in force from 2026-01-01)"
