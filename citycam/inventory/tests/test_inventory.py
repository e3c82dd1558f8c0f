from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citycam.inventory.inventory import dump_records, load_records
from citycam.inventory.record import CameraRecord, Conformity, Kind, Source, Uplink, UplinkKind
from citycam.model.camera import Auth, camera_id
from citycam.model.errors import ConfigError

SOURCE = Source(
    digest="sha256:" + "0" * 64,
    file="phuong.xlsx",
    sheet="Camera",
    row=7,
    submitter="UBND phường Tây Hồ",
    received=datetime(2025, 10, 1, tzinfo=UTC),
)

records = st.builds(
    CameraRecord,
    id=st.integers(1, 999_999).map(camera_id),
    agency=st.text(min_size=1),
    kind=st.none() | st.sampled_from(Kind),
    latitude=st.none() | st.floats(20, 22),
    auth=st.none() | st.lists(st.sampled_from(Auth), unique=True).map(tuple),
    uplink=st.none() | st.builds(Uplink, kind=st.none() | st.sampled_from(UplinkKind)),
    conformity=st.none() | st.just(Conformity(standard="QCVN 135:2024/BTTTT", issued=date(2025, 3, 1))),
    remarks=st.none() | st.text(),
    audio=st.none() | st.booleans(),
    sources=st.just((SOURCE,)),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(records, unique_by=lambda record: record.id, max_size=5))
def test_writing_and_reading_are_inverse_in_any_order(tmp_path_factory: pytest.TempPathFactory, made: object) -> None:
    assert isinstance(made, list)
    path = tmp_path_factory.mktemp("inventory") / "inventory.jsonl"
    path.write_text(dump_records(made), encoding="utf-8")
    assert load_records(path) == sorted(made, key=lambda record: record.id)
    assert dump_records(reversed(made)) == dump_records(made)


def test_what_is_unknown_is_not_written_and_stays_unknown(tmp_path: Path) -> None:
    text = dump_records([CameraRecord(id="cam-000001", agency="Sở Xây dựng")])
    assert text.splitlines()[1] == '{"id":"cam-000001","agency":"Sở Xây dựng"}'


def test_every_fact_tells_its_source() -> None:
    other = SOURCE.model_copy(update={"row": 9})
    record = CameraRecord(
        id="cam-000001", agency="A", serial="X1", model="M", sources=(SOURCE, other), provenance={"model": 1}
    )
    assert record.source_of("serial") == SOURCE
    assert record.source_of("model") == other
    assert record.source_of("mac") is None


HEADER = '{"schema": "citycam.inventory", "schema_version": 1, "records": %d}\n'
ONE = '{"id":"cam-000001","agency":"A"}\n'


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("", 1, "not an inventory"),
        ("id,serial\n", 1, "not an inventory"),
        ((HEADER % 1).replace('version": 1', 'version": 2') + ONE, 1, "not an inventory"),
        (HEADER % 2 + ONE, 0, "not whole"),
        (HEADER % 2 + ONE + ONE, 3, "two records have the id"),
        (HEADER % 1 + ONE.replace("agency", "owner"), 2, "agency: Field required"),
        (HEADER % 1 + ONE.replace('"A"', '"A","port":0'), 2, "port:"),
    ],
)
def test_a_broken_file_is_refused_with_its_line(tmp_path: Path, text: str, line: int, says: str) -> None:
    path = tmp_path / "inventory.jsonl"
    path.write_text(text)
    with pytest.raises(ConfigError, match=says) as caught:
        load_records(path)
    assert caught.value.where == (f"{path}:{line}" if line else str(path))
