import pytest

from citycam.plan.coefficients import coefficients
from citycam.plan.integration import Reason, Route, integrate
from citycam.plan.tests.cities import camera
from citycam.policy.standard import Outcome


@pytest.mark.parametrize(
    ("facts", "route", "reason"),
    [
        ({}, Route.RTSP, Reason.ADDRESS_AND_PATH),
        ({"state": "faulty"}, Route.RTSP, Reason.ADDRESS_AND_PATH),
        ({"recorder": {"serial": "N1", "channel": 2}, "path": None}, Route.RECORDER, Reason.BEHIND_RECORDER),
        ({"path": None, "onvif_profiles": ("S",)}, Route.ONVIF, Reason.ASKED_BY_ONVIF),
        ({"address": None, "onvif_endpoint": "http://10.0.0.1/onvif"}, Route.ONVIF, Reason.ASKED_BY_ONVIF),
        ({"path": None, "onvif_profiles": ("G",)}, Route.EXCLUDED, Reason.NO_PATH),
        ({"path": None}, Route.EXCLUDED, Reason.NO_PATH),
        ({"address": None}, Route.EXCLUDED, Reason.NO_ADDRESS),
        ({"address": None, "onvif_profiles": ("S",)}, Route.EXCLUDED, Reason.NO_ADDRESS),
        ({"uplink": {"kind": "none"}}, Route.EXCLUDED, Reason.NO_LINE),
        ({"state": "removed"}, Route.EXCLUDED, Reason.REMOVED),
        ({"state": "planned"}, Route.EXCLUDED, Reason.PLANNED),
        ({"state": "off"}, Route.EXCLUDED, Reason.OFF),
    ],
)
def test_a_route_and_its_reason(facts: dict[str, object], route: Route, reason: Reason) -> None:
    (one,) = integrate([camera(1, **facts)], {}, coefficients())
    assert (one.route, one.reason) == (route, reason)


def test_a_camera_to_replace_has_the_place_of_its_successor() -> None:
    (one,) = integrate([camera(1, bitrate=512_000)], {"cam-000001": Outcome.REPLACE}, coefficients())
    assert (one.route, one.bitrate, one.assumed) == (Route.REPLACE, 4_000_000, True)


def test_a_camera_that_is_gone_is_not_replaced() -> None:
    (one,) = integrate([camera(1, state="removed")], {"cam-000001": Outcome.REPLACE}, coefficients())
    assert one.route is Route.EXCLUDED


def test_a_channel_is_reached_when_any_channel_of_its_recorder_tells_an_address() -> None:
    first = camera(1, recorder={"serial": "N1", "channel": 1})
    second = camera(2, recorder={"serial": "N1", "channel": 2}, address=None)
    assert [one.route for one in integrate([first, second], {}, coefficients())] == [Route.RECORDER] * 2
    assert integrate([second], {}, coefficients())[0].reason is Reason.NO_ADDRESS


@pytest.mark.parametrize(
    ("facts", "bitrate"),
    [
        ({"width": 704, "height": 576}, 512_000),
        ({"codec": "h265"}, 2_400_000),
        ({"codec": None}, 4_000_000),
        ({"width": None}, 4_000_000),
        ({"width": 3840, "height": 2160}, 8_000_000),
        ({"codec": "mjpeg", "width": 704, "height": 576}, 2_048_000),
    ],
)
def test_a_bit_rate_that_nobody_knows_is_assumed_and_said_so(facts: dict[str, object], bitrate: int) -> None:
    (one,) = integrate([camera(1, bitrate=None, **facts)], {}, coefficients())
    assert (one.bitrate, one.assumed) == (bitrate, True)
    assert not integrate([camera(1, bitrate=3)], {}, coefficients())[0].assumed
