"""Facts about the machine and the software a run happened on."""

from __future__ import annotations

import os
import platform
from importlib import metadata
from typing import Any

import psutil

from citycam import __version__

PACKAGES = ("numpy", "xxhash", "pyarrow", "duckdb", "av", "locust", "uvloop", "pulumi")


def facts() -> dict[str, Any]:
    """Versions and sizes that matter for reading a run's figures. No names of machines or people."""
    return {
        "schema_version": 1,
        "producer": f"citycam {__version__}",
        "machine": {
            "architecture": platform.machine(),
            "processor": _processor(),
            "cores": len(os.sched_getaffinity(0)),
            "memory_bytes": psutil.virtual_memory().total,
            "kernel": platform.release(),
            "load_average": list(os.getloadavg()),
        },
        "python": platform.python_version(),
        "packages": {name: version for name in PACKAGES if (version := _version(name))},
    }


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown")
    except OSError:
        return "unknown"


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
