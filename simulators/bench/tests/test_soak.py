from __future__ import annotations

import json
from typing import Any

import pytest

from simulators.bench.load import Account
from simulators.bench.soak import Claim, Soak, claims, slope

STEADY = [(float(at), 50_000.0 + (at * 7919 % 13)) for at in range(200)]


def test_a_slope_is_found_with_its_interval() -> None:
    found = slope([(at, 3 * at + 5) for at in range(100)])
    assert found.value == pytest.approx(3)
    assert found.low == pytest.approx(3)
    assert found.high == pytest.approx(3)
    assert not found.flat


def test_noise_alone_is_flat_and_growth_beyond_it_is_not() -> None:
    assert slope(STEADY).flat
    growing = slope([(at, value + at / 4) for at, value in STEADY])
    assert not growing.flat
    assert growing.low < 0.25 < growing.high


def test_few_samples_have_no_slope() -> None:
    with pytest.raises(ValueError, match="19 samples are too few"):
        slope(STEADY[:19])


def line(kind: str, **fields: Any) -> str:
    return json.dumps({"kind": kind, "camera": "cam-000001", "session": "1", **fields})


WHOLE = [
    line("header"),
    line("play", frame=10),
    line("span", first=10, last=19),
    line("skip", first=20, last=21, cause="slow-reader"),
    line("span", first=22, last=22),
    line("checkpoint"),
    line("stop", frame=22, cause="shutdown"),
]


def test_every_frame_of_a_session_is_told_of_once() -> None:
    assert claims(WHOLE) == {"cam-000001": Claim(sent=11, skipped=2, holes=0)}


@pytest.mark.parametrize(("missing", "holes"), [(2, 10), (3, 2), (4, 1)])
def test_a_line_that_is_missing_leaves_a_hole(missing: int, holes: int) -> None:
    assert claims(WHOLE[:missing] + WHOLE[missing + 1 :])["cam-000001"].holes == holes


def test_a_line_that_comes_twice_is_a_hole_too() -> None:
    assert claims([*WHOLE[:3], WHOLE[2], *WHOLE[3:]])["cam-000001"].holes == 10


def test_what_ledger_and_reader_differ_in_is_counted() -> None:
    samples = tuple((at * 60.0, value * 1000) for at, value in STEADY)
    told = {"cam-000001": Claim(sent=10), "cam-000002": Claim(sent=12, skipped=1, holes=3)}
    figures = {
        figure.metric.partition(": ")[2]: figure
        for figure in Soak(2, 12_000.0, samples, (10, 11), told, Account(0, 4.0), 1000).figures()
    }
    assert figures["frames where ledger and reader differ"].value == 1
    assert figures["frames that no line of the ledger tells of"].value == 3
    assert figures["frames not sent"].value == 1
    assert figures["slope of RSS beyond noise"].holds is True
