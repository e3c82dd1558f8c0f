#!/usr/bin/python
"""Whether a gateway records all its cameras, and what it missed, by what it writes: the segments round a moment."""

from __future__ import annotations

import json
import re
import time
from bisect import bisect_left
from datetime import UTC, datetime
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
---
module: gateway_recording
short_description: Whether a gateway records all its cameras, and what it missed
description:
  - Waits until every camera that must be recorded has a segment that began since a moment. What the gateway says of
    itself is not asked for.
  - The gap of a camera lies between the last write to the segment before that moment and the first segment since.
options:
  config_folder:
    description: Folder with C(cameras.json), the ids that must be recorded.
    type: path
    required: true
  recordings_folder:
    description: Folder of the recordings, C(<camera>/<UTC time>.mp4).
    type: path
    required: true
  cameras:
    description: Ask for these alone instead of all of the list.
    type: list
    elements: str
  since:
    description: The moment, seconds since 1970 on this host's clock.
    type: float
  service:
    description: Or the moment is when the newest container of this Swarm service began that runs here.
    type: str
  within:
    description: Seconds to wait.
    type: float
    default: 30
  gap:
    description: Longest gap (s) that a camera may have; without it any.
    type: float
author: Citycam
"""
RETURN = r"""
missing:
  description: Cameras without a segment that began since.
  type: list
gap:
  description: The longest gap, C(seconds) and C(camera); null when no camera was recorded before.
  type: dict
"""
NAME = re.compile(r"^\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d-\d{6}\.mp4$")
TIMES = "%Y-%m-%d_%H-%M-%S-%f.mp4"
"""Segments are named so: their names sort as they began."""


def around(folder, since):
    """The last segment that began before `since`, and the first since then that holds something; None without one."""
    names = sorted(path.name for path in folder.glob("*.mp4"))
    at = bisect_left(names, datetime.fromtimestamp(since, UTC).strftime(TIMES))
    before = (folder / name for name in reversed(names[:at]) if NAME.match(name))
    after = (folder / name for name in names[at:] if NAME.match(name) and (folder / name).stat().st_size > 0)
    return next(before, None), next(after, None)


def missing(cameras, folder, since):
    """Cameras of which no segment that holds something began at or after `since`."""
    return [camera for camera in cameras if around(folder / camera, since)[1] is None]


def longest_gap(cameras, folder, since):
    """The longest gap of cameras that are recorded since, and whose it is; None when none was recorded before."""
    gaps = [
        {"seconds": max(0.0, round(_began(after) - before.stat().st_mtime, 3)), "camera": camera}
        for camera in cameras
        for before, after in [around(folder / camera, since)]
        if before and after
    ]
    return max(gaps, key=lambda gap: gap["seconds"], default=None)


def _began(path):
    return datetime.strptime(path.name, TIMES).replace(tzinfo=UTC).timestamp()


def container_began(module, service):
    """When the newest container began that runs here of a service, seconds since 1970; None while none does."""
    of_service = f"label=com.docker.swarm.service.name={service}"
    _, found, _ = module.run_command(["docker", "ps", "--quiet", "--filter", of_service])
    if not found.split():
        return None
    # One of them may be gone by now: the others are told all the same.
    _, times, _ = module.run_command(["docker", "inspect", "--format", "{{.State.StartedAt}}", *found.split()])
    return max((datetime.fromisoformat(time_).timestamp() for time_ in times.split()), default=None)


def main():
    """Ask, wait, answer."""
    module = AnsibleModule(
        argument_spec={
            "config_folder": {"type": "path", "required": True},
            "recordings_folder": {"type": "path", "required": True},
            "cameras": {"type": "list", "elements": "str"},
            "since": {"type": "float"},
            "service": {"type": "str"},
            "within": {"type": "float", "default": 30},
            "gap": {"type": "float"},
        },
        required_one_of=[["since", "service"]],
        mutually_exclusive=[["since", "service"]],
        supports_check_mode=True,
    )
    since, service, within = (module.params[name] for name in ("since", "service", "within"))
    cameras = module.params["cameras"]
    if cameras is None:
        cameras = json.loads((Path(module.params["config_folder"]) / "cameras.json").read_text(encoding="utf-8"))
    folder = Path(module.params["recordings_folder"])
    deadline = time.monotonic() + within
    while True:
        # A container that ended meanwhile has another in its place, which must record by itself.
        moment = container_began(module, service) if service else since
        waiting = cameras if moment is None else missing(cameras, folder, moment)
        if moment is not None and not waiting:
            break
        if time.monotonic() > deadline:
            why = f"no container of {service} runs" if moment is None else _not_recorded(waiting, cameras, within)
            module.fail_json(msg=why, missing=waiting)
        time.sleep(0.5)
    gap, most = longest_gap(cameras, folder, moment), module.params["gap"]
    if gap and most is not None and gap["seconds"] > most:
        module.fail_json(
            msg=f"{gap['seconds']:.1f} s of {gap['camera']} are not recorded, {most:g} s may be", missing=[], gap=gap
        )
    module.exit_json(changed=False, missing=[], gap=gap)


def _not_recorded(waiting, cameras, within):
    named = ", ".join(waiting[:5]) + (", …" if len(waiting) > 5 else "")
    return f"{len(waiting)} of {len(cameras)} cameras are not recorded {within:g} s later: {named}"


if __name__ == "__main__":
    main()
