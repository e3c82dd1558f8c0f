"""The Ansible inventory of a lab, as one would write it by hand for a city's machines."""

from __future__ import annotations

from collections.abc import Mapping
from io import StringIO
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from ruamel.yaml import YAML

from citycam.model.workspace import Workspace
from infra.lab.keys import options
from infra.lab.layout import Layout


def inventory(
    layout: Layout,
    addresses: Mapping[str, IPv4Address],
    admin: IPv4Network,
    workspace: Workspace,
    environment: str,
) -> dict[str, Any]:
    """The inventory as a document: hosts with their addresses under `all`, then every group by names alone."""
    shared = options(workspace.ssh)
    return {
        "all": {
            "vars": {
                "ansible_user": "root",
                "ansible_python_interpreter": "/usr/bin/python3",
                "ansible_ssh_private_key_file": str(workspace.ssh / "id_ed25519"),
                "ansible_ssh_common_args": " ".join(f"-o {name}={value}" for name, value in shared.items()),
                "citycam_environment": environment,
                "citycam_admin_networks": [str(admin)],
                # apt's timers would run when nobody asked for it, and two cores are few for all hosts at once.
                "os_baseline_security_updates": False,
            },
            "hosts": {host: {"ansible_host": str(addresses[host])} for host in layout.hosts},
            "children": {
                group: {"hosts": {host: {} for host in hosts}} for group, hosts in layout.groups.items() if hosts
            },
        }
    }


def render(document: Mapping[str, Any]) -> str:
    """The document as YAML, with a line that says who wrote it."""
    yaml = YAML()
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.width = 4096
    text = StringIO()
    yaml.dump(dict(document), text)
    return f"# Written by `citycam lab up`.\n{text.getvalue()}"
