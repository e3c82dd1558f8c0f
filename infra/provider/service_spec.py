"""A service in the engine's words and back: `request` and `observe` are each other's inverse. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from infra.provider.declared import Properties
from infra.provider.engine import ENVIRONMENT, IMAGE, PART

NANO = 1_000_000_000

LOG_OPTIONS = {"json-file": {"max-size": "10m", "max-file": "3"}}
UPDATE = {"Parallelism": 1, "FailureAction": "pause", "Monitor": 2 * NANO, "Order": "stop-first"}


def request(wanted: Properties, image: str) -> dict[str, Any]:
    """Arguments of the engine's create and update for a service that runs `image` (an id or digest)."""
    labels = {ENVIRONMENT: wanted["environment"], PART: wanted["part"]}
    return {
        "name": wanted["name"],
        "labels": labels | {IMAGE: wanted["image"]},
        "task_template": {
            "ContainerSpec": _container(wanted, image, labels),
            "Resources": {"Limits": _limits(wanted)},
            "RestartPolicy": {"Condition": wanted["restart"], "Delay": int(wanted["restart_delay"]) * NANO},
            "Placement": {"Constraints": wanted["placement"]},
            "Networks": [{"Target": on["network"], "Aliases": on["aliases"]} for on in wanted["networks"]],
        }
        | _log_driver(wanted["log"]),
        "mode": {"Replicated": {"Replicas": int(wanted["replicas"])}},
        "update_config": UPDATE,
        "endpoint_spec": {"Mode": "dnsrr", "Ports": [_port(port) for port in wanted["ports"]]},
    }


def observe(spec: dict[str, Any], image: str) -> Properties:
    """A service's `Spec` in the words of `ServiceArgs.properties`, with `image` as it is known by name."""
    task = spec["TaskTemplate"]
    container = task["ContainerSpec"]
    limits = (task.get("Resources") or {}).get("Limits") or {}
    labels = spec.get("Labels") or {}
    return {
        "name": spec["Name"],
        "environment": labels.get(ENVIRONMENT, ""),
        "part": labels.get(PART, ""),
        "image": image,
        "command": container.get("Command") or [],
        "args": container.get("Args") or [],
        "env": sorted(container.get("Env") or []),
        "user": container.get("User", ""),
        "mounts": sorted((_seen_mount(mount) for mount in container.get("Mounts") or []), key=lambda m: m["target"]),
        "secrets": [_seen_file(file, "Secret") for file in container.get("Secrets") or []],
        "configs": [_seen_file(file, "Config") for file in container.get("Configs") or []],
        "networks": [
            {"network": on["Target"], "aliases": on.get("Aliases") or []} for on in task.get("Networks") or []
        ],
        "ports": _seen_ports((spec.get("EndpointSpec") or {}).get("Ports") or []),
        "cap_add": _capabilities(container.get("CapabilityAdd") or []),
        "cap_drop": _capabilities(container.get("CapabilityDrop") or []),
        "read_only": bool(container.get("ReadOnly")),
        "init": bool(container.get("Init")),
        "memory": limits.get("MemoryBytes", 0),
        "millicpus": limits.get("NanoCPUs", 0) * 1000 // NANO,
        "pids": limits.get("Pids", 0),
        "nofile": next((each["Soft"] for each in container.get("Ulimits") or [] if each["Name"] == "nofile"), 0),
        "healthcheck": _seen_health(container.get("Healthcheck") or {}),
        "placement": sorted((task.get("Placement") or {}).get("Constraints") or []),
        "replicas": (spec["Mode"].get("Replicated") or {}).get("Replicas", 0),
        "stop_grace": container.get("StopGracePeriod", 0) // NANO,
        "log": (task.get("LogDriver") or {}).get("Name", ""),
        "restart": (task.get("RestartPolicy") or {}).get("Condition", "any"),
        "restart_delay": (task.get("RestartPolicy") or {}).get("Delay", 0) // NANO,
    }


def _container(wanted: Properties, image: str, labels: dict[str, str]) -> dict[str, Any]:
    nofile = int(wanted["nofile"])
    return {
        "Image": image,
        "Labels": labels,
        "Command": wanted["command"],
        "Args": wanted["args"],
        "Env": wanted["env"],
        "User": wanted["user"],
        "Mounts": [_mount(mount) for mount in wanted["mounts"]],
        "Secrets": [_file(file, "Secret") for file in wanted["secrets"]],
        "Configs": [_file(file, "Config") for file in wanted["configs"]],
        "CapabilityAdd": [f"CAP_{name}" for name in wanted["cap_add"]],
        "CapabilityDrop": [name if name == "ALL" else f"CAP_{name}" for name in wanted["cap_drop"]],
        "ReadOnly": wanted["read_only"],
        "Init": wanted["init"],
        "Healthcheck": _health(wanted["healthcheck"]),
        "StopGracePeriod": int(wanted["stop_grace"]) * NANO,
        "Ulimits": [{"Name": "nofile", "Soft": nofile, "Hard": nofile}] if nofile else [],
    }


def _log_driver(name: str) -> dict[str, Any]:
    return {"LogDriver": {"Name": name, "Options": LOG_OPTIONS[name]}} if name else {}


def _limits(wanted: Properties) -> dict[str, int]:
    limits = {
        "MemoryBytes": int(wanted["memory"]),
        "NanoCPUs": int(wanted["millicpus"]) * NANO // 1000,
        "Pids": int(wanted["pids"]),
    }
    return {key: value for key, value in limits.items() if value}


def _mount(mount: dict[str, Any]) -> dict[str, Any]:
    body = {"Type": mount["type"], "Target": mount["target"], "ReadOnly": mount["read_only"]}
    if mount["type"] == "tmpfs":
        return body | {"TmpfsOptions": {"SizeBytes": int(mount["size"])}}
    return body | {"Source": mount["source"]}


def _seen_mount(mount: dict[str, Any]) -> dict[str, Any]:
    return {
        "target": mount["Target"],
        "source": mount.get("Source", ""),
        "type": mount["Type"],
        "read_only": bool(mount.get("ReadOnly")),
        "size": (mount.get("TmpfsOptions") or {}).get("SizeBytes", 0),
    }


def _file(file: dict[str, Any], kind: str) -> dict[str, Any]:
    place = {
        "Name": file["path"],
        "UID": f"{int(file['uid'])}",
        "GID": f"{int(file['uid'])}",
        "Mode": int(file["mode"]),
    }
    return {f"{kind}ID": file["id"], f"{kind}Name": file["name"], "File": place}


def _seen_file(file: dict[str, Any], kind: str) -> dict[str, Any]:
    place = file["File"]
    return {
        "id": file[f"{kind}ID"],
        "name": file[f"{kind}Name"],
        "path": place["Name"],
        "uid": int(place["UID"]),
        "mode": place["Mode"],
    }


def _port(port: dict[str, Any]) -> dict[str, Any]:
    return {
        "Protocol": port["protocol"],
        "PublishMode": "host",
        "PublishedPort": int(port["published"]),
        "TargetPort": int(port["target"]),
    }


def _seen_ports(ports: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    seen = [
        {"published": port.get("PublishedPort", 0), "target": port["TargetPort"], "protocol": port["Protocol"]}
        for port in ports
    ]
    return sorted(seen, key=lambda port: int(port["published"]))


def _capabilities(names: Iterable[str]) -> list[str]:
    return sorted(name.removeprefix("CAP_") for name in names)


def _health(check: dict[str, Any]) -> dict[str, Any]:
    if not check:
        return {}
    return {
        "Test": ["CMD", *check["command"]],
        "Interval": int(check["interval"]) * NANO,
        "Timeout": int(check["timeout"]) * NANO,
        "Retries": int(check["retries"]),
        "StartPeriod": int(check["start"]) * NANO,
    }


def _seen_health(check: dict[str, Any]) -> dict[str, Any]:
    if not check.get("Test"):
        return {}
    return {
        "command": check["Test"][1:],
        "interval": check.get("Interval", 0) // NANO,
        "timeout": check.get("Timeout", 0) // NANO,
        "retries": check.get("Retries", 0),
        "start": check.get("StartPeriod", 0) // NANO,
    }
