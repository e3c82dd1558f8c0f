from __future__ import annotations

from pathlib import Path

from ansible.inventory.manager import InventoryManager  # type: ignore[import-untyped]
from ansible.parsing.dataloader import DataLoader  # type: ignore[import-untyped]

from citycam.model.workspace import Workspace
from infra.lab.inventory import inventory, render
from infra.lab.layout import lay_out
from infra.lab.subnets import free


def read(tmp_path: Path, nodes: int) -> InventoryManager:
    layout, subnets = lay_out(nodes), next(free([]))
    addresses = {host: subnets.address(place) for place, host in enumerate(layout.hosts)}
    file = tmp_path / "hosts.yml"
    file.write_text(render(inventory(layout, addresses, subnets.admin, Workspace(tmp_path), "demo")), encoding="utf-8")
    return InventoryManager(DataLoader(), sources=[str(file)])


def test_ansible_finds_the_groups_of_the_layout(tmp_path: Path) -> None:
    found = read(tmp_path, 5)
    for group, hosts in lay_out(5).groups.items():
        assert [host.name for host in found.get_hosts(group)] == list(hosts), group


def test_every_host_is_reached_at_its_own_address_with_the_labs_key(tmp_path: Path) -> None:
    found = read(tmp_path, 1)
    assert {host.name: host.vars["ansible_host"] for host in found.get_hosts()} == {
        "node-1": "100.127.0.10",
        "site-1": "100.127.0.11",
    }
    shared = found.groups["all"].get_vars()
    assert shared["ansible_ssh_private_key_file"] == str(tmp_path / "ssh" / "id_ed25519")
    assert f"UserKnownHostsFile={tmp_path}/ssh/known_hosts" in shared["ansible_ssh_common_args"]
    assert "StrictHostKeyChecking" not in shared["ansible_ssh_common_args"]
    assert shared["citycam_environment"] == "demo"
    assert shared["citycam_admin_networks"] == ["100.127.0.0/24"]
