"""The small HTTP server: what it answers to good, wrong and half requests."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from citycam.model.errors import CitycamError, ConfigError, EnvironmentFailure
from simulators.fleet import http
from simulators.fleet.http import Answer, accepted, as_json, ask, read_json, serve
from simulators.fleet.tests.viewer import run


async def handler(method: str, path: str, body: bytes) -> Answer:
    if path == "/refuse":
        raise ConfigError("this is wrong", where="here", next="do otherwise")
    if path == "/break":
        raise RuntimeError("the secret is 4711")
    return as_json({"method": method, "path": path, "size": len(body)})


def exchange(folder: Path, request: bytes, *, end: bool = False) -> tuple[int, bytes]:
    """Send a request, to its end if asked; status and body of the answer."""

    async def talk() -> bytes:
        path = folder / "socket"
        server = await asyncio.start_unix_server(serve(handler), path)
        async with server:
            reader, writer = await asyncio.open_unix_connection(path)
            writer.write(request)
            if end:
                writer.write_eof()
            answer = await reader.read()
            writer.close()
            return answer

    head, _, body = asyncio.run(talk()).partition(b"\r\n\r\n")
    return int(head.split(b" ")[1]), body


def test_method_path_and_body_reach_the_handler(tmp_path: Path) -> None:
    status, body = exchange(tmp_path, b"POST /some?x=1 HTTP/1.1\r\nHost: a\r\ncontent-LENGTH:  5 \r\n\r\n12345")
    assert status == 200
    assert json.loads(body) == {"method": "POST", "path": "/some", "size": 5}


def test_a_refusal_says_what_where_and_what_next(tmp_path: Path) -> None:
    status, body = exchange(tmp_path, b"GET /refuse HTTP/1.1\r\n\r\n")
    assert status == 400
    found = json.loads(body)["error"]
    assert (found["what"], found["where"], found["next"]) == ("this is wrong", "here", "do otherwise")


def test_a_bug_is_not_told_to_the_client(tmp_path: Path) -> None:
    status, body = exchange(tmp_path, b"GET /break HTTP/1.1\r\n\r\n")
    assert status == 500
    assert b"4711" not in body


@pytest.mark.parametrize(
    "request_",
    [
        b"nonsense\r\n\r\n",
        b"GET / SPDY/3\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: 999999999999\r\n\r\n",
        b"\xff\xfe\x00\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"a" * 20_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"a" * 70_000 + b"\r\n\r\n",
    ],
    ids=["one-word", "other-protocol", "negative-length", "vast-length", "binary", "long-head", "endless-head"],
)
def test_what_is_no_request_is_answered_400(tmp_path: Path, request_: bytes) -> None:
    assert exchange(tmp_path, request_)[0] == 400


@pytest.mark.parametrize("request_", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nContent-Length: 5\r\n\r\n123"])
def test_half_a_request_is_answered_400(tmp_path: Path, request_: bytes) -> None:
    assert exchange(tmp_path, request_, end=True)[0] == 400


def test_a_client_that_says_nothing_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "_PATIENCE_S", 0.05)
    assert exchange(tmp_path, b"GET / HTTP/1.1\r\n")[0] == 400


@pytest.mark.parametrize("body", [b"", b"[1]", b"7", b"{", b"\xff"])
def test_only_an_object_is_taken(body: bytes) -> None:
    with pytest.raises(ConfigError):
        read_json(body)


def test_a_server_that_dies_while_it_is_asked_is_an_os_error(tmp_path: Path) -> None:
    async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async def test() -> None:
        path = tmp_path / "sock"
        async with await asyncio.start_unix_server(hang_up, path):
            with pytest.raises(OSError, match=r"not answered|reset by peer"):
                await ask(path, "GET", "/x")
        path.unlink(missing_ok=True)
        with pytest.raises(OSError, match="No such file"):
            await ask(path, "GET", "/x")

    run(test())


@pytest.mark.parametrize("kind", [ConfigError, EnvironmentFailure])
def test_a_refusal_comes_back_as_the_error_it_was(tmp_path: Path, kind: type[CitycamError]) -> None:
    async def refuse(method: str, path: str, body: bytes) -> Answer:
        raise kind("no", where=path, why=method, next=body.decode())

    async def test() -> None:
        path = tmp_path / "sock"
        async with await asyncio.start_unix_server(serve(refuse), path):
            with pytest.raises(kind) as caught:
                accepted(await ask(path, "PUT", "/x", {"a": 1}), "fleet")
        assert caught.value.as_dict() | {"code": ""} == {
            "code": "",
            "what": "no",
            "where": "fleet /x",
            "why": "PUT",
            "next": '{"a": 1}',
        }

    run(test())


def test_an_answer_that_is_no_json_is_the_fleets_failure() -> None:
    with pytest.raises(EnvironmentFailure, match="no JSON"):
        accepted(Answer(200, b"<html>"), "fleet")
