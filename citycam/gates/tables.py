"""Columns of the Parquet files of a run that judging and reporting read."""

from __future__ import annotations

from enum import Enum

import pyarrow as pa


class Kind(Enum):
    """What a column holds; widths do not matter to a reader."""

    TEXT = "text"
    WHOLE = "whole number"
    NUMBER = "number"
    FLAG = "flag"


def _columns(**kinds: str) -> dict[str, Kind]:
    return {name: Kind[kind.upper()] for kind, names in kinds.items() for name in names.split()}


TABLES: dict[str, tuple[str, dict[str, Kind]]] = {
    "cameras": (
        "evidence/audit/cameras.parquet",
        _columns(
            text="camera gateway",
            whole="frames_sent recorded_once duplicated reordered missing missing_explained foreign damaged "
            "outside_window segments bytes gaps unexplained_gaps",
            number="longest_gap_ms time_error_p99_ms time_error_max_ms",
        ),
    ),
    "gaps": (
        "evidence/audit/gaps.parquet",
        _columns(text="camera gateway cause", whole="first_frame last_frame frames start_ns", number="length_ms"),
    ),
    "findings": (
        "evidence/audit/findings.parquet",
        _columns(text="camera gateway kind segment detail", whole="frame count"),
    ),
    "segments": (
        "evidence/audit/segments.parquet",
        _columns(
            text="camera gateway segment",
            whole="bytes frames first_frame last_frame first_scheduled_ns file_time_ns",
            number="time_error_ms duration_ms",
            flag="complete",
        ),
    ),
    "tenures": (
        "evidence/audit/tenures.parquet",
        _columns(text="camera gateway node", whole="first_frame last_frame frames start_ns stop_ns"),
    ),
    "doubled": (
        "evidence/audit/doubled.parquet",
        _columns(text="camera gateway node other", whole="first_frame last_frame frames start_ns", number="length_ms"),
    ),
    "seconds": ("evidence/audit/seconds.parquet", _columns(whole="second sent recorded")),
    "requests": (
        "evidence/requests.parquet",
        _columns(
            text="kind name camera gateway error",
            whole="intended_ns start_ns bytes",
            number="response_ms latency_ms",
            flag="ok",
        ),
    ),
    "playback": (
        "evidence/playback.parquet",
        _columns(
            text="camera gateway why",
            whole="start_ns status frames_expected frames_found frames_wrong",
            number="duration_ms",
            flag="decoded ok",
        ),
    ),
    "metrics": (
        "evidence/metrics.parquet",
        _columns(text="metric camera gateway", whole="t_ns", number="value"),
    ),
}
"""Table name → file in the run folder, and the kind of every column."""

MAY_BE_EMPTY = frozenset({"gaps", "findings", "doubled"})
"""Tables whose emptiness is good news."""


def fits(kind_found: pa.DataType, wanted: Kind) -> bool:
    """Whether an Arrow type can be read as the wanted kind."""
    types = pa.types
    if types.is_dictionary(kind_found):
        kind_found = kind_found.value_type
    match wanted:
        case Kind.TEXT:
            return bool(types.is_string(kind_found) or types.is_large_string(kind_found))
        case Kind.WHOLE:
            return bool(types.is_integer(kind_found))
        case Kind.NUMBER:
            return bool(types.is_floating(kind_found) or types.is_integer(kind_found))
        case Kind.FLAG:
            return bool(types.is_boolean(kind_found))
