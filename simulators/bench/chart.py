"""The bench of the fleet as one picture: what each server costs, on a logarithmic scale."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from io import StringIO
from statistics import median
from typing import Any

import altair as alt

from citycam.model.figure import readable
from simulators.bench.run import Run

_INK, _OURS = "#5b6874", "#0072b2"
_PANELS: dict[str, Callable[[Run], float]] = {
    "CPU per frame, µs": lambda run: run.cpu_us,
    "memory a camera, kB": lambda run: run.memory_kb,
}


def costs_svg(found: Mapping[str, Sequence[Run]], ours: str) -> str:
    """Panels of CPU a frame and of memory a camera: dots are medians, lines go from the least run to the largest."""
    panels = [_panel(found, ours, title, value) for title, value in _PANELS.items()]
    chart = alt.hconcat(*panels, spacing=30).configure(font="DejaVu Sans, sans-serif").configure_view(stroke=None)
    out = StringIO()
    chart.save(out, format="svg")
    return out.getvalue()


def _panel(
    found: Mapping[str, Sequence[Run]], ours: str, title: str, value: Callable[[Run], float]
) -> alt.LayerChart | alt.FacetChart:
    rows: list[dict[str, Any]] = []
    for name, runs in found.items():
        values = [value(run) for run in runs]
        row = {"server": name, "least": min(values), "median": median(values), "most": max(values)}
        rows.append({**row, "label": readable(median(values)), "ours": name == ours})
    x = alt.X("least:Q", title=title, scale=alt.Scale(type="log"), axis=alt.Axis(tickCount=5, format="~s"))
    sort = [row["server"] for row in sorted(rows, key=lambda row: row["median"])]
    y = alt.Y("server:N", title=None, sort=sort, axis=alt.Axis(labelLimit=320, domain=False, ticks=False))
    colour = alt.condition("datum.ours", alt.value(_OURS), alt.value(_INK))
    base = alt.Chart(alt.InlineData(values=rows)).encode(y=y, color=colour)
    line = base.mark_rule(strokeWidth=2).encode(x=x, x2="most:Q")
    dot = base.mark_point(filled=True, size=70, opacity=1).encode(x="median:Q")
    label = base.mark_text(align="left", dx=9).encode(x="median:Q", text="label:N")
    return alt.layer(line, dot, label).properties(width=300, height=alt.Step(26))
