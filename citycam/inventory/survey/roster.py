"""A roster as an inventory to survey by: what it tells of each camera, and no more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from citycam.inventory.record import CameraRecord, Codec, Recorder
from citycam.model.camera import Camera


def records_of(cameras: Iterable[Camera]) -> list[CameraRecord]:
    """Records of a roster's cameras; those that share a serial are channels of a recorder, in the order of paths."""
    listed = sorted(cameras, key=lambda one: (one.serial, len(one.path), one.path))
    shared = Counter(one.serial for one in listed)
    channels: Counter[str] = Counter()
    records = []
    for one in listed:
        channels[one.serial] += 1
        identity = {"serial": one.serial, "mac": one.mac}
        recorder = {"recorder": Recorder(serial=one.serial, channel=channels[one.serial])}
        records.append(
            CameraRecord(
                id=one.id,
                agency=one.agency,
                ward_code=one.ward_code,
                ward=one.ward,
                site=one.site,
                latitude=one.latitude,
                longitude=one.longitude,
                address=one.address,
                port=one.port,
                path=one.path,
                auth=(one.auth,),
                codec=Codec(one.stream.codec),
                width=one.stream.width,
                height=one.stream.height,
                fps=one.stream.fps,
                bitrate=one.stream.bitrate,
                **(recorder if shared[one.serial] > 1 else identity),
            )
        )
    return sorted(records, key=lambda one: one.id)
