import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citycam.inventory.formula import escaped, legal, unescaped


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx"])
def test_text_that_looks_like_a_formula_is_escaped(text: str) -> None:
    assert escaped(text) == f"'{text}"


@settings(deadline=None)
@given(st.text(st.sampled_from("'=+-@\ta1"), max_size=6))
def test_escaped_text_comes_back(text: str) -> None:
    assert unescaped(escaped(text)) == legal(text)
