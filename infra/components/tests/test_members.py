from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from citycam.model.environment import Environment
from infra.components.tests.seen import files, mounts
from infra.provider.convergence import GONE_S
from infra.tests.mocked import Platform, canary, lab, stand

MEMBERS = ("database-1", "database-2")


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """What the program declares for `environments/lab.yaml`."""
    return stand(tmp_path_factory.mktemp("platform"), lab())


def variables(platform: Platform, service: str) -> dict[str, str]:
    declared: list[str] = platform.one("Service", service)["env"]
    return dict(each.split("=", 1) for each in declared)


def alone() -> Environment:
    """The lab with one node for the database."""
    found = lab()
    assert found.nodes
    pools = found.nodes.pools.model_copy(update={"database": found.nodes.pools.database[:1]})
    return found.model_copy(update={"nodes": found.nodes.model_copy(update={"pools": pools})})


def test_each_member_is_on_a_node_of_its_own_and_knows_the_other(platform: Platform) -> None:
    seen: dict[str, Any] = {
        name: (platform.one("Service", name)["placement"], variables(platform, name)) for name in MEMBERS
    }
    assert seen == {
        "database-1": (
            ["node.labels.citycam.node == node-4"],
            {
                "DATABASE_MODE": "primary",
                "DATABASE_MEMBER": "database-1",
                "DATABASE_PEER": "database-2.service",
                "DATABASE_REPOSITORY": "backup.service",
            },
        ),
        "database-2": (
            ["node.labels.citycam.node == node-5"],
            {
                "DATABASE_MODE": "replica",
                "DATABASE_MEMBER": "database-2",
                "DATABASE_PEER": "database-1.service",
                "DATABASE_REPOSITORY": "backup.service",
            },
        ),
    }


def test_the_repository_knows_both_and_stands_on_the_platforms_node(platform: Platform) -> None:
    assert platform.one("Service", "backup")["placement"] == ["node.labels.citycam.node == node-5"]
    assert variables(platform, "backup") == {
        "DATABASE_MODE": "backup",
        "DATABASE_MEMBERS": "database-1.service database-2.service",
    }
    assert mounts(platform, "backup")["/var/lib/pgbackrest"]["source"] == "/var/lib/citycam/lab/backup"
    assert mounts(platform, "database-2")["/var/lib/postgresql/data"]["source"] == "/var/lib/citycam/lab/database"


def test_a_pool_of_one_node_has_a_primary_and_backups(tmp_path: Path) -> None:
    platform = stand(tmp_path, alone())
    assert [name for name in platform.all("Service") if name.startswith("database")] == ["database-1"]
    assert variables(platform, "database-1")["DATABASE_PEER"] == ""
    assert variables(platform, "backup")["DATABASE_MEMBERS"] == "database-1.service"


def test_secrets_are_files_of_their_user_and_each_part_has_those_it_needs(platform: Platform) -> None:
    shared = {"database-password": ("database-password", 10003), "ca": ("authority", 10003)}
    member = shared | {name: (name, 10003) for name in ("replication-password", "database-cert", "database-key")}
    assert files(platform, "database-1") == files(platform, "database-2") == member
    assert files(platform, "backup") == shared | {
        name: (name, 10003) for name in ("repository-key", "backup-cert", "backup-key")
    }


@pytest.mark.parametrize("name", ["replication-password", "repository-key", "database.key", "backup.key"])
def test_a_secret_is_seen_nowhere_but_in_secrets(platform: Platform, name: str) -> None:
    assert canary(name) not in platform.open


def test_members_reap_what_their_image_leaves_behind_and_have_time_to_shut_down(platform: Platform) -> None:
    for name in (*MEMBERS, "backup"):
        service = platform.one("Service", name)
        assert (service["init"], service["stop_grace"]) == (True, 60)
        assert service["stop_grace"] + 60 < GONE_S, "who takes all of it to end is still waited for"


def test_what_encrypts_the_backups_outlives_the_services(tmp_path: Path) -> None:
    down = stand(tmp_path, lab(), standing=False)
    assert {"repository-key", "replication-password"} <= set(down.all("Random"))
