from __future__ import annotations

from infra.tests.mocked import Platform


def test_recordings_and_the_fleets_folder_are_folders_of_the_node_that_its_user_owns(platform: Platform) -> None:
    volumes = {name: platform.one("Volume", name) for name in platform.all("Volume")}
    folders = {name: volume["folder"].partition("/.citycam/local/")[2] for name, volume in volumes.items()}
    assert folders == {
        "recordings-gateway-1-volume": "recordings/gateway-1",
        "recordings-gateway-2-volume": "recordings/gateway-2",
        "fleet-volume": "fleet",
        "database-volume": "",
        "prometheus-volume": "",
    }
    assert {name for name, volume in volumes.items() if volume["owner"] == 10001} == {
        name for name, folder in folders.items() if folder
    }
