"""The evidence of a verb on hosts: every task that ended, as it ends, and how each host came out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from infra.playbook import TaskEvent

STAMP = "%Y-%m-%dT%H-%M-%SZ"


class HostsRun:
    """One run folder, `runs/hosts/<UTC time>-<verb>/`: `events.jsonl` while it runs, `result.json` at its end.

    No secret can be in it: of a task only its name, its state and the message of a failure are kept, and tasks that
    handle secrets have theirs censored by Ansible.
    """

    def __init__(self, runs: Path, verb: str, now: datetime | None = None) -> None:
        stamp = f"{(now or datetime.now(UTC)).strftime(STAMP)}-{verb}"
        self.folder, number = runs / "hosts" / stamp, 1
        while self.folder.exists():
            number += 1
            self.folder = runs / "hosts" / f"{stamp}-{number}"
        self.folder.mkdir(parents=True)

    def hear(self, event: TaskEvent, now: datetime | None = None) -> None:
        """Keep an event; it is on disk when this returns, so that a run that was killed has left what it did."""
        line = {"at": (now or datetime.now(UTC)).isoformat(timespec="milliseconds"), **asdict(event)}
        with (self.folder / "events.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")

    def close(self, result: Mapping[str, Any], failure: str = "") -> None:
        """Keep how it ended: the members of a `PlaybookResult`, as far as it came, and what it failed of."""
        counted = {"tasks" if name == "ok" else name: value for name, value in result.items()}
        data = {"schema_version": 1, "ok": not failure, "failure": failure, **counted}
        (self.folder / "result.json").write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
