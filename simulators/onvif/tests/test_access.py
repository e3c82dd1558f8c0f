"""Who is let in: tokens, their freshness by the device's own clock, replay; HTTP Digest and Basic; user levels."""

from __future__ import annotations

import base64
import re
from dataclasses import replace

import pytest

from citycam.wire.digest import Challenge, authorization
from simulators.onvif.access import Access
from simulators.onvif.endpoint import Pending, answer, offered
from simulators.onvif.estate import Level, User
from simulators.onvif.http import Request, Response
from simulators.onvif.state import State
from simulators.onvif.tests.devices import (
    SECOND,
    WSS,
    FakeHost,
    camera,
    message,
    post,
    recorder,
    refused,
    security,
    token,
)

ASK = "GetDeviceInformation"
DENIED = ["400", "env:Sender", "ter:NotAuthorized"]


def status(host: FakeHost, header: str = "", **headers: str) -> int:
    found = post(host, message("tds", ASK, "", header), **headers)
    return found.status if isinstance(found, Response) else 0


def test_a_token_with_the_right_digest_is_let_in() -> None:
    assert status(camera(), token(camera())) == 200


@pytest.mark.parametrize(
    ("name", "password"), [("admin", "wrong"), ("admin", ""), ("nobody", "geheim"), ("", ""), ("guard", "geheim")]
)
def test_a_token_that_is_wrong_is_refused(name: str, password: str) -> None:
    host = camera()
    assert refused(post(host, message("tds", ASK, "", token(host, name, password)))) == DENIED


def test_freshness_is_judged_by_the_devices_own_clock() -> None:
    host = camera()
    host.error_ns = -30 * 86_400 * SECOND
    assert status(host, token(host)) == 200
    assert status(host, token(host, age_s=299)) == 200
    assert status(host, token(host, age_s=301)) == 400
    assert status(host, token(host, age_s=-301)) == 400
    assert status(host, token(host, age_s=-30 * 86_400)) == 400, "by the true time it is fresh"
    host.equipment = replace(host.equipment, token_window=86_400 * 60)
    assert status(host, token(host, age_s=-30 * 86_400)) == 200


def test_a_token_that_was_used_is_refused() -> None:
    host = camera()
    header = token(host)
    assert [status(host, header) for _ in range(3)] == [200, 400, 400]
    host.estate.now += 600 * SECOND
    assert status(host, header) == 400, "now it is too old"


def test_used_tokens_are_remembered_within_limits() -> None:
    state = State()
    for count in range(10_000):
        assert state.first_use(str(count), count, count + 10)
    assert not state.first_use("9999", 10_000, 10_010)
    assert len(state._tokens) <= 256


def test_a_password_in_the_clear_is_taken() -> None:
    host = camera()
    kind = f"{WSS}username-token-profile-1.0#PasswordText"
    for password, wanted in (("geheim", 200), ("wrong", 400)):
        header = security("admin", f'<w:Password Type="{kind}">{password}</w:Password>', b"", "")
        assert status(host, header) == wanted
    assert status(host, security("admin", "<w:Password>geheim</w:Password>", b"", "")) == 200


@pytest.mark.parametrize(("nonce", "created"), [("!", ""), ("QQ==", "soon"), ("QQ==", "9999999-01-01T00:00:00Z")])
def test_a_token_that_cannot_be_read_is_refused(nonce: str, created: str) -> None:
    kind = f"{WSS}username-token-profile-1.0#PasswordDigest"
    header = security("admin", f'<w:Password Type="{kind}">x</w:Password>', b"", created)
    header = header.replace("></w:Nonce>", f">{nonce}</w:Nonce>")
    assert refused(post(camera(), message("tds", ASK, "", header))) == DENIED


def challenged(host: FakeHost, path: str = "/snapshot/1.jpg") -> tuple[Response, list[Challenge]]:
    found = answer(host.estate, host, Request("GET", path, {}))
    assert isinstance(found, Response)
    return found, [Challenge.parse(value) for name, value in found.headers if name == "WWW-Authenticate"]


def signed(challenge: Challenge, name: str = "admin", password: str = "geheim", uri: str = "/snapshot/1.jpg") -> str:
    return authorization(challenge, "GET", uri, name, password, cnonce="c" * bool(challenge.qop))


def get(host: FakeHost, header: str, path: str = "/snapshot/1.jpg") -> Response:
    found = answer(host.estate, host, Request("GET", path, {"authorization": header}))
    assert isinstance(found, Response)
    return found


def test_a_snapshot_wants_http_credentials() -> None:
    host = camera()
    found, (challenge,) = challenged(host)
    assert (found.status, challenge.scheme, challenge.realm, challenge.qop) == (401, "digest", "IP Camera", "auth")
    good = get(host, signed(challenge))
    assert (good.status, good.kind, good.body) == (200, "image/jpeg", b"\xff\xd8 one")
    assert get(host, signed(challenge, "eye", "look")).status == 200
    assert get(host, signed(challenge, password="wrong")).status == 401
    assert get(host, signed(challenge, "nobody")).status == 401
    assert get(host, "Bearer x").status == 401


def test_what_was_signed_for_another_address_is_refused() -> None:
    host = recorder(2)
    host.pictures[2] = b"\xff\xd8 two"
    _, (challenge,) = challenged(host)
    header = signed(challenge, uri="/snapshot/2.jpg")
    assert get(host, header).status == 401
    assert get(host, header, "/snapshot/2.jpg").body == b"\xff\xd8 two"


def test_a_nonce_is_the_devices_own_and_not_for_ever() -> None:
    host = camera()
    _, (challenge,) = challenged(host)
    assert get(host, signed(replace(challenge, nonce="6a-0123"))).status == 401
    assert get(recorder(), signed(challenge)).status == 401
    host.estate.now += 301 * SECOND
    found = get(host, signed(challenge))
    assert found.status == 401
    assert "stale=true" in dict(found.headers)["WWW-Authenticate"]


def test_basic_is_for_devices_that_are_set_to_it() -> None:
    host = camera()
    header = "Basic " + base64.b64encode(b"admin:geheim").decode()
    assert get(host, header).status == 401
    host.auth = "basic"
    _, challenges = challenged(host)
    assert [challenge.scheme for challenge in challenges] == ["basic", "digest"]
    assert get(host, header).status == 200


def test_soap_takes_http_digest_too() -> None:
    host = camera()
    found = post(host, message("tds", ASK))
    assert isinstance(found, Response)
    assert refused(found) == ["401", "env:Sender", "ter:NotAuthorized"]
    challenge = Challenge.parse(dict(found.headers)["WWW-Authenticate"])
    header = authorization(challenge, "POST", "/onvif/device_service", "admin", "geheim", cnonce="c")
    assert status(host, authorization=header) == 200


def test_a_device_without_authentication_lets_in_everybody() -> None:
    host = camera()
    host.auth = "none"
    assert status(host) == 200
    assert challenged(host)[0].status == 200


@pytest.mark.parametrize(
    ("level", "allowed"),
    [
        (None, {"PRE_AUTH"}),
        ("User", {"PRE_AUTH", "READ_SYSTEM", "READ_MEDIA"}),
        ("Operator", {"PRE_AUTH", "READ_SYSTEM", "READ_MEDIA", "READ_SYSTEM_SENSITIVE", "ACTUATE"}),
        ("Administrator", set(Access.__members__)),
    ],
)
def test_levels_are_those_of_the_specification(level: Level | None, allowed: set[str]) -> None:
    assert {access.name for access in Access if access.open_to(level)} == allowed


def test_nobody_does_what_his_level_does_not_allow() -> None:
    host = recorder()
    host.accounts = [User("eye", "look", "User")]
    for service in offered(host.equipment):
        for operation, (access, _) in service.operations.items():
            if access.open_to("User"):
                continue
            found = post(host, message(service.prefix, operation, "", token(host, "eye", "look")))
            assert not isinstance(found, Pending)
            assert refused(found) == DENIED, operation


def test_an_answer_never_holds_a_password() -> None:
    host = camera()
    for operation in ("GetUsers", "GetDeviceInformation", "GetCapabilities"):
        found = post(host, message("tds", operation, "", token(host)))
        assert isinstance(found, Response)
        assert not re.search(rb"geheim|pst|look", found.body)


def test_a_bug_is_logged_and_says_nothing(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    host = camera()

    def broken() -> None:
        raise RuntimeError("the secret is 4711")

    monkeypatch.setattr(host, "channels", broken)
    found = get(host, "Basic x")
    assert (found.status, found.body) == (500, b"")
    assert "4711" in caplog.text
