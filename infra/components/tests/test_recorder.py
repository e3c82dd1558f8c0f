from __future__ import annotations

import pytest

from infra.components.tests.seen import mounts, volume
from infra.tests.mocked import Platform


@pytest.mark.parametrize("number", [1, 2])
def test_it_reads_what_its_gateway_writes_and_writes_nothing(platform: Platform, number: int) -> None:
    seen = mounts(platform, f"recorder-metrics-{number}")
    assert all(mount["read_only"] for mount in seen.values())
    assert seen["/config"]["source"].endswith(f"/gateways/gateway-{number}")
    assert seen["/recordings"]["source"] == volume(platform, f"recordings-gateway-{number}-volume")


def test_it_knows_no_secret(platform: Platform) -> None:
    service = platform.one("Service", "recorder-metrics-1")
    assert (service["secrets"], service["env"]) == ([], [])
