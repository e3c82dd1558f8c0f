"""Each flaw gives away its own secret to whoever uses it; everybody else finds nothing."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from citycam.model.credentials import camera_password, device_secret
from citycam.wire.digest import Challenge, authorization
from simulators import canaries
from simulators.canaries import KINDS, PLACE, leaks
from simulators.canaries.default_credentials import USER
from simulators.canaries.telnet import Telnet
from simulators.fleet.listener import listen
from simulators.onvif.endpoint import answer
from simulators.onvif.http import Request, Response
from simulators.onvif.tests.devices import FakeHost, camera

KEY = b"a key"


def flawed(*kinds: str) -> FakeHost:
    host = camera()
    host.equipment = replace(host.equipment, canaries=kinds)
    host.secret = lambda purpose: device_secret(KEY, host.serial, purpose)  # type: ignore[method-assign]
    host.accounts = [*host.accounts, *(user for kind in kinds if (user := KINDS[kind].user()) is not None)]
    return host


def ask(host: FakeHost, target: str, method: str = "GET", **headers: str) -> Response:
    found = answer(host.estate, host, Request(method, target, headers))
    assert isinstance(found, Response)
    return found


def sung(found: Response) -> list[str]:
    """Which canaries are heard."""
    return [kind for _, kind in leaks(found.body.decode(), KEY, ["A0", "A1", "A2"])]


def signed(host: FakeHost, name: str, password: str, method: str = "GET", target: str = PLACE) -> str:
    challenge = Challenge.parse(dict(ask(host, target, method).headers)["WWW-Authenticate"])
    return authorization(challenge, method, target, name, password, cnonce="c")


@pytest.mark.parametrize("kind", KINDS)
def test_without_using_the_flaw_nothing_leaks(kind: str) -> None:
    host = flawed(kind)
    for target in (PLACE, f"{PLACE}?x=1", "/", "/session", "/snapshot/1.jpg"):
        found = ask(host, target)
        assert found.status in (401, 404), target
        assert sung(found) == []
    assert ask(host, PLACE).status == 401
    found = ask(host, PLACE, authorization=signed(host, "admin", "geheim"))
    assert (found.status, sung(found)) == (404, [])


def test_a_sound_camera_has_no_such_place() -> None:
    assert [ask(flawed(), target).status for target in (PLACE, f"{PLACE}?citycam-magic=open")] == [404, 404]


def test_auth_bypass() -> None:
    assert sung(ask(flawed("auth-bypass"), f"{PLACE}?citycam-magic=open")) == ["auth-bypass"]
    assert sung(ask(flawed("auth-bypass"), f"{PLACE}?citycam-magic=shut")) == []
    assert ask(flawed("token-reuse"), f"{PLACE}?citycam-magic=open").status == 401


def test_default_credentials() -> None:
    host = flawed("default-credentials")
    header = signed(host, USER.name, USER.password)
    assert sung(ask(host, PLACE, authorization=header)) == ["default-credentials"]
    host = flawed("auth-bypass")
    assert ask(host, PLACE, authorization=signed(host, USER.name, USER.password)).status == 401


def test_token_reuse() -> None:
    host = flawed("token-reuse")
    found = ask(host, "/session", "POST", authorization=signed(host, "admin", "geheim", "POST", "/session"))
    cookie = dict(found.headers)["Set-Cookie"].partition(";")[0]
    assert sung(ask(host, PLACE, cookie=cookie)) == []
    assert ask(host, "/session", "DELETE", cookie=cookie).status == 204
    assert sung(ask(host, PLACE, cookie=f"a=b; {cookie}")) == ["token-reuse"]
    assert ask(host, PLACE, cookie="session=00").status == 401
    assert ask(host, "/session", "POST").status == 401


def test_sessions_are_kept_within_limits() -> None:
    host = flawed("token-reuse")
    header = signed(host, "admin", "geheim", "POST", "/session")
    for _ in range(200):
        ask(host, "/session", "POST", authorization=header)
    assert len(host.state.sessions) <= 64


def test_a_secret_tells_whose_and_which_it_is_and_nothing_else() -> None:
    secrets = {device_secret(KEY, serial, f"canary:{kind}") for serial in ("A1", "A2") for kind in KINDS}
    assert len(secrets) == 2 * len(KINDS)
    assert camera_password(KEY, "A1") not in secrets
    text = f"<html>{device_secret(KEY, 'A2', 'canary:token-reuse')}</html>"
    assert leaks(text, KEY, ["A1", "A2", "A3"]) == [("A2", "token-reuse")]
    assert leaks(text, b"another key", ["A1", "A2", "A3"]) == []


@pytest.mark.parametrize("flawed_", [True, False])
def test_the_telnet_port_greets_at_flawed_devices_alone(flawed_: bool) -> None:
    host = flawed(*["telnet-banner"] * flawed_)
    host.address = "127.19.251.1"
    host.estate.there = {host.address: host}

    async def visit() -> bytes:
        sock = listen(0)
        telnet = Telnet(host.estate)
        await telnet.open(sock)
        try:
            reader, writer = await asyncio.open_connection(host.address, sock.getsockname()[1])
            writer.write(b"root\r\n")
            return await asyncio.wait_for(reader.read(), 10)
        except ConnectionError:
            return b""
        finally:
            telnet.close()

    said = asyncio.run(visit())
    assert [kind for _, kind in leaks(said.decode(), KEY, ["A1"])] == ["telnet-banner"] * flawed_
    assert (b"Login incorrect" in said) == flawed_


def test_every_kind_is_known_to_profiles() -> None:
    from simulators.profiles.profile import Canary

    assert set(Canary.__args__) == set(KINDS)  # type: ignore[attr-defined]
    assert canaries.of(camera()) == []
