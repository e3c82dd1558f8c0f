"""The report as one HTML file: nothing is fetched, no script is needed, and it prints on A4."""

from __future__ import annotations

import os
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from citycam.gates.criterion import Unit
from citycam.model.verdict import Verdict
from citycam.report import charts
from citycam.report.catalogue import Catalogue, catalogue
from citycam.report.document import Report, build

FILE = "report.html"
TABLE_ROWS = 12
"""A table beside a chart has at most this many rows."""


def render(run: Path, language: str = "en") -> Path:
    """Write `report.html` into a judged run folder; its path.

    Raises:
        EvidenceMissing: the run has no verdict yet.
        ConfigError: no such language.
    """
    path = run / FILE
    part = path.with_suffix(".part")
    part.write_text(page(build(run), catalogue(language)), encoding="utf-8")
    os.replace(part, path)
    return path


def page(report: Report, texts: Catalogue) -> str:
    """The whole page as text."""
    figures = report.figures
    live_limit = report.criterion("live-start-time")
    environment = Environment(
        loader=PackageLoader("citycam.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2").render(
        r=report,
        t=texts,
        other=texts.companion,
        Verdict=Verdict,
        Unit=Unit,
        rate_svg=charts.rate_chart(figures.rates, texts) if figures.rates else None,
        rate_rows=_thinned(report),
        live_svg=charts.live_chart(figures.live, live_limit.limit if live_limit else None, texts)
        if figures.live
        else None,
        missing_svg=charts.missing_chart(figures.cameras, texts)
        if any(camera.missing for camera in figures.cameras)
        else None,
    )


def _thinned(report: Report) -> list[tuple[float, float, float, float]]:
    """The rate chart as a table: (from s, to s, frames sent, frames recorded) in at most `TABLE_ROWS` rows."""
    rates = report.figures.rates
    size = max(1, -(-len(rates) // TABLE_ROWS))
    rows = []
    for first in range(0, len(rates), size):
        part = rates[first : first + size]
        rows.append(
            (
                part[0].at,
                part[-1].at + part[-1].seconds,
                sum(rate.sent * rate.seconds for rate in part),
                sum(rate.recorded * rate.seconds for rate in part),
            )
        )
    return rows
