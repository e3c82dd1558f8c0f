"""The audit's tables: their columns, how they are written to Parquet, and how they are read back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from citycam.evidence.accounting import Account
from citycam.evidence.tenure import Overlap, Tenure

_TEXT, _INT, _SMALL, _REAL, _FLAG = pa.string(), pa.int64(), pa.int32(), pa.float64(), pa.bool_()


def _columns(names: str, kind: pa.DataType) -> dict[str, pa.DataType]:
    return dict.fromkeys(names.split(), kind)


CAMERAS = pa.schema(
    _columns("camera gateway identity", _TEXT)
    | _columns("frames_sent recorded_once duplicated reordered missing missing_explained foreign damaged", _INT)
    | _columns("outside_window first_frame last_frame", _INT)
    | {"segments": _SMALL, "bytes": _INT, "gaps": _SMALL, "unexplained_gaps": _SMALL}
    | _columns("longest_gap_ms time_error_p99_ms time_error_max_ms", _REAL)
)
GAPS = pa.schema(
    _columns("camera gateway", _TEXT)
    | _columns("first_frame last_frame frames start_ns", _INT)
    | {"length_ms": _REAL, "cause": _TEXT}
)
FINDINGS = pa.schema(_columns("camera gateway kind segment", _TEXT) | _columns("frame count", _INT) | {"detail": _TEXT})
SEGMENTS = pa.schema(
    _columns("camera gateway node segment", _TEXT)
    | _columns("bytes frames first_frame last_frame first_scheduled_ns file_time_ns", _INT)
    | _columns("time_error_ms duration_ms", _REAL)
    | {"complete": _FLAG}
)
TENURES = pa.schema(
    _columns("camera gateway node", _TEXT) | _columns("first_frame last_frame frames start_ns stop_ns", _INT)
)
DOUBLED = pa.schema(
    _columns("camera gateway node other", _TEXT)
    | _columns("first_frame last_frame frames start_ns", _INT)
    | {"length_ms": _REAL}
)
SECONDS = pa.schema(_columns("second sent recorded", _INT))

SCHEMAS = {
    "cameras": CAMERAS,
    "gaps": GAPS,
    "findings": FINDINGS,
    "segments": SEGMENTS,
    "tenures": TENURES,
    "doubled": DOUBLED,
    "seconds": SECONDS,
}


def write_tables(folder: Path, accounts: Iterable[Account], findings: Iterable[Any], first_second: int) -> None:
    """Write all tables into `folder`; `findings` holds those of the accounts and of the archive as a whole."""
    folder.mkdir(parents=True, exist_ok=True)
    accounts = list(accounts)
    _write(folder, "cameras", [one.camera for one in accounts])
    _write(folder, "gaps", [_gap(one, gap) for one in accounts for gap in one.gaps])
    _write(folder, "findings", [asdict(finding) for finding in findings])
    _write(folder, "segments", [row for one in accounts for row in one.segments])
    _write(folder, "tenures", [_spell(one, tenure) for one in accounts for tenure in one.tenures])
    _write(folder, "doubled", [_spell(one, overlap) for one in accounts for overlap in one.overlaps])
    sent = np.sum([one.sent for one in accounts], axis=0).tolist() if accounts else []
    recorded = np.sum([one.recorded for one in accounts], axis=0).tolist() if accounts else []
    _write(
        folder,
        "seconds",
        [
            {"second": first_second + index, "sent": one, "recorded": other}
            for index, (one, other) in enumerate(zip(sent, recorded, strict=True))
        ],
    )


def _gap(one: Account, gap: Any) -> dict[str, Any]:
    return {
        "camera": one.camera["camera"],
        "gateway": one.camera["gateway"],
        "first_frame": gap.first,
        "last_frame": gap.last,
        "frames": gap.frames,
        "start_ns": gap.start_ns,
        "length_ms": gap.length_ms,
        "cause": gap.cause,
    }


def _spell(one: Account, spell: Tenure | Overlap) -> dict[str, Any]:
    row = asdict(spell)
    frames = {"first_frame": row.pop("first"), "last_frame": row.pop("last")}
    return {"camera": one.camera["camera"], "gateway": one.camera["gateway"], **frames, **row}


def _write(folder: Path, name: str, rows: list[dict[str, Any]]) -> None:
    table = pa.Table.from_pylist(rows, schema=SCHEMAS[name])
    draft = folder / f".{name}.parquet"
    pq.write_table(table, draft, compression="zstd")
    draft.replace(folder / f"{name}.parquet")
