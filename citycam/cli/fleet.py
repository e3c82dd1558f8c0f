"""`citycam fleet`: simulated cameras by themselves, on this machine's loopback addresses, for any VMS to record."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from ipaddress import IPv4Network
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import TypeAdapter, ValidationError
from rich.console import Console
from rich.table import Table

from citycam.cli.estate import DEFAULT_ROOT, Estate
from citycam.cli.output import ConsoleProgress, Output, stderr_console
from citycam.cli.verb import Json, verb
from citycam.evidence.ledger import read_ledger
from citycam.inventory.roster import load_inventory
from citycam.model.camera import Camera
from citycam.model.errors import ConfigError, ExitCode
from citycam.model.units import Seconds, show_bytes
from simulators.faults.timeline import load_timeline, strikes
from simulators.fleet import preflight
from simulators.fleet.launch import Launch, end
from simulators.fleet.merged import copy_ledger
from simulators.fleet.ports import Ports
from simulators.mixes.mix import load_mix, mixed_cameras

app = typer.Typer(help="Simulated cameras by themselves, for any VMS to record.", no_args_is_help=True)

_SHOWN = 8
_CAMERAS_A_PROCESS = 1000
"""Fewer are not worth a process of their own."""
LOOPBACK = IPv4Network("127.0.0.0/8")


Root = Annotated[Path, typer.Option(help="The fleet's folder.", show_default=".citycam/loopback/fleet")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="0 for none.")]


@app.command()
@verb
def up(
    cameras: Annotated[
        int | None, typer.Option(min=1, max=999_999, help="How many of the mix.  [default: 100]")
    ] = None,
    profile_mix: Annotated[
        str | None, typer.Option(help="Which camera models: a file, or one that comes along.  [default: hanoi.yaml]")
    ] = None,
    inventory: Annotated[Path | None, typer.Option(help="The cameras of this file, instead of a mix.")] = None,
    network: Annotated[str, typer.Option(help="Where a mix gets its addresses from.")] = "127.18.0.0/15",
    port: Annotated[int, typer.Option(min=1, max=65535, help="RTSP port of a mix's cameras.")] = 8554,
    rtsps_port: Port = 0,
    http_port: Port = 0,
    discovery_port: Port = 0,
    telnet_port: Port = 0,
    seed: Annotated[int, typer.Option(help="The same seed makes the same cameras.")] = 1,
    ramp: Annotated[str, typer.Option(help="How long it takes to switch all cameras on.")] = "10s",
    processes: Annotated[str, typer.Option(help="A number, or auto: up to one a core.")] = "auto",
    footage: Annotated[Path | None, typer.Option(help="Film the cameras show: a file or a folder.")] = None,
    timeline: Annotated[Path | None, typer.Option(help="Faults that strike once all cameras are on.")] = None,
    metrics: Annotated[str, typer.Option(help="Prometheus, as host:port.")] = "",
    root: Root = DEFAULT_ROOT,
    detach: Annotated[bool, typer.Option("--detach", help="Leave it running; `fleet down` ends it.")] = False,
    as_json: Json = False,
) -> ExitCode:
    """Start a fleet and say where its cameras are; Ctrl-C ends it."""
    ramp_s = _seconds(ramp)
    wanted = _cameras(cameras, profile_mix, inventory, network, port, seed)
    blows = strikes(load_timeline(timeline), wanted, timeline) if timeline else []
    ports = Ports(preflight.common_port(wanted), rtsps_port, http_port, discovery_port, telnet_port)
    count = _processes(processes, len(wanted))
    estate = Estate(root.resolve())
    launch = Launch(estate.root, ports, estate.key_file, count, metrics, detached=detach)
    progress = ConsoleProgress()
    process = None
    try:
        estate.claim()
        preflight.check(wanted, ports, count, metrics)
        progress.phase("media", "encode what the cameras show")
        estate.prepare(wanted, footage)
        progress.phase("cameras", f"switch {len(wanted):,} cameras on, in {count} process{'es' if count > 1 else ''}")
        process = estate.start(launch, wanted, ramp_s, lambda on: progress.note(f"{on:,}/{len(wanted):,}"))
        if blows:
            estate.client.play(blows)
        progress.close()
        _show(estate, wanted, count, detach, as_json)
        if detach:
            return ExitCode.OK
        process.wait()
        raise launch.failure(process)
    except BaseException as error:
        progress.abandon()
        if process is not None:
            end(process)
        if isinstance(error, KeyboardInterrupt):
            stderr_console().print("the fleet has ended")
        raise


@app.command()
@verb
def status(root: Root = DEFAULT_ROOT, as_json: Json = False) -> None:
    """What the running fleet does."""
    seen = Estate(root).client.status()

    def text(console: Console) -> None:
        table = Table("fleet", "")
        for name in ("cameras", "playing", "sessions", "frames_sent", "frames_late", "frames_dropped"):
            table.add_row(name.replace("_", " "), f"{seen[name]:,}")
        late = seen["lateness_ms"]
        table.add_row("lateness", f"p50 {late['p50']:.1f} ms, p99 {late['p99']:.1f} ms, at most {late['max']:.1f} ms")
        table.add_row("CPU", f"{seen['cpu_seconds']:,.1f} s")
        table.add_row("memory", show_bytes(seen["rss_bytes"]))
        for number, shard in enumerate(seen.get("shards", []), 1):
            restarts = f", {shard['restarts']} restarts" if shard["restarts"] else ""
            table.add_row(f"process {number}", f"{shard['playing']:,}/{shard['cameras']:,} cameras play{restarts}")
        console.print(table)

    Output(as_json).result(seen, text)


@app.command()
@verb
def fault(
    kind: Annotated[str | None, typer.Argument(help="Kind of fault, such as reboot.")] = None,
    cameras: Annotated[list[str] | None, typer.Argument(help="Ids of cameras, or all.")] = None,
    given: Annotated[
        list[str] | None, typer.Option("--set", help="A key of this kind, such as every=50.", metavar="KEY=VALUE")
    ] = None,
    timeline: Annotated[Path | None, typer.Option(help="A file of faults with their times, instead.")] = None,
    root: Root = DEFAULT_ROOT,
    as_json: Json = False,
) -> None:
    """Break cameras now, or by a timeline, which the fleet plays by itself."""
    estate = Estate(root)
    if (kind is None) == (timeline is None):
        raise ConfigError("name a kind of fault and its cameras, or a --timeline", where="fleet fault")
    if timeline is not None:
        estate.client.play(strikes(load_timeline(timeline), estate.cameras(), timeline))
    else:
        if not cameras:
            raise ConfigError("a fault needs cameras", where="fleet fault", next="name their ids, or all")
        ids = [camera.id for camera in estate.chosen(cameras)] if cameras == ["all"] else cameras
        estate.client.start_fault(str(kind), ids, **_values(given or []))
    seen = estate.client.faults()

    def text(console: Console) -> None:
        for one in seen["faults"]:
            console.print(f"{one['kind']}: {len(one['cameras']):,} cameras")
        if seen["ahead"]:
            console.print(f"{len(seen['ahead'])} to come, the next in {seen['ahead'][0]['in']:.0f} s")

    Output(as_json).result(seen, text)


@app.command()
@verb
def heal(root: Root = DEFAULT_ROOT, as_json: Json = False) -> None:
    """End every fault, and the timeline."""
    client = Estate(root).client
    client.clear_faults()
    Output(as_json).result(client.faults(), lambda console: console.print("no camera has a fault"))


@app.command()
@verb
def ledger(
    out: Annotated[Path | None, typer.Option(help="Where to write it; stdout without it.")] = None,
    run: Annotated[str | None, typer.Option(help="Of an earlier run.  [default: the last]")] = None,
    root: Root = DEFAULT_ROOT,
    as_json: Json = False,
) -> None:
    """What was really sent: one file of JSON lines, up to now if the fleet runs."""
    estate = Estate(root)
    with tempfile.TemporaryDirectory() as folder:
        file = out or Path(folder) / "ledger.jsonl"
        if run is None and estate.client.health():
            estate.client.copy_ledger(file)
        else:
            copy_ledger(estate.root, run or estate.last_run(), file)
        if out is None and not as_json:
            with file.open("rb") as lines:
                sys.stdout.buffer.writelines(lines)
            return
        read = read_ledger(file)
    data = {
        "run": read.run,
        "file": str(out) if out else None,
        "cameras": len(read.cameras),
        "frames": sum(int((one.ranges[:, 1] - one.ranges[:, 0] + 1).sum()) for one in read.cameras.values()),
        "through_ns": read.through_ns,
        "complete": read.complete,
        "closed": read.closed,
        "cuts": list(read.cuts),
    }
    Output(as_json).result(data, lambda console: console.print(f"{data['frames']:,} frames of {data['run']} in {out}"))


@app.command()
@verb
def credentials(
    cameras: Annotated[list[str], typer.Argument(help="Ids of cameras, or all.")],
    root: Root = DEFAULT_ROOT,
    as_json: Json = False,
) -> None:
    """Print accounts of cameras, passwords included."""
    estate = Estate(root)
    chosen = estate.chosen(cameras)
    passwords = estate.passwords(chosen)
    data = [
        {"camera": one.id, "url": _url(one), "username": one.username, "password": passwords[one.id]} for one in chosen
    ]

    def text(console: Console) -> None:
        for one in data:
            console.print("\t".join(one.values()), markup=False)

    Output(as_json).result(data, text)


@app.command()
@verb
def down(root: Root = DEFAULT_ROOT, as_json: Json = False) -> None:
    """End the fleet in order; its ledgers stay."""
    Estate(root.resolve()).down()
    Output(as_json).result({}, lambda console: console.print("the fleet has ended"))


def _cameras(
    count: int | None, mix: str | None, inventory: Path | None, network: str, port: int, seed: int
) -> list[Camera]:
    if inventory is not None:
        if count is not None or mix is not None:
            raise ConfigError("cameras come from an inventory or from a mix", where="--inventory", next="leave one out")
        return load_inventory(inventory)
    try:
        addresses = IPv4Network(network)
    except ValueError as error:
        raise ConfigError(f"{network!r} is no network", where="--network", why=str(error)) from error
    if not addresses.subnet_of(LOOPBACK):
        raise ConfigError(
            f"{network} is not in {LOOPBACK}", where="--network", next="only loopback addresses answer here"
        )
    return mixed_cameras(load_mix(mix or "hanoi.yaml"), count or 100, seed, addresses, port)


def _seconds(text: str) -> float:
    try:
        return TypeAdapter(Seconds).validate_python(text)
    except ValidationError as error:
        raise ConfigError(error.errors()[0]["msg"].removeprefix("Value error, "), where="--ramp") from error


def _processes(text: str, cameras: int) -> int:
    if text == "auto":
        return min(len(os.sched_getaffinity(0)), -(-cameras // _CAMERAS_A_PROCESS))
    if not text.isdigit() or not 1 <= int(text) <= 256:
        raise ConfigError(f"{text!r} is neither auto nor a number from 1 to 256", where="--processes")
    return int(text)


def _values(given: list[str]) -> dict[str, Any]:
    """`key=value` pairs; a value is JSON if it can be read as such, else text."""
    values: dict[str, Any] = {}
    for pair in given:
        key, equals, value = pair.partition("=")
        if not key or not equals:
            raise ConfigError(f"{pair!r} is not key=value", where="--set", next="write it as every=50")
        try:
            values[key] = json.loads(value)
        except ValueError:
            values[key] = value
    return values


def _url(camera: Camera) -> str:
    return f"rtsp://{camera.address}:{camera.port}{camera.path}"


def _show(estate: Estate, cameras: list[Camera], processes: int, detached: bool, as_json: bool) -> None:
    listed = [{"camera": one.id, "model": one.model, "auth": one.auth.value, "url": _url(one)} for one in cameras]

    def text(console: Console) -> None:
        for one in listed[:_SHOWN]:
            console.print(f"{one['camera']}  {one['model']:<20} {one['auth']:<7} {one['url']}", markup=False)
        console.print("…" if len(listed) > _SHOWN else "")
        console.print(f"{len(cameras):,} cameras, all of them in {estate.inventory}")
        option = "" if estate.root == DEFAULT_ROOT else f" --root {estate.root}"
        console.print(f"accounts   citycam fleet credentials CAM…{option}")
        console.print(f"its end    {f'citycam fleet down{option}' if detached else 'Ctrl-C'}")

    data = {"root": str(estate.root), "inventory": str(estate.inventory), "processes": processes, "cameras": listed}
    Output(as_json).result(data, text)
