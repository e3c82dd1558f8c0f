from __future__ import annotations

from pathlib import Path

from loadtests.journal import Heartbeat, Journal, Request, read_journal

REQUEST = Request(
    kind="live",
    name="live gateway-1",
    camera="cam-000001",
    gateway="gateway-1",
    intended_ns=10,
    start_ns=20,
    response_ms=145.123456,
    latency_ms=146.5,
    bytes=1000,
    ok=True,
    error="",
    frames=60,
    frames_missing=0,
)
BEAT = Heartbeat(t=30, cpu_percent=12.5, lag_ms=0.25, users=3)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "load.jsonl"
    with Journal(path) as journal:
        journal.header(5, pid=42)
        journal.request(REQUEST)
        journal.heartbeat(BEAT)
        journal.end(40, listener_errors=2)
    contents = read_journal(path)
    assert contents.requests == [REQUEST]
    assert contents.heartbeats == [BEAT]
    assert contents.header == {"schema_version": 1, "t": 5, "pid": 42}
    assert contents.listener_errors == 2
    assert contents.damaged == 0


def test_a_torn_last_line_costs_that_line_only(tmp_path: Path) -> None:
    path = tmp_path / "load.jsonl"
    with Journal(path) as journal:
        journal.header(5)
        journal.request(REQUEST)
        journal.request(REQUEST)
    path.write_bytes(path.read_bytes()[:-20])
    contents = read_journal(path)
    assert contents.requests == [REQUEST]
    assert contents.damaged == 1
    assert contents.closed is None


def test_nothing_was_written(tmp_path: Path) -> None:
    contents = read_journal(tmp_path / "absent")
    assert (contents.header, contents.requests, contents.damaged) == (None, [], 0)


def test_strange_lines_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "load.jsonl"
    path.write_text('{"record":"surprise"}\n[]\nnull\n{"record":"request","kind":"live"}\n')
    assert read_journal(path).damaged == 4
