"""Write a plausible, complete run folder for tests: real JSON and Parquet, as a campaign leaves them.

`plausible()` is a draft in memory; a test spoils what it wants and calls `write(folder)`. From the command line:
`python -m citycam.gates.tests.runs FOLDER [cameras] [seconds]`.
"""

from __future__ import annotations

import json
import random
import sys
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from citycam.gates.criteria.evidence_complete import PHASES
from citycam.gates.tables import TABLES, Kind
from citycam.inventory.sample import sample_inventory
from citycam.model.environment import load_environment
from citycam.model.workspace import PROJECT
from citycam.plan.plan import Plan, make_plan

START_NS = 1_795_477_200_350_000_000
"""2026-11-23, evening in UTC and the next day in Hanoi."""
SECOND = 1_000_000_000
GATES = {
    "cameras-connected": "100%",
    "frame-completeness": "99.99%",
    "unexplained-gaps": "0",
    "live-start-time": "3s",
    "playback": "100%",
    "time-error": "1s",
    "fleet-lateness": "200ms",
    "evidence-complete": "100%",
}
FAILOVER = {"failover-gap": "20s", "single-owner": "2s", "unmoved-frames": "0"}
"""Of campaigns in which nodes are lost; the others set no such limits."""
ARROW: dict[Kind, pa.DataType] = {
    Kind.TEXT: pa.string(),
    Kind.WHOLE: pa.int64(),
    Kind.NUMBER: pa.float64(),
    Kind.FLAG: pa.bool_(),
}

Row = dict[str, Any]


@dataclass
class Draft:
    """A run before it is written. `tables` are rows by table name, `documents` JSON by file, `texts` text by file."""

    plan: Plan
    seconds: int
    tables: dict[str, list[Row]] = field(default_factory=dict)
    documents: dict[str, Any] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    pictures: dict[str, bytes] = field(default_factory=dict)

    @property
    def cameras(self) -> list[str]:
        return [camera.id for camera in self.plan.cameras]

    def row(self, table: str, camera: str) -> Row:
        return next(row for row in self.tables[table] if row["camera"] == camera)

    def lose(self, camera: str, every: int) -> int:
        """Leave every n-th frame of a camera out of the archive; how many that is."""
        row = self.row("cameras", camera)
        lost = int(row["frames_sent"]) // every
        row.update(
            recorded_once=row["frames_sent"] - lost,
            missing=lost,
            gaps=lost,
            unexplained_gaps=lost,
            longest_gap_ms=100.0,
        )
        totals = self.documents["evidence/audit/audit.json"]["totals"]
        totals.update(
            missing=totals["missing"] + lost,
            recorded_once=totals["recorded_once"] - lost,
            unexplained_gaps=totals["unexplained_gaps"] + lost,
        )
        rate = row["frames_sent"] // self.seconds
        for index in range(lost):
            frame = row["first_frame"] + (index + 1) * every - 1
            second = min(self.seconds, (frame - row["first_frame"]) // rate)
            self.tables["seconds"][second]["recorded"] -= 1
            self.tables["findings"].append(
                {
                    "camera": camera,
                    "gateway": row["gateway"],
                    "kind": "missing",
                    "segment": "0.mp4",
                    "frame": frame,
                    "count": 1,
                    "detail": "",
                }
            )
            self.tables["gaps"].append(
                {
                    "camera": camera,
                    "gateway": row["gateway"],
                    "first_frame": frame,
                    "last_frame": frame,
                    "frames": 1,
                    "start_ns": START_NS + second * SECOND,
                    "length_ms": 100.0,
                    "cause": "",
                }
            )
        return lost

    def move(self, camera: str, gap_ms: float, overlap_ms: float = 0.0) -> None:
        """Another node takes a camera over in the middle of the run."""
        tenure = self.row("tenures", camera)
        middle = (tenure["first_frame"] + tenure["last_frame"]) // 2
        self.tables["tenures"].append(tenure | {"node": "node-2", "first_frame": middle})
        tenure["last_frame"] = middle - 1
        self.row("cameras", camera)["longest_gap_ms"] = gap_ms
        if overlap_ms:
            whose = {"camera": camera, "gateway": tenure["gateway"], "node": "node-1", "other": "node-2"}
            frames = {"first_frame": middle, "last_frame": middle, "frames": 1, "start_ns": START_NS}
            self.tables["doubled"].append({**whose, **frames, "length_ms": overlap_ms})

    def write(self, folder: Path) -> Path:
        for file, document in self.documents.items():
            _put(folder / file, json.dumps(document, ensure_ascii=False).encode())
        for file, text in self.texts.items():
            _put(folder / file, text.encode())
        for file, data in self.pictures.items():
            _put(folder / file, data)
        for name, rows in self.tables.items():
            file, columns = TABLES[name]
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            schema = pa.schema([(column, ARROW[kind]) for column, kind in columns.items()])
            pq.write_table(pa.Table.from_pylist(rows, schema=schema), folder / file)
        return folder


def plausible(cameras: int = 8, seconds: int = 20, seed: int = 7, pictures: int = 0) -> Draft:
    """A run in which everything went well."""
    environment = load_environment(PROJECT / "environments" / "local.yaml")
    plan = make_plan(sample_inventory(cameras, 7, IPv4Network("198.18.64.0/18")), environment)
    draft = Draft(plan, seconds)
    chance = random.Random(seed)
    stop_ns = START_NS + seconds * SECOND
    marks = {"start_ns": START_NS, "stop_ns": stop_ns}
    gateway_of = plan.gateway_of()
    draft.tables = {name: [] for name in TABLES}
    for camera in plan.cameras:
        _record(draft, camera.id, gateway_of[camera.id], camera.stream.fps, chance)
    total = sum(row["frames_sent"] for row in draft.tables["cameras"])
    per_second = total // seconds
    for second in range(seconds + 1):
        part = 0.65 if second == 0 else 0.35 if second == seconds else 1.0
        frames = round(per_second * part)
        draft.tables["seconds"].append({"second": START_NS // SECOND + second, "sent": frames, "recorded": frames})
    _watch(draft, gateway_of, chance)
    draft.documents = {
        "campaign.json": {
            "schema_version": 1,
            "name": "smoke",
            "title": "Forty cameras, two gateways, one minute",
            "seed": 7,
            "recording": float(seconds),
            "load": {"viewers": 6, "view_time": 6.0, "players": 2, "clip": 4.0},
            "gates": GATES,
        },
        "plan.json": plan.model_dump(mode="json"),
        "environment.json": {
            "environment": environment.model_dump(mode="json"),
            "machine": {"system": "Debian GNU/Linux 12", "kernel": "6.1.0", "cpus": 2, "memory_bytes": 25_769_803_776},
            "versions": {"mediamtx": "v1.20.1", "docker": "20.10.24", "python": "3.11.2", "pulumi": "3.259.0"},
        },
        "marks.json": marks,
        "evidence/load.json": {
            "schema_version": 1,
            "users": 8,
            "requests": len(draft.tables["requests"]),
            "failures": 0,
            "listener_errors": 0,
            "cpu_percent_max": 31.0,
            "exit_code": 0,
            "seconds": float(seconds),
            "healthy": True,
            "why": "",
        },
        "evidence/fleet.json": {
            "schema_version": 1,
            "seconds": float(seconds),
            "shards": [
                {"shard": "fleet/1", "frames": total, "p99_s": 0.0036, "cores": 0.11, "why": ""},
                {"shard": "fleet/2", "frames": total, "p99_s": 0.0017, "cores": 0.09, "why": ""},
            ],
        },
        "evidence/audit/audit.json": {
            "schema_version": 1,
            "window": marks,
            "ledger": {"complete": True, "through_ns": stop_ns + SECOND},
            "totals": {
                "cameras": cameras,
                "segments": len(draft.tables["segments"]),
                "bytes": sum(row["bytes"] for row in draft.tables["cameras"]),
                "frames_sent": total,
                "frames_read": total + 20 * cameras,
                "recorded_once": total,
                "duplicated": 0,
                "reordered": 0,
                "missing": 0,
                "missing_explained": 0,
                "foreign": 0,
                "damaged": 0,
                "unexplained_gaps": 0,
            },
            "seconds": 0.21,
            "frames_per_second": 412_000.0,
        },
    }
    draft.texts = {
        "evidence/ledger.jsonl": '{"kind":"header","schema_version":1,"run":"example","started_ns":1}\n',
        "journal.jsonl": "".join(
            json.dumps({"t": START_NS, "phase": phase, "event": event, "why": ""}) + "\n"
            for phase in PHASES
            for event in ("start", "end")
        ),
        "manifest.json": "{}",
    }
    for camera in plan.cameras[:pictures]:
        draft.pictures[f"evidence/thumbnails/{camera.id}.jpg"] = _picture(camera.id)
    return draft


def _record(draft: Draft, camera: str, gateway: str, fps: int, chance: random.Random) -> None:
    """Audit and playback rows of a camera that lost nothing."""
    frames = draft.seconds * fps
    first = chance.randrange(10_000)
    errors = [chance.uniform(-40, 90) for _ in range(max(1, draft.seconds // 20) + 1)]
    draft.tables["cameras"].append(
        dict.fromkeys(TABLES["cameras"][1], 0)
        | {
            "camera": camera,
            "gateway": gateway,
            "frames_sent": frames,
            "recorded_once": frames,
            "outside_window": 20,
            "first_frame": first,
            "last_frame": first + frames - 1,
            "segments": len(errors),
            "bytes": frames * 3_200,
            "time_error_p99_ms": max(map(abs, errors)),
            "time_error_max_ms": max(map(abs, errors)),
        }
    )
    for index, error in enumerate(errors):
        start_ns = START_NS + index * 20 * SECOND
        draft.tables["segments"].append(
            {
                "camera": camera,
                "gateway": gateway,
                "segment": f"{index}.mp4",
                "bytes": 640_000,
                "frames": 200,
                "first_frame": first + 200 * index,
                "last_frame": first + 200 * index + 199,
                "first_scheduled_ns": start_ns,
                "file_time_ns": start_ns + int(error * 1e6),
                "time_error_ms": error,
                "duration_ms": 20_000.0,
                "complete": True,
            }
        )
    draft.tables["tenures"].append(
        {
            "camera": camera,
            "gateway": gateway,
            "node": "node-1",
            "first_frame": first,
            "last_frame": first + frames - 1,
            "frames": frames,
            "start_ns": START_NS,
            "stop_ns": START_NS + draft.seconds * SECOND,
        }
    )
    draft.tables["playback"].append(
        {
            "camera": camera,
            "gateway": gateway,
            "why": "",
            "start_ns": START_NS + 5 * SECOND,
            "status": 200,
            "frames_expected": 50,
            "frames_found": 50,
            "frames_wrong": 0,
            "duration_ms": 5_000.0,
            "decoded": True,
            "ok": True,
        }
    )


def _watch(draft: Draft, gateway_of: dict[str, str], chance: random.Random) -> None:
    """Prometheus samples every two seconds, and viewers beside the recording."""
    for second in range(-4, draft.seconds + 4, 2):
        for camera, gateway in gateway_of.items():
            draft.tables["metrics"].append(
                {
                    "metric": "path_ready",
                    "camera": camera,
                    "gateway": gateway,
                    "t_ns": START_NS + second * SECOND,
                    "value": 1.0,
                }
            )
    for index in range(max(10, 4 * draft.seconds)):
        camera = chance.choice(draft.cameras)
        live = index % 3 != 0
        wait = chance.lognormvariate(6.2, 0.45) if live else chance.uniform(30, 400)
        start_ns = START_NS + int(chance.random() * draft.seconds * SECOND)
        draft.tables["requests"].append(
            {
                "kind": "live" if live else "playback",
                "name": "live" if live else "clip",
                "camera": camera,
                "gateway": gateway_of[camera],
                "error": "",
                "intended_ns": start_ns,
                "start_ns": start_ns,
                "bytes": 120_000,
                "response_ms": wait,
                "latency_ms": wait,
                "ok": True,
            }
        )


def _picture(camera: str) -> bytes:
    import io

    from PIL import Image, ImageDraw

    chance = random.Random(camera)
    top, bottom = ([chance.randrange(40, 200) for _ in range(3)] for _ in range(2))
    image = Image.new("RGB", (352, 288))
    draw = ImageDraw.Draw(image)
    for y in range(288):
        draw.line([(0, y), (352, y)], fill=tuple(a + (b - a) * y // 288 for a, b in zip(top, bottom, strict=True)))
    draw.polygon([(0, 288), (140, 120), (210, 120), (352, 288)], fill=(70, 70, 75))
    draw.text((8, 8), camera, fill="white", font_size=24)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=70)
    return out.getvalue()


def _put(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


if __name__ == "__main__":
    folder, *numbers = sys.argv[1:]
    count, length = (*map(int, numbers), *(40, 60)[len(numbers) :])
    plausible(count, length, pictures=count).write(Path(folder))
