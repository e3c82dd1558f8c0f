from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from infra.hosts_run import HostsRun
from infra.playbook import HostResult, PlaybookResult, TaskEvent

NOW = datetime(2026, 3, 1, 8, 0, 0, tzinfo=UTC)


def test_events_are_on_disk_as_they_happen_and_the_result_at_the_end(tmp_path: Path) -> None:
    run = HostsRun(tmp_path, "deploy", NOW)
    assert run.folder == tmp_path / "hosts" / "2026-03-01T08-00-00Z-deploy"
    run.hear(TaskEvent("Join", "swarm_node", "changed", "node-1", 1.5), NOW)
    lines = (run.folder / "events.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == [
        {
            "at": "2026-03-01T08:00:00.000+00:00",
            "task": "Join",
            "role": "swarm_node",
            "state": "changed",
            "host": "node-1",
            "seconds": 1.5,
            "said": "",
        }
    ]
    run.close(asdict(PlaybookResult(3, 1, 0, 0, 2.0, hosts={"node-1": HostResult(ok=3, changed=1)})))
    result = json.loads((run.folder / "result.json").read_text(encoding="utf-8"))
    assert (result["ok"], result["tasks"], result["hosts"]["node-1"]["changed"]) == (True, 3, 1)


def test_a_second_run_in_the_same_second_has_a_folder_of_its_own_and_a_failure_is_kept(tmp_path: Path) -> None:
    first, second = (HostsRun(tmp_path, "drain", NOW) for _ in range(2))
    assert first.folder != second.folder
    second.close({"data": {"gaps": {}}}, "node-2 does not answer")
    result = json.loads((second.folder / "result.json").read_text(encoding="utf-8"))
    assert (result["ok"], result["failure"], result["data"]) == (False, "node-2 does not answer", {"gaps": {}})
