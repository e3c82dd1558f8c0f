from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from shapely.geometry import shape

from citycam.inventory.record import CameraRecord
from citycam.policy.eyes import eyes_of, wishes_of
from citycam.policy.map import geojson, svg
from citycam.policy.overlap import compare
from citycam.policy.proposal import Proposal
from citycam.policy.sharing import coverages
from citycam.policy.tests.test_eyes import camera
from citycam.policy.tests.test_overlap import wish


def parts(proposals: list[Proposal], *cameras: CameraRecord) -> tuple[Any, Any, Any]:
    wishes, eyes = wishes_of(proposals), eyes_of(list(cameras))
    overlap = compare(wishes, eyes)
    return coverages(proposals, wishes, eyes, overlap), eyes, overlap


def test_geojson_holds_what_is_wished_and_who_sees_it() -> None:
    tree = json.loads(
        json.dumps(geojson(*parts([wish()], camera(1), camera(2, azimuth_deg=None), camera(3, latitude=21.1))))
    )
    assert tree["type"] == "FeatureCollection"
    roles = [(one["properties"]["role"], one["geometry"]["type"]) for one in tree["features"]]
    assert roles == [("proposal", "Polygon"), ("camera", "Polygon"), ("camera", "Point")]
    wished = tree["features"][0]
    assert wished["properties"]["seen_by"] == ["cam-000001", "cam-000002"]
    middle = shape(wished["geometry"]).centroid
    assert [middle.x, middle.y] == pytest.approx([105.8203, 21.03], abs=1e-4)


def test_the_map_is_one_drawing_with_everything_on_it() -> None:
    sly = wish("P-2").model_copy(update={"title": "<script>alert(1)</script>"})
    text = svg(*parts([wish("P-1"), sly], camera(1), camera(2, azimuth_deg=None)))
    root = ET.fromstring(text)
    names = [element.tag.rpartition("}")[2] for element in root.iter()]
    assert (names.count("polygon"), names.count("circle")) == (3, 1)
    assert "<script" not in text
    assert root.get("viewBox", "").startswith("0 0 ")


def test_a_map_of_nothing_is_a_map() -> None:
    assert geojson(*parts([]))["features"] == []
    ET.fromstring(svg(*parts([], camera())))
