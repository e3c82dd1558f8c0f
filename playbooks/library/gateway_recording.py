#!/usr/bin/python
"""Whether a gateway records all its cameras, by what it writes: a segment of each that began since a moment."""

from __future__ import annotations

import json
import re
import time
from datetime import UTC, datetime
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
---
module: gateway_recording
short_description: Whether a gateway records all its cameras
description:
  - Waits until every camera that must be recorded has a segment that began since a moment. What the gateway says of
    itself is not asked for.
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
    description: Seconds since 1970 on this host's clock; 0 waits for nothing and returns the clock.
    type: float
    default: 0
  limit:
    description: Seconds from C(since) by which all must have begun.
    type: float
    default: 30
author: Citycam
"""
RETURN = r"""
now:
  description: This host's clock, seconds since 1970.
  type: float
missing:
  description: Cameras without a segment that began since.
  type: list
"""
NAME = re.compile(r"^(\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d)-(\d{6})\.mp4$")


def began(name):
    """When a segment began by its name, seconds since 1970; None for another file."""
    match = NAME.match(name)
    if not match:
        return None
    whole = datetime.strptime(match.group(1), "%Y-%m-%d_%H-%M-%S").replace(tzinfo=UTC)
    return whole.timestamp() + int(match.group(2)) / 1e6


def missing(cameras, folder, since):
    """Cameras of which no segment that holds something began at or after `since`."""
    return [camera for camera in cameras if not any(_new(path, since) for path in (folder / camera).glob("*.mp4"))]


def _new(path, since):
    time_ = began(path.name)
    return time_ is not None and time_ >= since and path.stat().st_size > 0


def main():
    """Ask, wait, answer."""
    module = AnsibleModule(
        argument_spec={
            "config_folder": {"type": "path", "required": True},
            "recordings_folder": {"type": "path", "required": True},
            "cameras": {"type": "list", "elements": "str"},
            "since": {"type": "float", "default": 0},
            "limit": {"type": "float", "default": 30},
        },
        supports_check_mode=True,
    )
    since, limit = module.params["since"], module.params["limit"]
    if not since:
        module.exit_json(changed=False, now=time.time(), missing=[])
    cameras = module.params["cameras"]
    if cameras is None:
        cameras = json.loads((Path(module.params["config_folder"]) / "cameras.json").read_text(encoding="utf-8"))
    folder = Path(module.params["recordings_folder"])
    waiting = cameras
    while True:
        waiting = missing(waiting, folder, since)
        if not waiting:
            module.exit_json(changed=False, now=time.time(), missing=[], seconds=time.time() - since)
        if time.time() > since + limit:
            named = ", ".join(waiting[:5]) + (", …" if len(waiting) > 5 else "")
            module.fail_json(
                msg=f"{len(waiting)} of {len(cameras)} cameras are not recorded {limit:g} s later: {named}",
                now=time.time(),
                missing=waiting,
            )
        time.sleep(0.2)


if __name__ == "__main__":
    main()
