"""PTZ as documents: nodes, configurations, spaces, positions (ONVIF PTZ service specification, 5 and onvif.xsd)."""

from __future__ import annotations

from simulators.onvif.head import Position
from simulators.onvif.soap import Xml, many, tag

_SPACES = "http://www.onvif.org/ver10/tptz/"
PAN_TILT = f"{_SPACES}PanTiltSpaces/PositionGenericSpace"
ZOOM = f"{_SPACES}ZoomSpaces/PositionGenericSpace"
_PAN_TILT_WAY, _ZOOM_WAY = (f"{_SPACES}{axis}Spaces/TranslationGenericSpace" for axis in ("PanTilt", "Zoom"))
_PAN_TILT_SPEED, _ZOOM_SPEED = (f"{_SPACES}{axis}Spaces/VelocityGenericSpace" for axis in ("PanTilt", "Zoom"))
_PAN_TILT_PACE = f"{_SPACES}PanTiltSpaces/GenericSpeedSpace"
_ZOOM_PACE = f"{_SPACES}ZoomSpaces/ZoomGenericSpeedSpace"
MOST_PRESETS = 128


def vector(position: Position, name: str) -> Xml:
    """A position with its spaces."""
    pan_tilt = tag("tt:PanTilt", x=position.pan, y=position.tilt, space=PAN_TILT)
    return tag(name, pan_tilt, tag("tt:Zoom", x=position.zoom, space=ZOOM))


def _range(name: str, low: float, high: float) -> Xml:
    return tag(name, tag("tt:Min", low), tag("tt:Max", high))


def _plane(name: str, uri: str) -> Xml:
    return tag(name, tag("tt:URI", uri), _range("tt:XRange", -1, 1), _range("tt:YRange", -1, 1))


def _line(name: str, uri: str, low: float = -1) -> Xml:
    return tag(name, tag("tt:URI", uri), _range("tt:XRange", low, 1))


def spaces(name: str) -> Xml:
    """The coordinate systems that are understood."""
    return tag(
        name,
        _plane("tt:AbsolutePanTiltPositionSpace", PAN_TILT),
        _line("tt:AbsoluteZoomPositionSpace", ZOOM, 0),
        _plane("tt:RelativePanTiltTranslationSpace", _PAN_TILT_WAY),
        _line("tt:RelativeZoomTranslationSpace", _ZOOM_WAY),
        _plane("tt:ContinuousPanTiltVelocitySpace", _PAN_TILT_SPEED),
        _line("tt:ContinuousZoomVelocitySpace", _ZOOM_SPEED),
        _line("tt:PanTiltSpeedSpace", _PAN_TILT_PACE, 0),
        _line("tt:ZoomSpeedSpace", _ZOOM_PACE, 0),
    )


def node(channel: int, name: str) -> Xml:
    """The channel's PTZ node."""
    most = tag("tt:MaximumNumberOfPresets", MOST_PRESETS)
    home = tag("tt:HomeSupported", True)
    title = tag("tt:Name", f"Head {channel}")
    return tag(name, title, spaces("tt:SupportedPTZSpaces"), most, home, token=f"node-{channel}")


def configuration(channel: int, name: str) -> Xml:
    """The channel's PTZ configuration."""
    defaults = {
        "AbsolutePantTiltPositionSpace": PAN_TILT,  # the schema spells it so
        "AbsoluteZoomPositionSpace": ZOOM,
        "RelativePanTiltTranslationSpace": _PAN_TILT_WAY,
        "RelativeZoomTranslationSpace": _ZOOM_WAY,
        "ContinuousPanTiltVelocitySpace": _PAN_TILT_SPEED,
        "ContinuousZoomVelocitySpace": _ZOOM_SPEED,
    }
    speed = tag(
        "tt:DefaultPTZSpeed",
        tag("tt:PanTilt", x=1, y=1, space=_PAN_TILT_PACE),
        tag("tt:Zoom", x=1, space=_ZOOM_PACE),
    )
    return tag(
        name,
        tag("tt:Name", f"PTZ {channel}"),
        tag("tt:UseCount", 2),
        tag("tt:NodeToken", f"node-{channel}"),
        many(tag(f"tt:Default{key}", value) for key, value in defaults.items()),
        speed,
        tag("tt:DefaultPTZTimeout", "PT5S"),
        tag("tt:PanTiltLimits", _plane("tt:Range", PAN_TILT)),
        tag("tt:ZoomLimits", _line("tt:Range", ZOOM, 0)),
        token=f"ptz-{channel}",
    )
