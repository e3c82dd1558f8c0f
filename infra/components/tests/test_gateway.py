from __future__ import annotations

import pytest

from infra.components.tests.seen import MIB, files, mounts, volume
from infra.tests.mocked import Platform


@pytest.mark.parametrize("gateway", ["gateway-1", "gateway-2"])
def test_a_gateway_reads_its_own_configuration_and_writes_its_own_recordings(platform: Platform, gateway: str) -> None:
    seen = mounts(platform, gateway)
    assert seen.keys() == {"/config", "/recordings"}
    assert (seen["/config"]["type"], seen["/config"]["read_only"]) == ("bind", True)
    assert seen["/config"]["source"].endswith(f"/.citycam/local/gateways/{gateway}")
    assert seen["/recordings"]["source"] == volume(platform, f"recordings-{gateway}-volume")
    assert seen["/recordings"]["read_only"] is False


def test_a_gateway_gets_its_users_as_a_file_and_only_subnets_in_its_environment(platform: Platform) -> None:
    assert files(platform, "gateway-1") == {"gateway-users": ("gateway-users", 10001)}
    env = dict(line.split("=") for line in platform.one("Service", "gateway-1")["env"])
    assert env.keys() == {"MANAGEMENT_SUBNET", "SERVICE_SUBNET", "GOGC", "GOMEMLIMIT", "TZ"}
    assert (env["MANAGEMENT_SUBNET"], env["SERVICE_SUBNET"]) == ("10.89.0.0/22", "10.89.4.0/22")


def test_the_garbage_collector_knows_of_three_quarters_of_the_memory(platform: Platform) -> None:
    service = platform.one("Service", "gateway-1")
    limit = next(line for line in service["env"] if line.startswith("GOMEMLIMIT="))
    assert limit == f"GOMEMLIMIT={int(service['memory']) // MIB * 3 // 4}MiB"
