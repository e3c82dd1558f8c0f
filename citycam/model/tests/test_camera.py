import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycam.model.camera import camera_id, number_of


@given(st.integers(1, 999_999))
def test_id_and_number_are_inverse(number: int) -> None:
    assert number_of(camera_id(number)) == number


@pytest.mark.parametrize("number", [0, -1, 1_000_000])
def test_numbers_outside_the_grammar_are_refused(number: int) -> None:
    with pytest.raises(ValueError, match="outside"):
        camera_id(number)
