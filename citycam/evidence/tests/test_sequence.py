import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from citycam.evidence.sequence import out_of_order


@given(st.lists(st.integers(0, 50), unique=True, max_size=9))
def test_out_of_order_is_the_smallest_set_to_remove(frames: list[int]) -> None:
    removed = set(out_of_order(np.array(frames, np.int64)).tolist())
    rest = [frame for position, frame in enumerate(frames) if position not in removed]
    assert rest == sorted(rest)
    longest = max(
        (bin(mask).count("1") for mask in range(1 << len(frames)) if _ascends(frames, mask)),
        default=0,
    )
    assert len(rest) == longest


def _ascends(frames: list[int], mask: int) -> bool:
    chosen = [frame for position, frame in enumerate(frames) if mask >> position & 1]
    return chosen == sorted(chosen)


def test_one_moved_frame_is_named_and_not_those_it_passed() -> None:
    assert out_of_order(np.array([1, 2, 9, 3, 4, 5])).tolist() == [2]
    assert out_of_order(np.array([1, 3, 4, 5, 2, 6])).tolist() == [4]
