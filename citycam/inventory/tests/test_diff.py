from citycam.inventory.diff import Change, compare_records
from citycam.inventory.record import CameraRecord

ONE = CameraRecord(id="cam-000001", agency="A", model="M")
TWO = CameraRecord(id="cam-000002", agency="A")


def test_what_came_what_went_what_changed() -> None:
    found = compare_records(
        [ONE, TWO], [ONE.model_copy(update={"model": None, "fps": 25.0}), ONE.model_copy(update={"id": "cam-000003"})]
    )
    assert (found.added, found.removed) == (("cam-000003",), ("cam-000002",))
    assert found.changed == (Change("cam-000001", "fps", None, 25.0), Change("cam-000001", "model", "M", None))


def test_the_same_is_no_difference() -> None:
    assert not compare_records([ONE, TWO], [TWO, ONE])
    assert compare_records([ONE], [TWO])
