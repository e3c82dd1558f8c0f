"""Several edges, some of them dead: users are spread over all and see theirs fail, probes ask one that answers."""

from __future__ import annotations

import http.server
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from ipaddress import IPv4Network
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow.parquet as pq
import pytest

from citycam.inventory.sample import sample_inventory
from citycam.plan.plan import Plan
from loadtests.clients.edge import first_answering, trust
from loadtests.launch import Launch
from loadtests.probes.comparison import Column
from loadtests.probes.playback import Playback, probe_playback
from loadtests.settings import Edge, LoadSettings, WatchedCamera

from .edge import Authority

NAME, GATEWAY = "city.test", "gateway-1"
DEAD = Edge(https="127.0.0.1:1", rtsps="127.0.0.1:2")
"""Nobody listens at either."""


class Nothing(http.server.BaseHTTPRequestHandler):
    """A platform that has nothing."""

    def do_GET(self) -> None:
        self.send_error(HTTPStatus.NOT_FOUND)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@contextmanager
def edge(authority: Authority) -> Iterator[Edge]:
    """An edge that answers, and says of everything that it is not there."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Nothing) as server:
        server.socket = authority.server_context(NAME, f"*.{NAME}").wrap_socket(server.socket, server_side=True)
        address = f"127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Edge(https=address, rtsps=address)
        server.shutdown()


@contextmanager
def hanging_up() -> Iterator[Edge]:
    """A port behind which nobody is: it accepts, as an engine's proxy does, and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            while True:
                try:
                    server.accept()[0].close()
                except OSError:
                    return

        threading.Thread(target=accept, daemon=True).start()
        address = f"127.0.0.1:{server.getsockname()[1]}"
        yield Edge(https=address, rtsps=address)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def living(authority: Authority) -> Iterator[Edge]:
    with edge(authority) as found:
        yield found


@pytest.fixture
def settings(authority: Authority) -> LoadSettings:
    return LoadSettings(
        edges=[DEAD],
        edge_name=NAME,
        ca_file=authority.ca_file,
        viewer_password="viewer-password",
        operator_password="operator-password",
        cameras=[WatchedCamera(camera="cam-000001", gateway=GATEWAY, fps=10)],
        seconds=6,
        view_time_s=1,
        clip_s=0.5,
        part_s=0.1,
    )


def among(settings: LoadSettings, *edges: Edge) -> LoadSettings:
    return settings.model_copy(update={"edges": list(edges)})


def chosen(settings: LoadSettings, *edges: Edge) -> Edge:
    return first_answering(among(settings, *edges), trust(settings.ca_file)).edge


def test_a_probe_asks_the_first_edge_that_answers_at_all(settings: LoadSettings, living: Edge) -> None:
    assert chosen(settings, living, DEAD) == living
    assert chosen(settings, DEAD, living) == living
    with hanging_up() as nobody:
        assert chosen(settings, nobody, DEAD, living) == living


def test_an_edge_that_answers_wrongly_is_not_passed_over(settings: LoadSettings, living: Edge, tmp_path: Path) -> None:
    (tmp_path / "foreign").mkdir()
    with edge(Authority(tmp_path / "foreign")) as foreign:
        assert chosen(settings, foreign, living) == foreign
        assert chosen(settings, DEAD, foreign, living) == foreign


def test_where_no_edge_answers_the_first_is_asked_and_fails(settings: LoadSettings) -> None:
    other = Edge(https="127.0.0.1:3", rtsps="127.0.0.1:4")
    assert chosen(settings, other, DEAD) == other
    assert chosen(settings, DEAD) == DEAD


def played_back(settings: LoadSettings, out: Path) -> list[Playback]:
    """The probe's rows of two cameras that sent nothing."""
    cameras = sample_inventory(2, 7, IPv4Network("198.18.64.0/18"))
    plan = Plan(
        environment="test",
        inventory_digest="sha256:0",
        cameras=cameras,
        gateways={GATEWAY: [one.id for one in cameras]},
    )
    marks = SimpleNamespace(start_ns=0, stop_ns=20 * 10**9)
    return probe_playback(settings, plan, Silence(), marks, 3.0, out)


class Silence:
    """A ledger of nobody who sent."""

    def sent(self, _camera: str, _start_ns: int, _stop_ns: int) -> Column:
        return np.zeros(0, np.int64)


def test_playback_goes_on_at_the_next_edge_and_every_row_says_which(
    settings: LoadSettings, living: Edge, tmp_path: Path
) -> None:
    out = tmp_path / "playback.parquet"
    rows = played_back(among(settings, DEAD, living), out)
    assert [(row.status, row.edge) for row in rows] == [(HTTPStatus.NOT_FOUND, living.https)] * 2
    assert pq.read_table(out)["edge"].to_pylist() == [living.https] * 2
    nowhere = played_back(among(settings, DEAD, DEAD), out)
    assert [(row.ok, row.status, row.edge) for row in nowhere] == [(False, 0, DEAD.https)] * 2
    assert all("refused" in row.why for row in nowhere)


def test_users_are_spread_over_all_edges_and_those_of_a_dead_one_fail_as_it_does(
    settings: LoadSettings, living: Edge, tmp_path: Path
) -> None:
    launch = Launch(among(settings, DEAD, living).model_copy(update={"viewers": 2, "players": 2}), tmp_path / "run")
    launch.start()
    summary = launch.wait()
    assert summary.healthy, f"{summary.why}\n{(tmp_path / 'run' / 'locust.log').read_text()}"
    assert summary.requests == summary.failures > 0
    rows = pq.read_table(tmp_path / "run" / "requests.parquet").to_pylist()
    asked = {(row["kind"], row["edge"]) for row in rows}
    assert asked == {
        *(("live", DEAD.rtsps), ("playback", DEAD.https)),
        *(("live", living.rtsps), ("playback", living.https)),
    }
    refused = {row["edge"] for row in rows if row["error"].startswith("ConnectionRefusedError")}
    assert refused == {DEAD.https, DEAD.rtsps}
    assert {row["error"][:27] for row in rows if (row["kind"], row["edge"]) == ("playback", living.https)} == {
        "PlaybackFailed: status 404:"
    }
