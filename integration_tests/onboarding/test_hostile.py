"""Strangers at the web port: their connections end, limits hold, and whoever plays goes on getting every frame."""

from __future__ import annotations

import os
import socket
from contextlib import suppress

import requests
from requests.auth import HTTPDigestAuth

from citycam.model.camera import Camera
from integration_tests.onboarding.stand import KEY, Stand
from integration_tests.waiting import wait_for
from simulators.fleet.bench import draining

LAUGHS = b'<!DOCTYPE z [<!ENTITY a "ha">' + b'<!ENTITY b "&a;&a;&a;&a;">' * 50 + b"]><z>&b;</z>"


def post(camera: Camera, stand: Stand, body: bytes) -> int:
    url = f"http://{camera.address}:{stand.http}/onvif/device_service"
    return requests.post(url, data=body, timeout=30).status_code


def test_strangers_take_no_frame_from_anybody(stand: Stand) -> None:
    (camera,) = stand.of("sony-network")
    target = (str(camera.address), stand.http)
    with draining(stand.cameras, KEY):
        before = stand.fleet.status()
        strangers = []
        for number in range(200):
            with suppress(OSError):  # beyond the limit of connections it is reset at once
                sock = socket.create_connection(target, timeout=10)
                strangers.append(sock)
                sock.sendall([b"", b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n1", os.urandom(20_000)][number % 3])
        (other,) = stand.of("uniview-network")
        for _ in range(20):
            assert post(other, stand, LAUGHS) == 400
            assert post(other, stand, b"<a>" * 20_000) == 400
            assert post(other, stand, b"x" * 70_000) == 413
        for sock in strangers:
            sock.close()
        wait_for(lambda: _answers(stand, camera), lambda status: status == 200, "answer after the strangers left")
        after = wait_for(
            stand.fleet.status,
            lambda seen: seen["frames_sent"] > before["frames_sent"] + 20 * len(stand.cameras),
            "frames",
        )
    assert after["frames_dropped"] == before["frames_dropped"]
    assert after["playing"] == len(stand.cameras)


def _answers(stand: Stand, camera: Camera) -> int:
    account = HTTPDigestAuth(camera.username, stand.password(camera))
    try:
        url = f"http://{camera.address}:{stand.http}/oneshotimage1"
        return requests.get(url, auth=account, timeout=10).status_code
    except requests.ConnectionError:
        return 0
