"""The PTZ service (ONVIF PTZ service specification): moves a head and tells where it points."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from simulators.onvif.access import Access
from simulators.onvif.duration import seconds_of
from simulators.onvif.head import Head, Position
from simulators.onvif.movement import MOST_PRESETS, configuration, node, spaces, vector
from simulators.onvif.service import SECOND_NS, Call, Service, number, wrong
from simulators.onvif.soap import Fault, Xml, instant, many, tag
from simulators.onvif.streams import offer

DEFAULT_S, LONGEST_S = 5.0, 60.0
_FULL = Position(1.0, 1.0, 1.0)


def _head(call: Call) -> Head:
    """The head of the channel that a profile token names."""
    return call.host.state.head(offer(call, call.text("ProfileToken")).channel.number)


def _now(call: Call) -> float:
    return call.now_ns / SECOND_NS


def _pair(parent: Element | None) -> tuple[float, float] | None:
    found = parent.find("{*}PanTilt") if parent is not None else None
    return None if found is None else (number(found.get("x", "")), number(found.get("y", "")))


def _zoom(parent: Element | None) -> float | None:
    found = parent.find("{*}Zoom") if parent is not None else None
    return None if found is None else number(found.get("x", ""))


def _speed(call: Call) -> Position:
    given = call.request.find("{*}Speed")
    pan_tilt, zoom = _pair(given), _zoom(given)
    pan, tilt = pan_tilt or (_FULL.pan, _FULL.tilt)
    return _checked(Position(pan, tilt, _FULL.zoom if zoom is None else zoom), "InvalidSpeed")


def _checked(position: Position, fault: str) -> Position:
    if any(abs(value) > 1 for value in position):
        raise wrong(fault, "values go from -1 to 1")
    return position


def _check(pan_tilt: tuple[float, float] | None, zoom: float | None, fault: str) -> None:
    pan, tilt = pan_tilt or (0.0, 0.0)
    _checked(Position(pan, tilt, zoom or 0.0), fault)


def _continuous_move(call: Call) -> Xml:
    head, velocity = _head(call), call.request.find("{*}Velocity")
    pan_tilt, zoom = _pair(velocity), _zoom(velocity)
    _check(pan_tilt, zoom, "InvalidVelocity")
    timeout = call.text("Timeout")
    seconds = seconds_of(timeout) if timeout else DEFAULT_S
    if not 0 < seconds <= LONGEST_S:
        raise wrong("TimeoutNotSupported", f"a move lasts up to {LONGEST_S:.0f} s")
    head.drive(_now(call), pan_tilt, zoom, seconds)
    return Xml("")


def _absolute_move(call: Call) -> Xml:
    head, place = _head(call), call.request.find("{*}Position")
    pan_tilt, zoom = _pair(place), _zoom(place)
    _check(pan_tilt, zoom, "InvalidPosition")
    if zoom is not None and zoom < 0:
        raise wrong("InvalidPosition", "zoom goes from 0 to 1")
    head.go(_now(call), pan_tilt, zoom, _speed(call))
    return Xml("")


def _relative_move(call: Call) -> Xml:
    head, way = _head(call), call.request.find("{*}Translation")
    here = head.at(_now(call))
    pan_tilt, zoom = _pair(way), _zoom(way)
    target = None if pan_tilt is None else (here.pan + pan_tilt[0], here.tilt + pan_tilt[1])
    head.go(_now(call), target, None if zoom is None else here.zoom + zoom, _speed(call))
    return Xml("")


def _stop(call: Call) -> Xml:
    pan_tilt, zoom = (call.text(name, "true") in ("true", "1") for name in ("PanTilt", "Zoom"))
    _head(call).stop(_now(call), pan_tilt=pan_tilt, zoom=zoom)
    return Xml("")


def _get_status(call: Call) -> Xml:
    head, now = _head(call), _now(call)
    words = ["MOVING" if moving else "IDLE" for moving in head.moving(now)]
    move = tag("tt:MoveStatus", tag("tt:PanTilt", words[0]), tag("tt:Zoom", words[1]))
    return tag("tptz:PTZStatus", vector(head.at(now), "tt:Position"), move, tag("tt:UtcTime", _clock(call)))


def _clock(call: Call) -> str:
    return instant(call.host.clock_ns())


def _get_presets(call: Call) -> Xml:
    return many(
        tag("tptz:Preset", tag("tt:Name", name), vector(place, "tt:PTZPosition"), token=token)
        for token, (name, place) in _head(call).presets.items()
    )


def _set_preset(call: Call) -> Xml:
    head, token = _head(call), call.text("PresetToken")
    if token and token not in head.presets:
        raise wrong("NoToken", f"no preset {token[:40]!r}")
    if not token and len(head.presets) >= MOST_PRESETS:
        raise Fault("Receiver", "Action", "TooManyPresets", reason=f"there are {MOST_PRESETS} presets at most")
    free = (f"preset-{count}" for count in range(1, MOST_PRESETS + 1))
    token = token or next(one for one in free if one not in head.presets)
    name = call.text("PresetName")[:64] or head.presets.get(token, (token,))[0]
    head.presets[token] = (name, head.at(_now(call)))
    return tag("tptz:PresetToken", token)


def _preset(call: Call) -> str:
    token = call.text("PresetToken")
    if token not in _head(call).presets:
        raise wrong("NoToken", f"no preset {token[:40]!r}")
    return token


def _goto_preset(call: Call) -> Xml:
    head = _head(call)
    place = head.presets[_preset(call)][1]
    head.go(_now(call), (place.pan, place.tilt), place.zoom, _speed(call))
    return Xml("")


def _remove_preset(call: Call) -> Xml:
    del _head(call).presets[_preset(call)]
    return Xml("")


def _set_home(call: Call) -> Xml:
    head = _head(call)
    head.home = head.at(_now(call))
    return Xml("")


def _goto_home(call: Call) -> Xml:
    head = _head(call)
    head.go(_now(call), (head.home.pan, head.home.tilt), head.home.zoom, _speed(call))
    return Xml("")


def _get_nodes(call: Call) -> Xml:
    return many(node(channel.number, "tptz:PTZNode") for channel in call.host.channels())


def _get_node(call: Call) -> Xml:
    return node(call.channel(call.text("NodeToken"), fault="NoEntity").number, "tptz:PTZNode")


def _get_configurations(call: Call) -> Xml:
    return many(configuration(channel.number, "tptz:PTZConfiguration") for channel in call.host.channels())


def _get_configuration(call: Call) -> Xml:
    channel = call.channel(call.text("PTZConfigurationToken"), fault="NoConfig")
    return configuration(channel.number, "tptz:PTZConfiguration")


def _get_configuration_options(call: Call) -> Xml:
    call.channel(call.text("ConfigurationToken"), fault="NoConfig")
    timeout = tag("tt:PTZTimeout", tag("tt:Min", "PT1S"), tag("tt:Max", f"PT{LONGEST_S:.0f}S"))
    return tag("tptz:PTZConfigurationOptions", spaces("tt:Spaces"), timeout)


def _capabilities(_call: Call) -> Xml:
    return tag("tptz:Capabilities", EFlip=False, Reverse=False, GetCompatibleConfigurations=False)


SERVICE = Service(
    "ptz",
    "tptz",
    "/onvif/ptz_service",
    (2, 60),
    _capabilities,
    {
        "GetNodes": (Access.READ_MEDIA, _get_nodes),
        "GetNode": (Access.READ_MEDIA, _get_node),
        "GetConfigurations": (Access.READ_MEDIA, _get_configurations),
        "GetConfiguration": (Access.READ_MEDIA, _get_configuration),
        "GetConfigurationOptions": (Access.READ_MEDIA, _get_configuration_options),
        "GetStatus": (Access.READ_MEDIA, _get_status),
        "GetPresets": (Access.READ_MEDIA, _get_presets),
        "ContinuousMove": (Access.ACTUATE, _continuous_move),
        "AbsoluteMove": (Access.ACTUATE, _absolute_move),
        "RelativeMove": (Access.ACTUATE, _relative_move),
        "Stop": (Access.ACTUATE, _stop),
        "SetPreset": (Access.ACTUATE, _set_preset),
        "GotoPreset": (Access.ACTUATE, _goto_preset),
        "RemovePreset": (Access.ACTUATE, _remove_preset),
        "SetHomePosition": (Access.ACTUATE, _set_home),
        "GotoHomePosition": (Access.ACTUATE, _goto_home),
    },
)
"""As it is dispatched."""
