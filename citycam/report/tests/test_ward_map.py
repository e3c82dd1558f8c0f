from __future__ import annotations

import re
from xml.etree import ElementTree

from shapely import Point, union_all

from citycam.inventory.wards import todays_wards
from citycam.report.ward_map import Mark, cells_by_ward, ward_map

MARKS = [Mark(code, (("rtsp", code % 7 + 1), ("onvif", code % 3))) for code in todays_wards()]


def test_every_ward_has_a_cell_and_cells_do_not_overlap() -> None:
    cells = cells_by_ward()
    assert cells.keys() == todays_wards().keys()
    whole = union_all(list(cells.values())).area
    assert sum(cell.area for cell in cells.values()) < 1.01 * whole
    assert 3000 < whole < 4200, "Hanoi has 3,360 km2"


def test_most_centres_lie_in_their_own_cell() -> None:
    km, cos = 111.195, 0.9335804264972017
    own = [
        cell.covers(Point(todays_wards()[code].longitude * cos * km, todays_wards()[code].latitude * km))
        for code, cell in cells_by_ward().items()
    ]
    assert sum(own) > 0.9 * len(own)


def test_every_mark_is_drawn_once_and_the_drawing_is_well_formed() -> None:
    drawing = ward_map(MARKS, 'Map "of" <wards>')
    tree = ElementTree.fromstring(drawing)
    titles = [element.text for element in tree.iter() if element.tag == "title"]
    assert len(titles) == len(MARKS)
    assert f"{todays_wards()[4].name}: {MARKS[0].total}" in titles
    assert tree.get("aria-label") == 'Map "of" <wards>'
    assert not re.search(r"nan|inf", drawing)


def test_names_do_not_cover_each_other() -> None:
    found = re.findall(r'<text x="([\d.]+)" y="([\d.]+)">([^<]+)</text>', ward_map(MARKS, "map"))
    assert len(found) > 60
    boxes = [(float(x), float(y), len(name) * 2.52) for x, y, name in found]
    for at, (x, y, half) in enumerate(boxes):
        for other, line, reach in boxes[at + 1 :]:
            assert abs(x - other) > half + reach - 0.2 or abs(y - line) > 9.5


def test_a_map_without_cameras_is_drawn() -> None:
    assert "<title>" not in ward_map([], "map")
