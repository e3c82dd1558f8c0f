"""What parts of the bench of many nodes leave: kept as JSON, and shown together on one page."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

import altair as alt

from citycam.model.figure import Bar, Figure


@dataclass(frozen=True)
class Part:
    """What one part measured: figures, and the gaps (s) of the cameras that it moved or touched, for the picture.

    `note` is what a reader must know of the circumstances; whoever measured writes it into the kept file.
    """

    figures: list[Figure]
    gaps: Mapping[str, Sequence[float]] = field(default_factory=dict)
    note: str = ""

    def save(self, path: Path) -> None:
        """Keep it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        document = {"figures": [asdict(figure) for figure in self.figures], "gaps": self.gaps, "note": self.note}
        path.write_text(json.dumps(document, indent=1), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Part:
        """As it was kept."""
        document = json.loads(path.read_text(encoding="utf-8"))
        return cls([_figure(row) for row in document["figures"]], document["gaps"], document.get("note", ""))


def gaps_svg(gaps: Mapping[str, Sequence[float]]) -> str:
    """Each camera's longest gap, a tick a camera, by what happened."""
    rows: list[dict[str, Any]] = [{"event": event, "gap": gap} for event, each in gaps.items() for gap in each]
    x = alt.X("gap:Q", title="longest gap of a camera, s", scale=alt.Scale(zero=True))
    y = alt.Y("event:N", title=None, sort=list(gaps), axis=alt.Axis(labelLimit=320, domain=False, ticks=False))
    chart = alt.Chart(alt.InlineData(values=rows)).mark_tick(thickness=1, opacity=0.5, color="#0072b2").encode(x=x, y=y)
    chart = chart.properties(width=560, height=alt.Step(34)).configure(font="DejaVu Sans, sans-serif")
    out = StringIO()
    chart.configure_view(stroke=None).save(out, format="svg")
    return out.getvalue()


def text(absent: Sequence[str], notes: Sequence[str]) -> str:
    """What stands under the figures: circumstances, the parts that are `absent`, and the notes of the others."""
    missing = f"\nNot measured here yet: {', '.join(absent)}.\n" if absent else ""
    missing += "".join(f"\n{note}\n" for note in notes)
    return f"""
![Longest gap of each camera that an event touched](hosts.svg)

All hosts are systemd containers of this one machine: they share its cores, its disk and its kernel. 200 cameras
(704x576, 10 frames/s, 256 kb/s) were recorded by six gateways on three nodes; every frame is accounted for by number
(`campaigns/failover.yaml`). A node loses power by SIGKILL to all that runs on it, and returns 55 s later with what it
recorded; one that is cut off loses its administration network, keeps its cameras and goes on recording until its lease
ends or others are heard again. For the restore a lab of three hosts (`environments/lab-3.yaml`) loses power on both
machines of the database while a client commits rows; the repository as it lies on its host is restored in a lab
made anew.
{missing}"""


def _figure(row: Mapping[str, Any]) -> Figure:
    bar = Bar(**row["bar"]) if row["bar"] else None
    return Figure(row["metric"], row["unit"], tuple(row["runs"]), bar, row["peer"], tuple(row["peer_runs"]))
