"""Each flaw of the exposed camera gives away its own secret to whoever uses it, and to nobody else."""

from __future__ import annotations

import socket
from http.client import HTTPConnection, HTTPResponse

import pytest
import requests
from requests.auth import HTTPDigestAuth

from citycam.model.camera import Camera
from integration_tests.onboarding.stand import KEY, Stand
from simulators import canaries


def exposed(stand: Stand) -> tuple[Camera, str]:
    (camera,) = stand.of("exposed-network")
    return camera, f"http://{camera.address}:{stand.http}"


def leaked(stand: Stand, text: str) -> list[tuple[str, str]]:
    """Whose secrets are in a text."""
    return canaries.leaks(text, KEY, {camera.serial for camera in stand.cameras})


def test_a_crafted_request_needs_no_credentials(stand: Stand) -> None:
    camera, url = exposed(stand)
    assert leaked(stand, requests.get(f"{url}/canary", timeout=10).text) == []
    found = requests.get(f"{url}/canary?citycam-magic=open", timeout=10)
    assert leaked(stand, found.text) == [(camera.serial, "auth-bypass")]


def test_an_account_that_every_device_has(stand: Stand) -> None:
    camera, url = exposed(stand)
    found = requests.get(f"{url}/canary", auth=HTTPDigestAuth("root", "root"), timeout=10)
    assert leaked(stand, found.text) == [(camera.serial, "default-credentials")]
    own = requests.get(f"{url}/canary", auth=HTTPDigestAuth("admin", stand.password(camera)), timeout=10)
    assert leaked(stand, own.text) == []


def test_a_session_that_was_logged_out_opens_the_door(stand: Stand) -> None:
    camera, url = exposed(stand)
    session = requests.Session()
    account = HTTPDigestAuth("admin", stand.password(camera))
    assert session.post(f"{url}/session", auth=account, timeout=10).status_code == 204
    assert leaked(stand, session.get(f"{url}/canary", timeout=10).text) == []
    assert session.delete(f"{url}/session", timeout=10).status_code == 204
    assert leaked(stand, session.get(f"{url}/canary", timeout=10).text) == [(camera.serial, "token-reuse")]


def test_the_telnet_port_greets_everybody_and_is_closed_elsewhere(stand: Stand) -> None:
    camera, _ = exposed(stand)
    with socket.create_connection((str(camera.address), stand.telnet), timeout=10) as sock:
        lines = sock.makefile("rb")
        greeting = lines.readline() + lines.readline()
    assert leaked(stand, greeting.decode()) == [(camera.serial, "telnet-banner")]
    (sound,) = stand.of("uniview-network")
    with (
        pytest.raises(ConnectionResetError),
        socket.create_connection((str(sound.address), stand.telnet), timeout=10) as sock,
    ):
        sock.recv(100)


def test_a_sound_camera_leaks_nothing(stand: Stand) -> None:
    (camera,) = stand.of("uniview-network")
    for path in ("/canary", "/canary?citycam-magic=open", "/session"):
        connection = HTTPConnection(str(camera.address), stand.http, timeout=10)
        connection.request("GET", path)
        answer: HTTPResponse = connection.getresponse()
        assert (answer.status, leaked(stand, answer.read().decode())) == (404, [])
