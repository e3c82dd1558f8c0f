from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.provider.service_args import Attachment, File, HealthCheck, Mount, Port, ServiceArgs

MOUNTS = (Mount("/tmp", type="tmpfs", size=1), Mount("/data", "volume"), Mount("/config", "/srv", "bind", True))
PORTS = (Port(8443, 8443), Port(8322, 8322), Port(5000, 5000, "udp"))
ENV = {"TZ": "UTC", "GOGC": "400", "A": "b"}
CAPABILITIES = ("NET_ADMIN", "SETGID", "SETUID")
PLACEMENT = ("node.labels.disk == big", "node.role == worker")


def known(**values: str) -> Any:
    """A resource whose outputs are known."""
    return SimpleNamespace(**values)


def service(**rest: Any) -> dict[str, Any]:
    return ServiceArgs("name", "local", "part", "image", **rest).properties()


@given(
    st.permutations(MOUNTS),
    st.permutations(PORTS),
    st.permutations(list(ENV.items())),
    st.permutations(CAPABILITIES),
    st.permutations(PLACEMENT),
)
def test_the_order_in_which_things_are_named_makes_no_other_service(
    mounts: list[Mount],
    ports: list[Port],
    env: list[tuple[str, str]],
    capabilities: list[str],
    placement: list[str],
) -> None:
    shuffled = service(
        mounts=tuple(mounts),
        ports=tuple(ports),
        env=dict(env),
        cap_add=tuple(capabilities),
        placement=tuple(placement),
    )
    assert shuffled == service(mounts=MOUNTS, ports=PORTS, env=ENV, cap_add=CAPABILITIES, placement=PLACEMENT)


def test_files_and_networks_are_named_by_what_was_made() -> None:
    found = service(
        secrets=(File(known(id="s1", object_name="password-0123"), "password", 10001),),
        networks=(Attachment(known(id="n1"), ("part.management",)),),
    )
    assert found["secrets"] == [{"id": "s1", "name": "password-0123", "path": "password", "uid": 10001, "mode": 0o400}]
    assert found["networks"] == [{"network": "n1", "aliases": ["part.management"]}]


@pytest.mark.parametrize(("cores", "thousandths"), [(0.0, 0), (0.1, 100), (0.29, 290), (2.0, 2000)])
def test_cores_are_counted_in_whole_thousandths(cores: float, thousandths: int) -> None:
    assert service(cpus=cores)["millicpus"] == thousandths


def test_a_service_is_locked_up_unless_it_says_otherwise() -> None:
    found = service()
    assert (found["read_only"], found["cap_drop"], found["cap_add"], found["ports"]) == (True, ["ALL"], [], [])
    assert found["memory"] == 512 * 2**20
    assert found["healthcheck"] == {}


def test_a_health_check_is_plain_data() -> None:
    assert service(healthcheck=HealthCheck(("true",)))["healthcheck"] == {
        "command": ["true"],
        "interval": 2,
        "timeout": 5,
        "retries": 15,
        "start": 30,
    }
