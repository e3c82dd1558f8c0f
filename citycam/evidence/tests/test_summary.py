from pathlib import Path

from citycam.evidence.audit import audit
from citycam.evidence.summary import Tables
from citycam.evidence.tables import SCHEMAS
from citycam.evidence.tests import recorder


def test_worst_cameras_come_worst_first_and_sound_ones_not_at_all(tmp_path: Path) -> None:
    archive = recorder.archive(tmp_path, cameras=3)
    for camera, lost in (("cam-000001", 2), ("cam-000003", 5)):
        segment = archive.segments[camera][1]
        segment.write(segment.samples[lost:])
    audit(archive.run, archive.plan, workers=1)
    tables = Tables(archive.run.audit)
    assert [(row["camera"], row["missing"]) for row in tables.worst_cameras(5)] == [
        ("cam-000003", 5),
        ("cam-000001", 2),
    ]
    assert len(tables.worst_cameras(1)) == 1
    assert tables.totals()["missing"] == 7
    assert [row["count"] for row in tables.findings(10)] == [2, 5]


def test_tables_have_their_columns_also_when_they_are_empty(tmp_path: Path) -> None:
    archive = recorder.archive(tmp_path, cameras=1)
    audit(archive.run, archive.plan, workers=1)
    tables = Tables(archive.run.audit)
    for name, schema in SCHEMAS.items():
        columns = [row["column_name"] for row in tables.query(f"DESCRIBE {name}")]
        assert columns == schema.names
