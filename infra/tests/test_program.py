from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pulumi
import pytest

from infra.components.credentials import Credentials
from infra.outputs import SECRETS, Outputs
from infra.program import declare
from infra.provider.config import Config, ConfigArgs
from infra.provider.secret import Secret, SecretArgs
from infra.provider.service import Service
from infra.provider.service_args import ServiceArgs
from infra.settings import Settings
from infra.tests.mocked import IMAGES, Platform, canary, certified, is_secret, local, run_program, stand, unwrapped

GENERATED = ("viewer", "prometheus", "gateway-operator", "operator", "database-password", "camera-key", "seal")
ALONE = ("database", "fleet", "edge", "prometheus", "alertmanager", "node-metrics", "probe")


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    return stand(tmp_path_factory.mktemp("platform"))


@pytest.mark.parametrize("count", [1, 2, 7])
def test_every_gateway_has_a_service_its_metrics_and_its_recordings_and_all_else_stands_once(
    tmp_path: Path, count: int
) -> None:
    found = stand(tmp_path, local(gateways=count))
    numbers = range(1, count + 1)
    gateways = [f"gateway-{number}" for number in numbers]
    recorders = [f"recorder-metrics-{number}" for number in numbers]
    assert sorted(found.all("Service")) == sorted([*gateways, *recorders, *ALONE])
    recordings = [name for name in found.all("Volume") if name.startswith("recordings-")]
    assert sorted(recordings) == sorted(f"recordings-{gateway}-volume" for gateway in gateways)


def test_one_more_gateway_changes_nothing_but_who_is_told_of_it(tmp_path: Path) -> None:
    before, after = stand(tmp_path, local(gateways=2)), stand(tmp_path, local(gateways=3))
    kept = {(each.kind, each.name): each.sent for each in after.declared}
    changed = {each.name for each in before.declared if kept[each.kind, each.name] != each.sent}
    assert changed == {"nginx", "prometheus-config"}
    assert {each.name for each in after.declared} - {each.name for each in before.declared} == {
        "gateway-3",
        "recorder-metrics-3",
        "recordings-gateway-3-volume",
    }


def test_the_same_settings_are_the_same_platform_and_no_two_resources_of_a_kind_share_a_name(tmp_path: Path) -> None:
    runs = [{(each.kind, each.name): each.sent for each in stand(tmp_path).declared} for _ in range(2)]
    assert runs[0] == runs[1]
    assert len(runs[0]) == len(stand(tmp_path).declared)


def test_everything_carries_the_environments_name_and_label(platform: Platform) -> None:
    ours = [each for each in platform.declared if each.kind in ("Service", "Network", "Volume", "Secret", "Config")]
    assert len(ours) > 30
    assert {each.plain["environment"] for each in ours} == {"local"}
    assert [each.plain["name"] for each in ours if not each.plain["name"].startswith("citycam-local-")] == []
    for kind in ("Service", "Network", "Volume", "Secret", "Config"):
        names = [each.plain["name"] for each in ours if each.kind == kind]
        assert len(set(names)) == len(names)


def test_each_part_is_on_the_networks_it_needs_and_on_no_other(platform: Platform) -> None:
    on = {name: set(platform.networks_of(name)) for name in platform.all("Service")}
    gateway, metrics = {"camera-lan", "management", "service"}, {"management"}
    assert on == {
        "gateway-1": gateway,
        "gateway-2": gateway,
        "recorder-metrics-1": metrics,
        "recorder-metrics-2": metrics,
        "database": {"service"},
        "fleet": {"camera-lan", "management"},
        "edge": {"management", "service"},
        "prometheus": metrics,
        "alertmanager": metrics,
        "node-metrics": metrics,
        "probe": {"management", "service"},
    }


def test_a_name_on_a_network_is_one_parts_and_says_which_network(platform: Platform) -> None:
    names = [
        (network, alias)
        for service in platform.all("Service")
        for network, aliases in platform.networks_of(service).items()
        for alias in aliases
    ]
    assert len(set(names)) == len(names)
    assert [(network, alias) for network, alias in names if not alias.endswith(f".{network}")] == []


def test_only_the_edge_publishes_ports(platform: Platform) -> None:
    assert [name for name in platform.all("Service") if platform.one("Service", name)["ports"]] == ["edge"]


def test_no_part_may_write_to_its_image_or_has_capabilities_but_those_it_names(platform: Platform) -> None:
    for name in platform.all("Service"):
        service = platform.one("Service", name)
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert bool(service["cap_add"]) == (name == "fleet")
        assert service["memory"] > 0, name
        assert service["pids"] > 0, name
        assert service["ready"], name


def test_every_part_runs_the_image_that_is_its_own(platform: Platform) -> None:
    images = {name: platform.one("Service", name)["image"] for name in platform.all("Service")}
    assert set(images.values()) == {IMAGES[name] for name in set(IMAGES) - {"base", "python", "loadgen", "lab-host"}}
    assert images["gateway-2"] == IMAGES["gateway"]
    assert images["probe"] == IMAGES["monitoring"]


def test_an_image_that_was_not_named_stops_the_program(tmp_path: Path) -> None:
    images = {name: tag for name, tag in IMAGES.items() if name != "fleet"}
    settings = Settings(local(), certified(tmp_path), images)
    with pytest.raises(KeyError, match="fleet"):
        run_program(lambda: declare(settings))


@pytest.mark.parametrize("name", [*GENERATED, "edge.key", "edge.crt", "ca.key"])
def test_a_secret_is_seen_nowhere_but_in_secrets(platform: Platform, name: str) -> None:
    assert canary(name) not in platform.open


def test_every_generated_secret_is_looked_for_and_is_used(platform: Platform) -> None:
    assert sorted(platform.all("Random")) == sorted(GENERATED)
    assert canary("ca.key") not in str([each.plain for each in platform.declared])
    wrapped = str([[each.plain for each in platform.declared], platform.outputs])
    used = {name for name in GENERATED if canary(name) in wrapped}
    assert used == set(GENERATED)


def _config_of_a_password() -> None:
    password = pulumi.Output.unsecret(Credentials("credentials").viewer)
    password.apply(lambda value: Config("leak", ConfigArgs("leak", "local", value)))


def _password_in_an_environment() -> None:
    password = pulumi.Output.unsecret(Credentials("credentials").viewer)
    password.apply(lambda value: Service("leak", ServiceArgs("leak", "local", "leak", "image", env={"LEAK": value})))


def _password_as_an_output() -> None:
    pulumi.export("leak", pulumi.Output.unsecret(Credentials("credentials").viewer))


@pytest.mark.parametrize("program", [_config_of_a_password, _password_in_an_environment, _password_as_an_output])
def test_a_program_that_leaks_is_found_out(program: Callable[[], None]) -> None:
    assert canary("viewer") in run_program(program).open


def test_a_swarm_secret_is_a_secret_whatever_it_is_made_of() -> None:
    sent = run_program(lambda: _unguarded("open words", "open key")).all("Secret")["given"].sent
    assert is_secret(sent["content"])
    assert is_secret(sent["key"])


def _unguarded(content: str, key: str) -> None:
    Secret("given", SecretArgs("given", "local", content, key))


def test_all_swarm_secrets_are_sealed_under_the_stacks_own_key(platform: Platform) -> None:
    secrets = platform.all("Secret")
    assert sorted(secrets) == [
        "camera-key",
        "database-password",
        "edge-cert",
        "edge-key",
        "gateway-users",
        "operator-htpasswd",
        "prometheus-password",
    ]
    for secret in secrets.values():
        assert is_secret(secret.sent["content"])
        assert is_secret(secret.sent["key"])
        assert secret.plain["key"] == canary("seal")


def test_outputs_are_the_edges_addresses_and_secrets_that_are_marked_so(platform: Platform) -> None:
    assert {name for name, value in platform.outputs.items() if is_secret(value)} == set(SECRETS)
    outputs = Outputs.of(unwrapped(platform.outputs))
    assert (outputs.edge_https, outputs.edge_rtsps) == ("127.0.0.1:8443", "127.0.0.1:8322")
    assert outputs.secrets == {name: canary(name) for name in SECRETS}


def test_a_stack_that_does_not_stand_keeps_data_and_credentials_as_they_are_and_nothing_else(
    platform: Platform, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("down")
    standing, down = stand(folder), stand(folder, standing=False)
    assert {each.kind for each in down.declared} == {"Credentials", "Random", "Storage", "Volume"}
    for kind in ("Random", "Volume"):
        assert down.all(kind) == standing.all(kind)
    assert down.outputs == platform.outputs
