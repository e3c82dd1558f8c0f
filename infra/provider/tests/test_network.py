from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycam.model.errors import EnvironmentFailure
from infra.provider.engine import ENVIRONMENT
from infra.provider.network import NetworkArgs, NetworkProvider, observe, request
from infra.provider.tests.engine import Api, Client

names = st.text("abc-0123456789", min_size=1, max_size=8)
subnets = st.sampled_from(["10.89.0.0/22", "198.18.0.0/16"])
overlays = st.builds(
    NetworkArgs, names, names, st.just("overlay"), subnets, internal=st.booleans(), encrypted=st.booleans()
)
addresses = st.builds(
    NetworkArgs, names, names, st.just("bridge"), subnets, st.just("198.18.0.0/24"), config_only=st.just(True)
)


def args(**rest: Any) -> dict[str, Any]:
    return vars(NetworkArgs("citycam-local-service", "local", "overlay", "10.89.4.0/22", **rest)).copy()


@given(overlays | addresses)
def test_what_is_declared_is_what_is_read_back(declared: NetworkArgs) -> None:
    wanted, api = dict(vars(declared)), Api()
    made = api.post("/networks/create", request(wanted)).json()["Id"]
    assert observe(api.inspect_network(made)) == wanted


@given(addresses, names, st.booleans())
def test_a_network_made_from_a_configuration_is_read_back_as_far_as_it_tells(
    configuration: NetworkArgs, name: str, internal: bool
) -> None:
    api = Api()
    api.post("/networks/create", request(dict(vars(configuration))))
    declared = NetworkArgs("lan-" + name, "local", "bridge", internal=internal, config_from=configuration.name)
    wanted = dict(vars(declared))
    made = api.post("/networks/create", request(wanted)).json()["Id"]
    assert {**wanted, **observe(api.inspect_network(made))} == wanted


def test_of_a_network_made_from_a_configuration_the_engine_is_told_nothing_more() -> None:
    body = request(vars(NetworkArgs("lan", "local", "bridge", internal=True, config_from="addresses")))
    assert "Labels" not in body
    assert "IPAM" not in body
    assert (body["Scope"], body["Internal"]) == ("swarm", True)


def test_a_network_is_made_labelled_and_encrypted_where_it_is_to_be(client: Client) -> None:
    made = NetworkProvider().create(args(encrypted=True))
    found = client.api.inspect_network(made.id)
    assert found["Labels"] == {ENVIRONMENT: "local"}
    assert found["Options"] == {"encrypted": ""}
    assert made.outs == args(encrypted=True)


def test_what_an_interrupted_run_left_is_taken_over(client: Client) -> None:
    first, again = NetworkProvider().create(args()), NetworkProvider().create(args())
    assert first.id == again.id
    assert len(client.api.networks()) == 1


def test_one_that_was_left_and_is_not_as_declared_is_made_anew(client: Client) -> None:
    first = NetworkProvider().create(args())
    again = NetworkProvider().create(args(internal=True))
    assert client.api.done == [f"create {first.id}", f"delete {first.id}", f"create {again.id}"]
    assert client.api.inspect_network(again.id)["Internal"] is True


def test_a_network_of_somebody_elses_is_not_touched(client: Client) -> None:
    NetworkProvider().create(args() | {"environment": "another"})
    with pytest.raises(EnvironmentFailure, match="a network named citycam-local-service exists and is not ours"):
        NetworkProvider().create(args())
    assert len(client.api.done) == 1


def test_a_network_that_only_shares_letters_of_the_name_is_another(client: Client) -> None:
    NetworkProvider().create(args() | {"name": "citycam-local-service-2", "environment": "another"})
    NetworkProvider().create(args())
    assert len(client.api.networks()) == 2


def test_a_network_made_from_a_configuration_is_whose_the_configuration_is(client: Client) -> None:
    configuration = NetworkArgs("addresses", "local", "bridge", "198.18.0.0/16", config_only=True)
    lan = vars(NetworkArgs("lan", "local", "bridge", config_from="addresses")).copy()
    NetworkProvider().create(dict(vars(configuration)))
    first, again = NetworkProvider().create(lan), NetworkProvider().create(lan)
    assert first.id == again.id
    with pytest.raises(EnvironmentFailure, match="is not ours"):
        NetworkProvider().create(lan | {"environment": "another"})


def test_drift_is_seen_and_replaces_the_network(client: Client) -> None:
    made = NetworkProvider().create(args())
    client.api.inspect_network(made.id)["Internal"] = True
    seen = NetworkProvider().read(made.id, args())
    found = NetworkProvider().diff(made.id, seen.outs or {}, args())
    assert found.replaces == ["internal"]
    assert found.delete_before_replace


def test_one_that_is_gone_is_noticed_and_need_not_be_deleted(client: Client) -> None:
    made = NetworkProvider().create(args())
    assert NetworkProvider().read(made.id, args()).outs == args()
    NetworkProvider().delete(made.id, args())
    NetworkProvider().delete(made.id, args())
    assert NetworkProvider().read(made.id, args()).id is None


def test_a_refusal_tells_the_reason(client: Client) -> None:
    client.api.refusal = "Pool overlaps with other one on this address space"
    with pytest.raises(EnvironmentFailure) as failure:
        NetworkProvider().create(args())
    assert failure.value.why == "Pool overlaps with other one on this address space"
