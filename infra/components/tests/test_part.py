from __future__ import annotations

import socket
import subprocess
from types import SimpleNamespace
from typing import Any

from infra.components.part import Place, listening
from infra.provider.service_args import Attachment
from infra.tests.mocked import local

NETWORKS: Any = SimpleNamespace(
    management="the management network", service="the service network", camera_lan="the LAN"
)


def test_a_part_is_named_and_labelled_after_its_environment_and_itself() -> None:
    found = Place(local(), NETWORKS, ("node.role == worker",)).service("edge", "image", stop_grace=7)
    assert (found.name, found.environment, found.part) == ("citycam-local-edge", "local", "edge")
    assert (found.image, found.placement, found.stop_grace) == ("image", ("node.role == worker",), 7)


def test_a_part_has_one_name_on_each_network_and_none_on_the_camera_lan() -> None:
    place = Place(local(), NETWORKS)
    assert place.on_management("edge") == Attachment(NETWORKS.management, ("edge.management",))
    assert place.on_service("edge") == Attachment(NETWORKS.service, ("edge.service",))
    assert place.on_camera_lan() == Attachment(NETWORKS.camera_lan, ())


def test_listening_succeeds_when_something_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert subprocess.run(listening(port), check=False).returncode == 0
    assert subprocess.run(listening(port), check=False, stderr=subprocess.DEVNULL).returncode != 0
