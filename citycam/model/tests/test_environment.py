from ipaddress import IPv4Network
from pathlib import Path

import pytest

from citycam.model.environment import load_environment
from citycam.model.errors import ConfigError
from citycam.model.workspace import PROJECT

LOCAL = PROJECT / "environments" / "local.yaml"


def test_the_local_environment_is_valid() -> None:
    environment = load_environment(LOCAL)
    assert environment.gateway_names == ["gateway-1", "gateway-2"]
    assert environment.networks.camera_range == IPv4Network("198.18.64.0/18")
    assert environment.networks.container_range == IPv4Network("198.18.0.0/24")
    assert environment.service_name("edge") == "citycam-local-edge"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("198.18.0.0/16", "10.0.0.0/16", "must lie in 198.18.0.0/15"),
        ("10.89.4.0/22", "10.89.0.0/22", "overlap"),
        ("count: 2", "count: 0", "greater than or equal to 1"),
        ("segment: 20s", "segment: 20", "not a duration"),
        ("https_port", "http_port", "unknown key"),
        ("name: local", "name: Local City", "match"),
    ],
)
def test_a_wrong_environment_is_refused_with_its_line(tmp_path: Path, old: str, new: str, says: str) -> None:
    path = tmp_path / "wrong.yaml"
    text = LOCAL.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(ConfigError, match=says) as caught:
        load_environment(path)
    assert caught.value.where.startswith(f"{path}:")


WEBHOOK = "https://alerts.example/citycam"


def with_receiver(folder: Path, receiver: str) -> Path:
    path = folder / "city.yaml"
    path.write_text(LOCAL.read_text() + f"monitoring:\n  receiver: {{{receiver}}}\n")
    return path


def test_alerts_go_to_nobody_unless_a_receiver_is_named(tmp_path: Path) -> None:
    assert load_environment(LOCAL).monitoring.receiver is None
    path = with_receiver(tmp_path, f"url: {WEBHOOK}, token: .citycam/city/token, authority: city.crt")
    receiver = load_environment(path).monitoring.receiver
    assert receiver is not None
    assert (receiver.url, receiver.token, receiver.authority) == (
        WEBHOOK,
        Path(".citycam/city/token"),
        Path("city.crt"),
    )


@pytest.mark.parametrize(
    ("receiver", "says"),
    [
        ("url: alerts.example/citycam", "not the address of a webhook"),
        ("url: ftp://alerts.example/", "not the address of a webhook"),
        ("url: https://", "not the address of a webhook"),
        ("url: 'https://me:8443x/'", "not the address of a webhook"),
        ("token: t", "this key is required"),
        ("url: http://alerts.example/, token: t", "with `token` must be reached over https"),
        ("url: http://alerts.example/, authority: a", "with `authority` must be reached over https"),
        (f"url: {WEBHOOK}, password: p", "unknown key"),
    ],
)
def test_a_wrong_receiver_is_refused_with_its_line(tmp_path: Path, receiver: str, says: str) -> None:
    path = with_receiver(tmp_path, receiver)
    with pytest.raises(ConfigError, match=says) as caught:
        load_environment(path)
    assert caught.value.where == f"{path}:{len(LOCAL.read_text().splitlines()) + 2}"


@pytest.mark.parametrize(
    "url", ["https://me:hush@alerts.example/", f"{WEBHOOK}?key=hush", f"{WEBHOOK}#hush", "me:hush@alerts.example"]
)
def test_a_secret_in_a_receivers_address_is_refused_and_not_quoted(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigError, match=r"may hold no secret|not the address") as caught:
        load_environment(with_receiver(tmp_path, f"url: '{url}'"))
    assert "hush" not in str(caught.value)


LAB = PROJECT / "environments" / "lab.yaml"


def test_the_local_environment_is_one_machine() -> None:
    assert load_environment(LOCAL).nodes is None


@pytest.mark.parametrize("name", ["lab", "lab-3"])
def test_the_labs_name_their_nodes(name: str) -> None:
    environment = load_environment(PROJECT / "environments" / f"{name}.yaml")
    nodes = environment.nodes
    assert nodes is not None
    assert environment.name == name
    assert nodes.hosts == Path(f".citycam/{name}/hosts.yml")
    assert nodes.pools.recording == ["node-1", "node-2", "node-3"]
    assert nodes.registry.partition(":")[0] in nodes.pools.platform
    assert len(nodes.pools.edge) == len(nodes.pools.database) == 2


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("10.90.16.0/20", "10.90.16.0/24", "spans nodes and must be a /22 or larger"),
        ("edge: [node-4, node-5]", "edge: [node-4, node-4]", "node-4 is named twice"),
        ("edge: [node-4, node-5]", "edge: []", "at least 1 item"),
        ("fleet: [site-1]", "cameras: [site-1]", "unknown key"),
        ("fleet: [site-1]", "fleet: [site-1, node-3]", "fleet: node-3 records"),
        ("load: [site-1]", "load: [node-2, node-1]", "load: node-1, node-2 records"),
        ("node-5:5000", "node-5", "match"),
        ("[node-1, node-2, node-3]", "[Node_1]", "match"),
        ("  pools:", "  homes: {gateway-7: node-1}\n  pools:", "gateway-7 is none of the 6 gateways"),
        ("  pools:", "  homes: {gateway-1: node-4}\n  pools:", "node-4, which is not in the pool recording"),
    ],
)
def test_nodes_that_cannot_be_are_refused(tmp_path: Path, old: str, new: str, says: str) -> None:
    path = tmp_path / "wrong.yaml"
    text = LAB.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(ConfigError, match=says):
        load_environment(path)
