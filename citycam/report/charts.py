"""Figures as static SVG, drawn without a browser. Colours are Okabe and Ito's, told apart by colour-blind readers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import altair as alt
from markupsafe import Markup

from citycam.report.catalogue import Catalogue
from citycam.report.figures import CameraFigure, LiveStarts, Rate

FONT = "Noto Sans, Segoe UI, Roboto, Helvetica, Arial, DejaVu Sans, sans-serif"
SENT, RECORDED, MISSING, INK, QUIET = "#a9c6dd", "#0072b2", "#d55e00", "#1d2935", "#5b6874"
MOST_BARS = 15


def rate_chart(rates: Sequence[Rate], texts: Catalogue) -> Markup:
    """Frames per second sent (broad, pale) and recorded (thin, dark); what is missing below, on a scale of its own."""
    rows = [
        {
            "at": rate.at + rate.seconds / 2,
            "sent": rate.sent,
            "recorded": rate.recorded,
            "lost": rate.sent - rate.recorded,
        }
        for rate in rates
    ]
    end = rates[-1].at + rates[-1].seconds
    top = max(rate.sent for rate in rates) * 1.15 or 1
    x = alt.X("at:Q", title=None, scale=alt.Scale(domain=[0, end], nice=False, padding=0))
    axis = alt.Axis(grid=False, tickCount=12, titlePadding=8)
    scale = alt.Scale(domain=[0, top], nice=False)
    base = alt.Chart(_data(rows))
    plain = x.axis(grid=False, tickCount=12, labels=False, ticks=False)
    sent = base.mark_line(color=SENT, strokeWidth=6).encode(
        x=plain, y=alt.Y("sent:Q", scale=scale, title=texts("chart.frames_per_second"), axis=alt.Axis(tickCount=5))
    )
    recorded = base.mark_line(color=RECORDED, strokeWidth=1.8).encode(x=plain, y=alt.Y("recorded:Q", scale=scale))
    lines = alt.layer(sent, recorded).properties(width=860, height=150)
    lost = (
        base.mark_bar(color=MISSING, width=max(1.5, min(9, 600 / len(rows))))
        .encode(
            x=x.title(texts("chart.seconds")).axis(axis),
            y=alt.Y("lost:Q", title=texts("legend.missing"), axis=alt.Axis(tickCount=2, tickMinStep=1)),
        )
        .properties(width=860, height=44)
    )
    if not any(row["lost"] > 0 for row in rows):
        labelled = [line.encode(x=x.title(texts("chart.seconds")).axis(axis)) for line in (sent, recorded)]
        return _svg(alt.layer(*labelled).properties(width=860, height=150), "rate", texts)
    return _svg(alt.vconcat(lines, lost, spacing=14), "rate", texts)


def live_chart(live: LiveStarts, limit: float | None, texts: Catalogue) -> Markup:
    """Histogram of live starts with the 95th percentile and, where it is in sight, the limit."""
    rows = [{"low": one.low, "high": one.high, "count": one.count} for one in live.bins]
    right = live.bins[-1].high
    if limit is not None and limit < 4 * right:
        right = max(right, limit * 1.06)
    bars = (
        alt.Chart(_data(rows))
        .mark_bar(color=RECORDED, binSpacing=1)
        .encode(
            x=alt.X("low:Q", bin="binned", title=texts("chart.wait"), scale=alt.Scale(domain=[0, right], nice=False)),
            x2="high:Q",
            y=alt.Y("count:Q", title=texts("chart.views"), axis=alt.Axis(tickMinStep=1)),
        )
    )
    marks = [{"at": live.p95, "label": texts("chart.p95")}]
    if limit is not None and limit <= right:
        marks.append({"at": limit, "label": texts("chart.limit")})
    lines = alt.Chart(_data(marks)).encode(x="at:Q")
    rule = lines.mark_rule(color=INK, strokeDash=[4, 3])
    label = lines.mark_text(align="left", dx=4, dy=-4, y=8, color=INK, fontSize=11).encode(text="label:N")
    return _svg(alt.layer(bars, rule, label).properties(width=390, height=170), "live", texts)


def missing_chart(cameras: Sequence[CameraFigure], texts: Catalogue) -> Markup:
    """Missing frames of the worst cameras, explained and unexplained; every bar ends in its completeness."""
    worst = [camera for camera in cameras if camera.missing][:MOST_BARS]
    order = [camera.camera for camera in worst]
    rows = [
        {"camera": camera.camera, "kind": texts(f"chart.{kind}"), "frames": frames}
        for camera in worst
        for kind, frames in (("unexplained", camera.missing - camera.explained), ("explained", camera.explained))
    ]
    ends = [
        {"camera": camera.camera, "frames": camera.missing, "label": texts.share(camera.complete)} for camera in worst
    ]
    widest = max((camera.missing for camera in worst), default=1) * 1.22
    y = alt.Y(
        "camera:N", sort=order, title=None, axis=alt.Axis(ticks=False, domain=False, labelPadding=8, labelColor=INK)
    )
    x = alt.X("frames:Q", title=texts("chart.missing"), scale=alt.Scale(domain=[0, widest], nice=False))
    bars = (
        alt.Chart(_data(rows))
        .mark_bar(height={"band": 0.62})
        .encode(
            x=x.axis(tickMinStep=1, tickCount=4),
            y=y,
            color=alt.Color(
                "kind:N",
                legend=None,
                scale=alt.Scale(domain=[texts("chart.unexplained"), texts("chart.explained")], range=[MISSING, SENT]),
            ),
        )
    )
    labels = (
        alt.Chart(_data(ends))
        .mark_text(align="left", dx=5, color=INK, fontSize=11)
        .encode(x="frames:Q", y=y, text="label:N")
    )
    return _svg(alt.layer(bars, labels).properties(width=345, height=alt.Step(20)), "missing", texts)


def _data(rows: Sequence[dict[str, Any]]) -> Any:
    return alt.Data(values=list(rows))  # type: ignore[no-untyped-call]


def _locale(texts: Catalogue) -> dict[str, Any]:
    """Number signs of a language, as d3-format wants them."""
    decimal, thousands = (",", ".") if texts.language == "vi" else (".", ",")
    return {"decimal": decimal, "thousands": thousands, "grouping": [3], "currency": ["", ""]}


def _svg(chart: Any, prefix: str, texts: Catalogue) -> Markup:
    """SVG text to stand inside an HTML page; ids get a prefix, for several drawings share the page's names."""
    import vl_convert

    styled = chart.configure_view(stroke=None).configure_axis(
        labelFont=FONT,
        titleFont=FONT,
        labelColor=QUIET,
        titleColor=QUIET,
        labelFontSize=11,
        titleFontSize=11,
        titleFontWeight="normal",
        gridColor="#e6eaee",
        domainColor="#b8c2cc",
        tickColor="#b8c2cc",
    )
    styled = styled.configure_text(font=FONT)
    svg = vl_convert.vegalite_to_svg(styled.to_dict(), format_locale=_locale(texts))
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}-\1"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}-\1)", svg)
    # Safe as markup: Vega escapes every text it is given; the tests try a hostile camera name.
    return Markup(svg)  # noqa: S704
