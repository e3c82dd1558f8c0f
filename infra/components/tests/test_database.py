from __future__ import annotations

from infra.components.tests.seen import files, mounts, volume
from infra.tests.mocked import Platform


def test_its_password_is_a_file_of_its_user_and_its_environment_is_empty(platform: Platform) -> None:
    assert files(platform, "database") == {"database-password": ("database-password", 10003)}
    assert platform.one("Service", "database")["env"] == []


def test_its_data_outlives_it(platform: Platform) -> None:
    seen = mounts(platform, "database")
    assert seen["/var/lib/postgresql/data"]["source"] == volume(platform, "database-volume")
    assert seen["/tmp"]["type"] == "tmpfs"


def test_it_has_time_to_shut_down(platform: Platform) -> None:
    assert platform.one("Service", "database")["stop_grace"] == 30
