"""When a node's gateways must stop, whom the watch hears, and what it asks of an engine that is a script."""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import ExitStack
from pathlib import Path

import pytest
import quorum_watch
from hypothesis import given
from hypothesis import strategies as st

MANAGERS = ["127.0.0.1", "127.0.0.2", "127.0.0.3"]
NODES = [*MANAGERS, "127.0.0.4", "127.0.0.5"]
PATIENCE, LEASE = 3, 30


def stops(looks: list[bool]) -> list[int]:
    """Seconds at which it says stop, when it looks once a second and hears a quorum or not."""
    watch = quorum_watch.Watch(PATIENCE, LEASE)
    return [second for second, hears in enumerate(looks) if watch.must_stop(float(second), hears)]


@given(st.integers(1, 100), st.integers(0, 5))
def test_a_silence_stops_gateways_at_the_lease_and_when_it_is_over(silence: int, before: int) -> None:
    found = stops([True] * before + [False] * silence + [True] * 5)
    in_silence = list(range(before + LEASE, before + silence))
    at_its_end = [before + silence] if silence >= PATIENCE else []
    assert found == in_silence + at_its_end


@given(st.lists(st.booleans(), max_size=200))
def test_no_gateway_records_longer_than_the_lease_through_a_silence_nor_at_all_after_one(looks: list[bool]) -> None:
    found = set(stops(looks))
    for second, hears in enumerate(looks):
        silent = next((back for back in range(second + 1) if looks[second - back]), second + 1) if not hears else 0
        ended = next((back for back in range(1, second + 1) if looks[second - back]), second + 1) - 1 if hears else 0
        assert (second in found) == (silent > LEASE or ended >= PATIENCE), (second, looks)


@pytest.mark.parametrize(
    ("there", "heard"),
    [
        (NODES, True),
        (MANAGERS[:2], True),
        (MANAGERS[1:], True),
        (NODES[:1], False),
        ([NODES[0], NODES[3]], False),
        ([NODES[0], *NODES[3:]], True),
    ],
    ids=[
        "all",
        "most managers with this one",
        "most managers without it",
        "nobody",
        "few of both",
        "most managers are gone and most nodes are there",
    ],
)
def test_a_quorum_is_most_managers_or_most_nodes(
    monkeypatch: pytest.MonkeyPatch, there: list[str], heard: bool
) -> None:
    swarm = quorum_watch.Swarm(NODES[0], MANAGERS, NODES)
    with ExitStack() as stack:
        monkeypatch.setattr(quorum_watch, "PORT", listen([each for each in there if each != swarm.own], stack))
        assert [asyncio.run(swarm.is_heard(in_doubt)) for in_doubt in (False, True)] == [heard, heard]


def listen(addresses: list[str], stack: ExitStack) -> int:
    """Listen at all of them on one port that is free at every address of the test."""
    with socket.socket() as any_:
        any_.bind(("0.0.0.0", 0))
        port = int(any_.getsockname()[1])
    for address in addresses:
        stack.enter_context(socket.create_server((address, port)))
    return port


@pytest.mark.parametrize(("managers", "heard"), [(MANAGERS, True), ([*MANAGERS, NODES[3]], False)])
def test_a_worker_is_no_voice_among_managers(monkeypatch: pytest.MonkeyPatch, managers: list[str], heard: bool) -> None:
    """Two of three are most, two of four are not; nor are three of nine nodes."""
    nodes = [f"127.0.0.{number}" for number in range(1, 10)]
    with ExitStack() as stack:
        monkeypatch.setattr(quorum_watch, "PORT", listen(MANAGERS[:2], stack))
        assert asyncio.run(quorum_watch.Swarm(NODES[4], managers, nodes).is_heard(False)) is heard


ENGINE = """#!/bin/sh
echo "$*" >> {folder}/asked
case "$1" in
    ps) cat {folder}/containers ;;
    stop) exit $(cat {folder}/code) ;;
esac
"""


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An engine with two gateways and a database, that does what `code` says when it is asked to stop some."""
    docker = tmp_path / "docker"
    docker.write_text(ENGINE.format(folder=tmp_path))
    docker.chmod(0o755)
    (tmp_path / "containers").write_text("a1 gateway-1\nb2 database\nc3 gateway-12\n")
    (tmp_path / "code").write_text("0")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    return tmp_path


def test_gateways_of_the_environment_stop_and_nothing_else(engine: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert quorum_watch.has_stopped("city")
    listed, stopped = (engine / "asked").read_text().splitlines()
    assert "label=citycam.environment=city" in listed
    assert stopped == "stop --time 5 a1 c3"
    assert caplog.messages == ["others may record for this node: stopped gateway-1, gateway-12"]


def test_where_no_gateway_runs_nothing_is_asked_or_said(engine: Path, caplog: pytest.LogCaptureFixture) -> None:
    (engine / "containers").write_text("b2 database\n")
    assert quorum_watch.has_stopped("city")
    assert [line.split()[0] for line in (engine / "asked").read_text().splitlines()] == ["ps"]
    assert not caplog.messages


def test_a_refused_stop_is_said_and_is_still_due(engine: Path, caplog: pytest.LogCaptureFixture) -> None:
    (engine / "code").write_text("1")
    assert not quorum_watch.has_stopped("city")
    assert caplog.messages[0].startswith("gateways may still record: ")
