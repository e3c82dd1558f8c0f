from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from infra.provider.service import ServiceProvider
from infra.provider.service_args import Attachment, File, HealthCheck, Mount, Port, ServiceArgs
from infra.provider.service_spec import observe, request
from infra.provider.tests.engine import spec

words = st.text("abcdefghij-/0123456789=", min_size=1, max_size=8)
ids = st.text("0123456789abcdef", min_size=4, max_size=8)
capabilities = st.lists(st.sampled_from(["NET_ADMIN", "SETGID", "SETUID", "SYS_PTRACE"]), unique=True).map(tuple)


def several(values: st.SearchStrategy[Any], unique_by: Any = None) -> st.SearchStrategy[Any]:
    return st.lists(values, max_size=3, unique_by=unique_by).map(tuple)


def made(**values: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    """A resource whose outputs are known."""
    return st.builds(SimpleNamespace, **values)


mounts = st.one_of(
    st.builds(Mount, words, words, st.sampled_from(["volume", "bind"]), st.booleans()),
    st.builds(Mount, words, type=st.just("tmpfs"), size=st.integers(1, 2**40)),
)
files = st.builds(
    File, made(id=ids, object_name=words), words, st.integers(0, 65535), st.sampled_from([0o400, 0o444, 0o755])
)
services = st.builds(
    ServiceArgs,
    name=words,
    environment=words,
    part=words,
    image=words,
    command=several(words),
    args=several(words),
    env=st.dictionaries(words.filter(lambda word: "=" not in word), words, max_size=3),
    user=st.sampled_from(["", "10001", "10001:10001"]),
    mounts=several(mounts, lambda mount: mount.target),
    secrets=several(files),
    configs=several(files),
    networks=several(st.builds(Attachment, made(id=ids), several(words))),
    ports=several(
        st.builds(Port, st.integers(1, 65535), st.integers(1, 65535), st.sampled_from(["tcp", "udp"])),
        lambda port: port.published,
    ),
    cap_add=capabilities,
    cap_drop=st.one_of(st.just(("ALL",)), capabilities),
    read_only=st.booleans(),
    init=st.booleans(),
    memory=st.integers(0, 2**40),
    cpus=st.integers(0, 64_000).map(lambda thousandths: thousandths / 1000),
    pids=st.integers(0, 2**20),
    nofile=st.integers(0, 2**20),
    healthcheck=st.none()
    | st.builds(HealthCheck, several(words), *[st.integers(0, 600)] * 2, st.integers(0, 20), st.integers(0, 600)),
    ready=several(words),
    placement=several(words),
    replicas=st.integers(0, 10),
    stop_grace=st.integers(0, 600),
)


@given(services)
def test_what_is_declared_is_what_is_read_back(declared: ServiceArgs) -> None:
    wanted = declared.properties()
    read = observe(spec(request(wanted, "sha256:0123")), wanted["image"])
    assert read == {key: value for key, value in wanted.items() if key != "ready"}
    assert not ServiceProvider().diff("id", {**wanted, **read}, wanted).changes


@given(services)
def test_numbers_that_pulumi_turned_into_fractions_are_whole_again(declared: ServiceArgs) -> None:
    wanted = declared.properties()
    through = json.loads(json.dumps(wanted), parse_int=float)
    assert json.dumps(request(through, "sha256:0123")) == json.dumps(request(wanted, "sha256:0123"))


@given(services, services, st.data())
def test_one_property_that_differs_is_the_one_change(one: ServiceArgs, other: ServiceArgs, data: st.DataObject) -> None:
    wanted, found = one.properties(), other.properties()
    key = data.draw(st.sampled_from(sorted(set(wanted) - {"ready"})))
    drifted = {**wanted, key: found[key]}
    seen = observe(spec(request(drifted, "sha256:0123")), drifted["image"])
    changed = ServiceProvider().changed({**wanted, **seen}, wanted)
    assert changed == ([key] if wanted[key] != found[key] else [])


def test_every_part_logs_a_little_restarts_and_publishes_on_its_own_node() -> None:
    args = ServiceArgs("name", "local", "part", "image", ports=(Port(8443, 443),))
    body = request(args.properties(), "sha256:0123")
    template = body["task_template"]
    assert template["LogDriver"]["Options"] == {"max-size": "10m", "max-file": "3"}
    assert template["RestartPolicy"]["Condition"] == "any"
    assert body["update_config"]["Order"] == "stop-first"
    assert body["endpoint_spec"]["Ports"] == [
        {"Protocol": "tcp", "PublishMode": "host", "PublishedPort": 8443, "TargetPort": 443}
    ]
    assert template["ContainerSpec"]["CapabilityDrop"] == ["ALL"]
    assert template["ContainerSpec"]["Image"] == "sha256:0123"


def test_a_service_somebody_else_made_can_be_read() -> None:
    foreign = {"Name": "x", "TaskTemplate": {"ContainerSpec": {"Image": "i"}}, "Mode": {"Global": {}}}
    seen = observe(foreign, "i")
    assert (seen["environment"], seen["replicas"], seen["memory"], seen["ports"]) == ("", 0, 0, [])
