"""PTZ: positions are kept and integrated over time that tests let pass."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.onvif.head import PAN_SPEED, Head, Position
from simulators.onvif.movement import MOST_PRESETS
from simulators.onvif.ptz import SERVICE
from simulators.onvif.tests.devices import (
    SECOND,
    FakeHost,
    ask,
    camera,
    message,
    post,
    recorder,
    refusal,
    refused,
    text,
    texts,
    token,
)

PROFILE = "<q:ProfileToken>main-1</q:ProfileToken>"


def place(name: str, pan: float | None = None, tilt: float = 0, zoom: float | None = None) -> str:
    pan_tilt = "" if pan is None else f'<tt:PanTilt x="{pan}" y="{tilt}"/>'
    return f"<q:{name}>{pan_tilt}{'' if zoom is None else f'<tt:Zoom x={chr(34)}{zoom}{chr(34)}/>'}</q:{name}>"


def status(host: FakeHost) -> tuple[float, float, float, str, str]:
    found = ask(host, "tptz", "GetStatus", PROFILE)
    pan_tilt = next(element for element in found.iter() if element.tag.endswith("}PanTilt"))
    zoom = next(element for element in found.iter() if element.tag.endswith("}Zoom"))
    words = [element.text or "" for element in found.iter() if element.text in ("IDLE", "MOVING")]
    return float(pan_tilt.get("x", "")), float(pan_tilt.get("y", "")), float(zoom.get("x", "")), words[0], words[1]


def wait(host: FakeHost, seconds: float) -> None:
    host.estate.now += int(seconds * SECOND)


def test_a_continuous_move_goes_on_for_its_time_and_no_further() -> None:
    host = camera()
    ask(host, "tptz", "ContinuousMove", PROFILE + place("Velocity", 0.5, -0.25) + "<q:Timeout>PT2S</q:Timeout>")
    wait(host, 1)
    pan, tilt, zoom, turning, zooming = status(host)
    assert (pan, tilt, zoom) == pytest.approx((0.25, -0.125, 0), abs=0.01)
    assert (turning, zooming) == ("MOVING", "IDLE")
    wait(host, 60)
    pan, tilt, _, turning, _ = status(host)
    assert (pan, tilt) == pytest.approx((0.5, -0.25))
    assert turning == "IDLE"


def test_a_stop_leaves_it_where_it_is() -> None:
    host = camera()
    ask(host, "tptz", "ContinuousMove", PROFILE + place("Velocity", 1, 0, 1))
    wait(host, 0.5)
    ask(host, "tptz", "Stop", PROFILE + "<q:PanTilt>true</q:PanTilt><q:Zoom>false</q:Zoom>")
    before = status(host)
    assert before[3:] == ("IDLE", "MOVING")
    wait(host, 1)
    after = status(host)
    assert after[0] == before[0] == pytest.approx(0.25, abs=0.01)
    assert after[2] > before[2]
    ask(host, "tptz", "Stop", PROFILE)
    assert status(host)[3:] == ("IDLE", "IDLE")


def test_absolute_and_relative_moves_arrive() -> None:
    host = camera()
    ask(host, "tptz", "AbsoluteMove", PROFILE + place("Position", 0.5, 0.5, 1) + place("Speed", 0.5, 1, 1))
    wait(host, 1)
    assert status(host)[0] == pytest.approx(0.25, abs=0.01)
    wait(host, 10)
    assert status(host)[:3] == pytest.approx((0.5, 0.5, 1))
    ask(host, "tptz", "RelativeMove", PROFILE + place("Translation", -0.75, 0))
    wait(host, 10)
    assert status(host)[:3] == pytest.approx((-0.25, 0.5, 1))
    ask(host, "tptz", "RelativeMove", PROFILE + place("Translation", -1, -1, -1))
    wait(host, 10)
    assert status(host)[:3] == pytest.approx((-1, -0.5, 0)), "it stops at its stop"


def test_presets_and_home() -> None:
    host = camera()
    ask(host, "tptz", "AbsoluteMove", PROFILE + place("Position", 0.5, 0, 0.5))
    wait(host, 10)
    made = text(ask(host, "tptz", "SetPreset", PROFILE + "<q:PresetName>gate</q:PresetName>"), "PresetToken")
    ask(host, "tptz", "SetHomePosition", PROFILE)
    ask(host, "tptz", "AbsoluteMove", PROFILE + place("Position", -1, 0, 0))
    wait(host, 10)
    ask(host, "tptz", "GotoPreset", PROFILE + f"<q:PresetToken>{made}</q:PresetToken>")
    wait(host, 10)
    assert status(host)[:3] == pytest.approx((0.5, 0, 0.5))
    assert texts(ask(host, "tptz", "GetPresets", PROFILE), "Name") == ["gate"]
    ask(host, "tptz", "AbsoluteMove", PROFILE + place("Position", -1, 0, 0))
    wait(host, 10)
    ask(host, "tptz", "GotoHomePosition", PROFILE)
    wait(host, 10)
    assert status(host)[:3] == pytest.approx((0.5, 0, 0.5))
    ask(host, "tptz", "SetPreset", PROFILE + f"<q:PresetToken>{made}</q:PresetToken>")
    ask(host, "tptz", "RemovePreset", PROFILE + f"<q:PresetToken>{made}</q:PresetToken>")
    assert refusal(host, "tptz", "GotoPreset", PROFILE + f"<q:PresetToken>{made}</q:PresetToken>")[-1] == "ter:NoToken"


def test_presets_have_an_end() -> None:
    host = camera()
    host.state.head(1).presets = {f"preset-{count}": ("", Position()) for count in range(1, MOST_PRESETS + 1)}
    assert refusal(host, "tptz", "SetPreset", PROFILE)[-1] == "ter:TooManyPresets"
    assert refusal(host, "tptz", "SetPreset", PROFILE + "<q:PresetToken>x</q:PresetToken>")[-1] == "ter:NoToken"


@pytest.mark.parametrize(
    ("operation", "inner", "why"),
    [
        ("ContinuousMove", place("Velocity", 2), "ter:InvalidVelocity"),
        ("ContinuousMove", place("Velocity", 1) + "<q:Timeout>PT0S</q:Timeout>", "ter:TimeoutNotSupported"),
        ("ContinuousMove", place("Velocity", 1) + "<q:Timeout>soon</q:Timeout>", "ter:InvalidArgs"),
        ("ContinuousMove", '<q:Velocity><tt:PanTilt x="fast" y="0"/></q:Velocity>', "ter:InvalidArgs"),
        ("ContinuousMove", '<q:Velocity><tt:PanTilt x="NaN" y="0"/></q:Velocity>', "ter:InvalidArgs"),
        ("AbsoluteMove", place("Position", 0, -1.5), "ter:InvalidPosition"),
        ("AbsoluteMove", place("Position", None, 0, -0.5), "ter:InvalidPosition"),
        ("AbsoluteMove", place("Position", 0, 0) + place("Speed", 3), "ter:InvalidSpeed"),
    ],
)
def test_moves_that_cannot_be_are_refused(operation: str, inner: str, why: str) -> None:
    host = camera()
    assert refusal(host, "tptz", operation, PROFILE + inner)[-1] == why
    assert status(host) == (0, 0, 0, "IDLE", "IDLE")


def test_nodes_and_configurations_are_as_the_schema_says() -> None:
    about = {
        "GetNode": "<q:NodeToken>node-1</q:NodeToken>",
        "GetConfiguration": "<q:PTZConfigurationToken>ptz-1</q:PTZConfigurationToken>",
        "GetConfigurationOptions": "<q:ConfigurationToken>ptz-1</q:ConfigurationToken>",
    }
    for operation in ("GetNodes", "GetConfigurations", "GetServiceCapabilities", *about):
        assert len(ask(camera(), "tptz", operation, about.get(operation, ""))) == 1, operation


def test_a_model_without_a_head_knows_no_ptz() -> None:
    assert refusal(recorder(), "tptz", "GetStatus", PROFILE)[-1] == "ter:ActionNotSupported"


def test_a_user_may_look_but_not_move() -> None:
    host = camera()
    for operation, (access, _) in SERVICE.operations.items():
        found = post(host, message("tptz", operation, PROFILE, token(host, "eye", "look")))
        denied = getattr(found, "status", 0) == 400 and refused(found)[-1] == "ter:NotAuthorized"
        assert denied == (access.name == "ACTUATE"), operation


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["drive", "go", "stop"]),
            st.floats(-1, 1),
            st.floats(-1, 1),
            st.floats(0, 1),
            st.floats(0, 100),
        ),
        max_size=20,
    )
)
def test_a_head_is_always_somewhere_and_never_jumps(moves: list[tuple[str, float, float, float, float]]) -> None:
    head, now = Head(), 0.0
    for kind, pan, tilt, zoom, seconds in moves:
        before = head.at(now)
        if kind == "drive":
            head.drive(now, (pan, tilt), zoom, seconds)
        elif kind == "go":
            head.go(now, (pan, tilt), zoom, Position(pan, tilt, zoom))
        else:
            head.stop(now)
        assert head.at(now) == pytest.approx(before, abs=1e-6), "an order moves nothing at once"
        now += seconds
        at = head.at(now)
        assert -1 <= at.pan <= 1 and -1 <= at.tilt <= 1 and 0 <= at.zoom <= 1  # noqa: PT018
        assert abs(at.pan - before.pan) <= PAN_SPEED * seconds + 1e-6
