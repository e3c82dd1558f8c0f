"""The page on ONVIF says which calls there are and which model knows them; `CITYCAM_WRITE_DOCS=1` writes it anew."""

from __future__ import annotations

import os
from pathlib import Path

from simulators.onvif import device, events, media, media2, ptz, recordings
from simulators.onvif.access import Access
from simulators.profiles.profile import load_profile, models

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "onvif.md"
SERVICES = (
    device.SERVICE,
    media.SERVICE,
    media2.SERVICE,
    ptz.SERVICE,
    events.SERVICE,
    events.MANAGER,
    recordings.RECORDING,
    recordings.SEARCH,
)


def calls() -> str:
    lines = ["## Which calls", "", "*Italic*: without credentials.", "", "| service | calls |", "|---|---|"]
    for service in SERVICES:
        names = [f"*{name}*" if access is Access.PRE_AUTH else name for name, (access, _) in service.operations.items()]
        own = ["*GetServiceCapabilities*"] if service.path else []
        lines.append(f"| {service.name} | {', '.join(own + names)} |")
    return "\n".join(lines) + "\n"


def who() -> str:
    lines = ["## Which model", "", "| model | plate | profiles | PTZ | events | days |", "|---|---|---|---|---|---|"]
    for model in models():
        plate = load_profile(model).onvif
        if plate is None:
            lines.append(f"| `{model}` | no ONVIF | | | | |")
            continue
        days = str(plate.days) if "G" in plate.profiles else ""
        more = [" ".join(plate.profiles), "yes" * plate.ptz, "yes" * plate.events, days]
        lines.append(f"| `{model}` | {plate.manufacturer} {plate.product} | {' | '.join(more)} |")
    return "\n".join(lines) + "\n"


def test_the_page_is_true() -> None:
    text = PAGE.read_text(encoding="utf-8")
    page = f"{text.partition('## Which calls')[0]}{calls()}\n{who()}"
    if os.environ.get("CITYCAM_WRITE_DOCS"):
        PAGE.write_text(page, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page, "write it anew with CITYCAM_WRITE_DOCS=1"
