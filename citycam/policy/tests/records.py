"""A camera that meets every rule, to be spoiled one fact at a time."""

from __future__ import annotations

from datetime import UTC, date, datetime

from citycam.inventory.record import CameraRecord, Source

SOURCE = Source(
    digest="sha256:" + "0" * 64,
    file="ba-dinh.xlsx",
    sheet="Camera",
    row=7,
    submitter="UBND phường Ba Đình",
    received=datetime(2026, 9, 1, tzinfo=UTC),
)


def record(number: int = 1, **facts: object) -> CameraRecord:
    """A sound camera, with `facts` instead of its own; None takes one away."""
    sound = {
        "id": f"cam-{number:06d}",
        "agency": "UBND phường Ba Đình",
        "codec": "h264",
        "width": 1920,
        "height": 1080,
        "fps": 25,
        "bitrate": 4_000_000,
        "vendor": "Hikvision",
        "firmware": "V5.7.3 build 220112",
        "onvif_profiles": ("S", "T"),
        "conformity": {"standard": "QCVN 11:2026/BCA", "certificate": "C-1"},
        "purchased": date(2026, 8, 1),
        "auth": ("digest",),
        "protection": ("rtsps",),
        "uplink": {"kind": "fibre", "bandwidth": 20_000_000},
        "clock_error_s": 0.2,
        "retention_days": 30,
        "sources": (SOURCE,),
    }
    return CameraRecord.model_validate({**sound, **facts})
