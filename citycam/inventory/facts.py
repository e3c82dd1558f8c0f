"""Facts of one camera out of the cells of a row, by theme: where it stands, what it sees, what it is, what it sends."""

from __future__ import annotations

import math
import re
from datetime import date

from citycam.inventory import coordinates, quantities
from citycam.inventory.dates import day
from citycam.inventory.outline import great_circle_m
from citycam.inventory.row import Facts, Question, Row, put
from citycam.inventory.spelling import Cell, Unreadable, shown
from citycam.inventory.wards import Ward, read_ward, todays_wards


def facts_of(row: Row, submitter: str) -> Facts:
    """Everything that all cameras of a row share."""
    facts: Facts = {"agency": row.text("agency") or submitter}
    for theme in (_place, _view, _device, _stream, _service):
        theme(row, facts)
    return facts


def _place(row: Row, facts: Facts) -> None:
    position = _position(row)
    if position:
        facts |= {"latitude": position.latitude, "longitude": position.longitude, "position_error_m": position.error_m}
    put(facts, position_error_m=row.number("position_error", 0, 10_000, "m"))
    _ward(row, facts, position)
    put(facts, agency_tier=row.choice("agency_tier"), site=row.text("site"), address_text=row.text("address_text"))


def _position(row: Row) -> coordinates.Position | None:
    name = "position" if "position" in row.cells else "latitude"
    if name == "latitude" and ("latitude" in row.cells) != ("longitude" in row.cells):
        missing = "longitude" if "latitude" in row.cells else "latitude"
        row.error(missing, "one of the two coordinates is missing", coordinates.RIGHT)
        return None

    def parse(cell: Cell) -> coordinates.Position:
        return coordinates.locate(*(coordinates.both(cell) if name == "position" else (cell, row.cells["longitude"])))

    position = row.read(name, parse)
    for note in position.notes if position else ():
        row.note(name, note, coordinates.RIGHT)
    return position


def _ward(row: Row, facts: Facts, position: coordinates.Position | None) -> None:
    ward = _named_ward(row, position) if {"ward", "district"} & row.cells.keys() else None
    code = row.read("ward_code", lambda cell: _todays(quantities.number(cell)))
    if ward is None and code is not None and not any(spot.field == "ward" for spot in row.out.spots):
        ward = code
    elif ward and code and ward != code:
        row.note("ward_code", f"that code is of {code.name}; the name {ward.name} stands", str(ward.code))
    if ward is None:
        return
    put(facts, ward_code=ward.code, ward=ward.name)
    if position:
        away = great_circle_m(ward.latitude, ward.longitude, position.latitude, position.longitude) / 1000
        if away > 3 * math.sqrt(ward.area_km2 / math.pi) + 3:
            row.note("ward", f"the position lies {away:.1f} km from the centre of {ward.name}", "the ward it stands in")


def _named_ward(row: Row, position: coordinates.Position | None) -> Ward | None:
    name = "ward" if "ward" in row.cells else "district"
    district = shown(row.cells.get("district")) if name == "ward" else ""
    found = row.read(name, lambda cell: read_ward(shown(cell), district))
    if found is None:
        return None
    if found.ward is None:
        likely = None
        if position:
            near = min(found.candidates, key=lambda one: _reach(one, position))
            likely = near.code
        row.note(name, f"{found.note}; a person must decide", "the ward or commune of today")
        row.out.questions.append(Question("ward", found.note, tuple(one.code for one in found.candidates), likely))
        return None
    row.note(name, found.note)
    return found.ward


def _reach(ward: Ward, position: coordinates.Position) -> float:
    """Distance to the centre in radii of the ward: wards are not equally large."""
    away = great_circle_m(ward.latitude, ward.longitude, position.latitude, position.longitude)
    return away / math.sqrt(ward.area_km2)


def _todays(code: float) -> Ward:
    if int(code) not in todays_wards():
        raise Unreadable("no ward of today has that code", "the code of a ward or commune since July 2025")
    return todays_wards()[int(code)]


def _view(row: Row, facts: Facts) -> None:
    put(
        facts,
        kind=row.choice("kind"),
        azimuth_deg=row.noted("azimuth", quantities.azimuth),
        field_of_view_deg=row.number("field_of_view", 1, 360, "°"),
        range_m=row.number("range", 1, 5_000, "m"),
        height_m=row.number("height", 0, 300, "m"),
    )


def _device(row: Row, facts: Facts) -> None:
    put(
        facts,
        vendor=row.text("vendor"),
        model=row.text("model"),
        firmware=row.text("firmware"),
        onvif_endpoint=row.text("onvif_endpoint"),
        onvif_profiles=row.noted("onvif_profiles", _profiles),
        purchased=_iso(row.noted("purchased", lambda cell: day(cell, row.today))),
    )
    standard = row.text("conformity_standard")
    certificate = row.text("conformity_certificate")
    issued = _iso(row.noted("conformity_date", lambda cell: day(cell, row.today)))
    if standard:
        facts["conformity"] = {"standard": standard}
        put(facts["conformity"], certificate=certificate, issued=issued)
    elif certificate or issued:
        row.note("conformity_standard", "a certificate of no standard; left unknown", "as in QCVN 11:2026/BCA")


def _iso(value: date | None) -> str | None:
    return value.isoformat() if value else None


def _profiles(cell: Cell) -> tuple[list[str], str]:
    letters = re.sub(r"(?i)onvif|profiles?", " ", shown(cell)).upper()
    found = sorted(set(re.findall(r"\b[STGMQACD]\b", letters)), key="STGMQACD".index)
    if not found or re.sub(r"[STGMQACD,;/+&\s]", "", letters):
        raise Unreadable("not ONVIF profiles", "letters, as in S, T, G")
    return found, ""


def _stream(row: Row, facts: Facts) -> None:
    size = row.noted("resolution", lambda cell: _noted_size(quantities.resolution(cell)))
    width, height = size or (
        row.number("width", 16, 20_000, "px", whole=True),
        row.number("picture_height", 16, 20_000),
    )
    rate = row.read("bitrate", lambda cell: _rate(cell, row.units.get("bitrate", "k")))
    put(
        facts,
        codec=row.choice("codec"),
        width=int(width) if width and height else None,
        height=int(height) if width and height else None,
        fps=row.number("fps", 0.1, 240, "frames/s"),
        bitrate=rate,
        audio={"yes": True, "no": False}.get(row.choice("audio") or ""),
    )


def _noted_size(size: tuple[int, int, str]) -> tuple[tuple[int, int], str]:
    return size[:2], size[2]


def _rate(cell: Cell, unit: str, low: float = 1e3, high: float = 1e11) -> int:
    return round(quantities.within(quantities.bit_rate(cell, unit), low, high, "b/s"))


def _service(row: Row, facts: Facts) -> None:
    put(
        facts,
        auth=row.choices("auth"),
        protection=row.choices("protection"),
        clock_error_s=row.read("clock_error", quantities.seconds_fast),
        retention_days=row.read("retention", lambda cell: quantities.within(quantities.days(cell), 0, 3_650, "days")),
        purpose=row.choice("purpose"),
        state=row.choice("state"),
        remarks=row.text("remarks"),
    )
    kind = row.choice("uplink_kind")
    bandwidth = row.read("uplink_bandwidth", lambda cell: _rate(cell, row.units.get("uplink_bandwidth", "m")))
    if kind or bandwidth:
        facts["uplink"] = {}
        put(facts["uplink"], kind=kind, bandwidth=bandwidth)
