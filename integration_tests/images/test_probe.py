"""The real probe with what the stack gives it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from infra.tests.mocked import stand
from integration_tests.images.conftest import Run
from integration_tests.waiting import wait_for

pytestmark = pytest.mark.docker


def test_the_probe_tells_whether_something_takes_connections(run: Run, folder: Path) -> None:
    platform = stand(folder / "stack")
    (folder / "blackbox.yml").write_text(platform.one("Config", "blackbox")["content"], encoding="utf-8")
    (folder / "ca.crt").touch()
    probe = run(
        "monitoring",
        command=platform.one("Service", "probe")["command"],
        volumes={str(folder / name): {"bind": f"/etc/prometheus/{name}"} for name in ("blackbox.yml", "ca.crt")},
        network_mode="none",
    )

    def success(target: str) -> list[str]:
        script = (
            "exec 3<>/dev/tcp/127.0.0.1/9115;"
            f" printf 'GET /probe?module=tcp&target={target} HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3"
        )
        return re.findall(r"^probe_success (\d)", probe.exec_run(["bash", "-c", script]).output.decode(), re.MULTILINE)

    wait_for(lambda: success("127.0.0.1:9115"), lambda seen: seen == ["1"], "probe that finds itself")
    assert success("127.0.0.1:5432") == ["0"]
    assert success("database-1.service:5432") == ["0"]  # the name of a task that is dead goes with it
