"""WS-Discovery by a third-party client: everybody answers a question by multicast, one device a question to it."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from onvif import ONVIFCamera
from wsdiscovery import QName, Scope
from wsdiscovery.actions.probe import constructProbe
from wsdiscovery.discovery import ThreadedWSDiscovery
from wsdiscovery.message import createSOAPMessage, parseSOAPMessage

from citycam.model.camera import Camera
from integration_tests.onboarding.stand import Stand, standing
from integration_tests.waiting import wait_for

DEVICE = QName("http://www.onvif.org/ver10/network/wsdl", "NetworkVideoTransmitter", "dn")
PRINTER = QName("http://schemas.microsoft.com/windows/2006/08/wdp/print", "PrintDeviceType", "wprt")


@pytest.fixture
def client() -> Iterator[ThreadedWSDiscovery]:
    found = ThreadedWSDiscovery()
    found.start()
    yield found
    found.stop()


def everywhere(client: ThreadedWSDiscovery, scope: str = "") -> set[str]:
    """The addresses of services that answer by multicast."""
    scopes = [Scope(scope)] if scope else None
    found = client.searchServices(types=[DEVICE], scopes=scopes, timeout=1)
    return {address for service in found for address in service.getXAddrs()}


def at(stand: Stand, camera: Camera, kind: QName = DEVICE, patience: float = 10.0) -> list[str]:
    """The same by a question to one address. The client writes and reads it; it would not listen for the answer."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(patience)
        probe = constructProbe([kind], [])
        sock.sendto(createSOAPMessage(probe).encode(), (str(camera.address), stand.discovery))
        data, peer = sock.recvfrom(9000)
    assert peer == (str(camera.address), stand.discovery)
    answer = parseSOAPMessage(data, peer[0])
    assert answer.getRelatesTo() == probe.getMessageId()
    return [address for match in answer.getProbeResolveMatches() for address in match.getXAddrs()]


def own(stand: Stand, camera: Camera) -> str:
    return f"http://{camera.address}:{stand.http}/onvif/device_service"


def test_a_question_to_one_address_is_answered_by_that_device(stand: Stand) -> None:
    for camera in stand.cameras:
        assert at(stand, camera) == [own(stand, camera)]


def test_a_question_for_something_else_is_not_answered(stand: Stand) -> None:
    with pytest.raises(TimeoutError):
        at(stand, stand.cameras[0], PRINTER, patience=1)


def test_everybody_answers_a_question_by_multicast(
    tmp_path: Path, video: Path, cache: Path, client: ThreadedWSDiscovery
) -> None:
    with standing(tmp_path, video, cache, 3702, f"127.19.{os.getpid() % 200 + 1}.0") as stand:
        wanted = {own(stand, camera) for camera in stand.cameras}
        assert len(wanted) == 5, "the three channels of the recorder are one device"
        wait_for(lambda: everywhere(client), wanted.issubset, "answer of every device", timeout=30)
        recorder, (camera,) = stand.of("hikvision-recorder")[0], stand.of("sony-network")
        client.clearRemoteServices()
        assert wanted & everywhere(client, "onvif://www.onvif.org/Profile/G") == {own(stand, recorder)}

        async def onboard(found: ONVIFCamera) -> str:
            media = await found.create_media_service()
            return str((await media.GetProfiles())[0].token)

        assert stand.talk(camera, onboard) == "main-1"


def test_what_is_no_question_is_not_answered_and_harms_nobody(stand: Stand) -> None:
    camera = stand.cameras[0]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for garbage in (b"", b"x", b"<a/>", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", os.urandom(1400)):
            sock.sendto(garbage, (str(camera.address), stand.discovery))
    assert at(stand, camera) == [own(stand, camera)]
