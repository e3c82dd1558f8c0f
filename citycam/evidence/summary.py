"""Questions to the audit's tables, answered by DuckDB."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from citycam.evidence.tables import SCHEMAS

_COUNTS = (
    "frames_sent recorded_once duplicated reordered missing missing_explained foreign damaged unexplained_gaps".split()
)


class Tables:
    """The tables of one audit folder as DuckDB views: cameras, gaps, findings, segments, seconds."""

    def __init__(self, folder: Path) -> None:
        """Open them; nothing is copied.

        Raises:
            duckdb.IOException: a table is missing.
        """
        self._database = duckdb.connect(":memory:", config={"threads": 1})
        for name in SCHEMAS:
            view = self._database.read_parquet(str(folder / f"{name}.parquet"))
            view.create_view(name)

    def query(self, sql: str, *parameters: object) -> list[dict[str, Any]]:
        """Rows of a query as dicts."""
        answer = self._database.execute(sql, parameters)
        names = [column[0] for column in answer.description or []]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]

    def totals(self) -> dict[str, int]:
        """Sums over all cameras."""
        sums = ", ".join(f'coalesce(sum("{name}"), 0)::BIGINT AS "{name}"' for name in _COUNTS)
        (row,) = self.query(
            f"SELECT count(*) AS cameras, coalesce(sum(segments), 0)::BIGINT AS segments, "  # noqa: S608
            f"coalesce(sum(bytes), 0)::BIGINT AS bytes, {sums} FROM cameras"
        )
        return row

    def worst_cameras(self, limit: int) -> list[dict[str, Any]]:
        """Cameras with the most to explain, worst first; sound ones are left out."""
        return self.query(
            """SELECT * FROM cameras
               WHERE missing + duplicated + reordered + "foreign" + damaged + gaps > 0
               ORDER BY unexplained_gaps DESC, missing DESC, damaged DESC, "foreign" DESC, duplicated DESC, camera
               LIMIT ?""",
            limit,
        )

    def seconds(self) -> list[dict[str, Any]]:
        """Frames sent and recorded, by second."""
        return self.query("SELECT second, sent, recorded FROM seconds ORDER BY second")

    def findings(self, limit: int) -> list[dict[str, Any]]:
        """Findings by kind, camera and frame."""
        return self.query("SELECT * FROM findings ORDER BY kind, camera, frame LIMIT ?", limit)
