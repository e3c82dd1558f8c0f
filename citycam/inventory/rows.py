"""One row of a table becomes one camera, or several, with a remark for everything that was not plain."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from citycam.inventory import network
from citycam.inventory.facts import facts_of
from citycam.inventory.network import Credentials
from citycam.inventory.row import LONGEST, Facts, Reading, Row, put
from citycam.inventory.spelling import Cell, Unreadable, shown


def read_row(
    cells: Mapping[str, Cell], submitter: str, today: date, units: Mapping[str, str], formulas: Iterable[str] = ()
) -> Reading:
    """The cameras of one row. `submitter` is the agency of a row that names none; `units` as in `columns.Table`."""
    row = Row(cells, today, units)
    for name in formulas:
        row.note(name, "the cell holds a formula; its text was taken, never its result", "a plain value")
    row.out.cameras = _cameras(row, facts_of(row, submitter))
    if row.out.rejected:
        row.out.cameras, row.out.questions = [], []
    return row.out


def _cameras(row: Row, facts: Facts) -> list[Facts]:
    """One or several cameras, by the lists of what only one camera can have."""
    lists: dict[str, list[Any]] = {
        "serial": row.read("serial", _serials) or [],
        "mac": row.read("mac", lambda cell: [network.mac(part) for part in _parts(cell)]) or [],
        "address": _addresses(row, facts),
        "channel": row.read("recorder_channel", _channels) or [],
    }
    count = max(1, *(len(values) for values in lists.values()))
    quantity = row.number("quantity", 0, 10_000, whole=True)
    fields = {"serial": "serial", "mac": "mac", "address": "ip", "channel": "recorder_channel"}
    for name, values in lists.items():
        shared = name == "address" and len(values) == 1 and len(lists["channel"]) == count
        if values and len(values) != count and not shared:
            row.error(
                fields[name],
                f"the row stands for {count} cameras, and this cell for {len(values)}",
                "one row for each camera",
            )
    if quantity is not None and quantity != count and quantity > 1:
        row.error("quantity", f"{quantity:g} cameras in a row that tells of {count}", "one row for each camera")
    recorder = row.text("recorder_serial")
    if lists["mac"] == [None]:
        row.note("mac", "a MAC address that no device has; left unknown", "the one printed on the camera")
    cameras = [_camera(facts, recorder, lists, at) for at in range(count)]
    if count > 1:
        row.note("ip" if len(lists["address"]) > 1 else "serial", f"{count} cameras in one row, taken apart")
    elif not _known(cameras[0]):
        row.error("serial", "nothing tells which camera this is", "a serial number, a MAC address, or a position")
    return cameras


def _camera(facts: Facts, recorder: str | None, lists: Mapping[str, list[Any]], at: int) -> Facts:
    camera = dict(facts)
    for name in ("serial", "mac", "address"):
        values = lists[name]
        if values:
            put(camera, **{name: values[at] if at < len(values) else values[-1]})
    if recorder:
        channel = lists["channel"][at] if at < len(lists["channel"]) else None
        camera["recorder"] = {"serial": recorder} | ({"channel": channel} if channel else {})
    return camera


def _known(camera: Facts) -> bool:
    return any(name in camera for name in ("serial", "mac", "latitude", "onvif_endpoint")) or (
        "recorder" in camera and "channel" in camera["recorder"]
    )


def _parts(cell: Cell) -> list[str]:
    return [
        part
        for part in re.split(
            r"\s*(?:[;,\n]|\s/\s|\s\+\s|\svà\s)\s*", cell.strip() if isinstance(cell, str) else shown(cell)
        )
        if part
    ]


def _serials(cell: Cell) -> list[str]:
    if isinstance(cell, float) or re.fullmatch(r"\d[.,]\d+E\+\d+", shown(cell), re.IGNORECASE):
        return [network.serial(cell)]
    return [network.serial(part) for part in _parts(cell)]


def _channels(cell: Cell) -> list[int]:
    text = re.sub(r"(?i)k[êe]nh|channel|ch", " ", shown(cell)).strip()
    ranged = re.fullmatch(r"(\d{1,4})\s*(?:-|–|đến|to)\s*(\d{1,4})", text)
    found = (
        list(range(int(ranged[1]), int(ranged[2]) + 1))
        if ranged
        else [int(part) for part in re.split(r"[,;/\s]+", text) if part.isdecimal()]
    )
    if not found or len(found) > network.MOST or not all(1 <= channel <= 1024 for channel in found):
        raise Unreadable("not a channel of a recorder", "a number from 1, as in 4")
    return found


def _addresses(row: Row, facts: Facts) -> list[str]:
    """Addresses of the row; port and path go to `facts`, credentials to their own place."""
    given = "path" if "url" not in row.cells and "://" in shown(row.cells.get("path")) else "url"
    link = row.read(given, network.link)
    found = row.read("ip", network.addresses) or []
    port = row.read("port", network.port)
    path, inside = _path(row) if given == "url" else (None, None)
    for name, secret in ((given, link.credentials if link else None), ("path", inside)):
        if secret:
            row.note(name, "credentials in a URL; taken out of it", "the URL without user and password")
    if link:
        if link.address and found and [link.address] != [address for address, _ in found]:
            row.error(given, f"the address {link.address} is not that of the IP column", "one address in both")
        elif link.address and not found:
            found = [(link.address, None)]
        elif not link.address and not found:
            row.note(given, "a host name instead of an address; the address is left unknown", "an IPv4 address")
    put(
        facts,
        port=port or (link.port if link else None) or next((told for _, told in found if told), None),
        path=(path if path and path.startswith("/") else f"/{path}" if path else None) or (link.path if link else None),
    )
    row.out.credentials = _told(row, (link.credentials if link else None) or inside)
    return [address for address, _ in found]


def _path(row: Row) -> tuple[str | None, Credentials | None]:
    """The path of the stream, and the credentials in its query."""
    path = shown(row.cells.get("path"))
    if not path.startswith("/") or any(mark.isspace() for mark in path):
        return row.text("path"), None
    row.cells["path"], inside = network.without_secrets(path)
    return shown(row.cells["path"])[:LONGEST], inside


def _told(row: Row, secret: Credentials | None) -> Credentials | None:
    if "password" in row.cells or "username" in row.cells:
        row.note("password", "credentials in the table; taken out of it", "nothing here")
        return Credentials(shown(row.cells.get("username")), shown(row.cells.get("password")))
    for name in ("remarks", "site", "address_text") if secret else ("remarks", "site", "address_text", "path"):
        said = network.told(shown(row.cells.get(name)))
        if said:
            row.note(name, "a password in a text; taken out of it", "no password")
            return said
    return secret
