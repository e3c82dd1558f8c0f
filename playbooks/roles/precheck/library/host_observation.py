#!/usr/bin/python
"""Look at a host once: Ansible's module of the role precheck. Runs there, with the standard library alone."""

from __future__ import annotations

import gzip
import http.client
import json
import os
import platform
import re
import socket
import time
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = """
module: host_observation
short_description: Look at a host once
description: Reads what infra/precheck.py judges. Changes nothing.
author: Citycam
options:
  asked:
    description: The clock of the machine that asks, seconds since 1970; given back.
    type: float
    required: true
  paths:
    description: Folders, there or not, whose file systems are looked at.
    type: list
    elements: path
    required: true
  features:
    description: Modules of the kernel, with their symbols in its configuration.
    type: dict
    required: true
  ports:
    description: Ports, whose listeners are looked for.
    type: list
    elements: int
    required: true
"""

ENGINE = "/var/run/docker.sock"


def release() -> dict[str, str]:
    """Id and version out of os-release(5); empty when it says nothing."""
    try:
        lines = Path("/etc/os-release").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    said = {key: value.strip("\"'") for key, _, value in (line.partition("=") for line in lines)}
    return {"id": said.get("ID", ""), "version": said.get("VERSION_ID", "")}


def memory() -> int:
    """Bytes of memory."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def disk(path: str) -> dict[str, int]:
    """Bytes of the file system that `path` is on, or will be."""
    here = Path(path)
    while not here.exists():
        here = here.parent
    found = os.statvfs(here)
    return {"size": found.f_blocks * found.f_frsize, "free": found.f_bavail * found.f_frsize}


def configuration() -> str | None:
    """The kernel's configuration, where it is kept."""
    kept = Path(f"/boot/config-{platform.release()}")
    if kept.is_file():
        return kept.read_text(encoding="utf-8")
    try:
        return gzip.decompress(Path("/proc/config.gz").read_bytes()).decode("utf-8")
    except OSError:
        return None


def feature(module: str, symbol: str, config: str | None) -> str:
    """Whether the kernel has it: `yes`, `no`, or `unknown` when neither a configuration nor modules tell."""
    filesystems = Path("/proc/filesystems").read_text(encoding="ascii").split()
    if module in filesystems or Path("/sys/module", module).exists():
        return "yes"
    built_in = config is not None and re.search(rf"^{re.escape(symbol)}=y$", config, re.MULTILINE)
    if built_in:
        return "yes"
    folder = Path("/lib/modules", platform.release())
    lists = [folder / "modules.builtin", folder / "modules.dep"]
    known = [there.read_text(encoding="utf-8") for there in lists if there.is_file()]
    if any(re.search(rf"/{re.escape(module)}\.ko\b", text) for text in known):
        return "yes"
    return "unknown" if config is None and not known else "no"


def listeners(ports: list[int]) -> list[dict[str, Any]]:
    """Who listens on the ports: `program` is empty when it is the kernel, or cannot be seen."""
    found: dict[tuple[str, int], set[str]] = {}
    for table in ("tcp", "tcp6", "udp", "udp6"):
        path = Path("/proc/net", table)
        if not path.exists():
            continue
        for line in path.read_text(encoding="ascii").splitlines()[1:]:
            fields = line.split()
            port, state, inode = int(fields[1].rpartition(":")[2], 16), fields[3], fields[9]
            # LISTEN of TCP; a UDP socket that is connected to nobody (proc(5), include/net/tcp_states.h).
            if port in ports and state == ("0A" if table.startswith("tcp") else "07"):
                found.setdefault((table[:3], port), set()).add(inode)
    owners = programs(set().union(*found.values()) if found else set())
    return [
        {"protocol": protocol, "port": port, "program": owners.get(inode, "")}
        for (protocol, port), inodes in sorted(found.items())
        for inode in sorted(inodes)
    ]


def programs(inodes: set[str]) -> dict[str, str]:
    """Names of the processes that hold the sockets, by inode."""
    held: dict[str, str] = {}
    if not inodes:
        return held
    for process in Path("/proc").glob("[0-9]*"):
        try:
            name = (process / "comm").read_text(encoding="utf-8").strip()
            targets = [os.readlink(link) for link in (process / "fd").iterdir()]
        except OSError:
            continue  # it has ended
        for target in targets:
            inode = target[len("socket:[") : -1] if target.startswith("socket:[") else ""
            if inode in inodes:
                held.setdefault(inode, name)
    return held


class _Engine(http.client.HTTPConnection):
    """HTTP to the engine's socket."""

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(10)
        self.sock.connect(ENGINE)


def engine() -> dict[str, Any] | None:
    """What an engine says of itself and its Swarm; nothing when there is none."""
    if not Path(ENGINE).exists():
        return None
    try:
        link = _Engine("localhost")
        link.request("GET", "/info")
        said = json.load(link.getresponse())
    except (OSError, ValueError, http.client.HTTPException) as error:
        return {"error": str(error) or type(error).__name__}
    swarm = said.get("Swarm") or {}
    return {
        "version": said.get("ServerVersion", ""),
        "labels": said.get("Labels") or [],
        "state": swarm.get("LocalNodeState", ""),
        "control": bool(swarm.get("ControlAvailable")),
        "cluster": (swarm.get("Cluster") or {}).get("ID", ""),
        "managers": [manager["Addr"] for manager in swarm.get("RemoteManagers") or []],
    }


def main() -> None:
    """Look, and answer Ansible."""
    module = AnsibleModule(
        argument_spec={
            "asked": {"type": "float", "required": True},
            "paths": {"type": "list", "elements": "path", "required": True},
            "features": {"type": "dict", "required": True},
            "ports": {"type": "list", "elements": "int", "required": True},
        },
        supports_check_mode=True,
    )
    config = configuration()
    observation = {
        "asked": module.params["asked"],
        "clock": time.time(),
        "release": release(),
        "systemd": Path("/run/systemd/system").is_dir(),
        "memory": memory(),
        "disks": {path: disk(path) for path in module.params["paths"]},
        "features": {name: feature(name, symbol, config) for name, symbol in module.params["features"].items()},
        "interfaces": sorted(os.listdir("/sys/class/net")),
        "listeners": listeners(module.params["ports"]),
        "engine": engine(),
    }
    module.exit_json(changed=False, observation=observation)


if __name__ == "__main__":
    main()
