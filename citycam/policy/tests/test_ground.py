import numpy as np
import pytest
from pyproj import Geod

from citycam.policy.ground import to_plane, to_sphere

HANOI = np.array([21.0285]), np.array([105.8542])
GEOD = Geod(ellps="WGS84")


@pytest.mark.parametrize("azimuth", [0, 45, 90, 200])
def test_distances_and_directions_between_neighbours_are_true(azimuth: float) -> None:
    longitude, latitude, _ = GEOD.fwd(HANOI[1][0], HANOI[0][0], azimuth, 200)
    east, north, convergence = to_plane(np.append(HANOI[0], latitude), np.append(HANOI[1], longitude))
    length = np.hypot(np.diff(east), np.diff(north))[0]
    assert length == pytest.approx(200, rel=4e-4)
    bearing = np.degrees(np.arctan2(np.diff(east), np.diff(north)))[0] % 360
    assert (bearing - (azimuth - convergence[0]) + 180) % 360 - 180 == pytest.approx(0, abs=0.01)


def test_there_and_back() -> None:
    east, north, _ = to_plane(*HANOI)
    assert to_sphere(np.column_stack([east, north]))[0] == pytest.approx([105.8542, 21.0285], abs=1e-9)
