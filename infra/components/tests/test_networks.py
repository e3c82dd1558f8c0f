from __future__ import annotations

from infra.tests.mocked import Platform, local


def test_no_user_and_no_stranger_reaches_management_or_the_cameras(platform: Platform) -> None:
    assert platform.one("Network", "management")["internal"] is True
    assert platform.one("Network", "camera-lan")["internal"] is True
    assert platform.one("Network", "service")["internal"] is False


def test_what_goes_from_node_to_node_is_encrypted(platform: Platform) -> None:
    overlays = {name for name in platform.all("Network") if platform.one("Network", name)["driver"] == "overlay"}
    assert overlays == {"management", "service"}
    assert all(platform.one("Network", name)["encrypted"] for name in overlays)


def test_the_camera_lan_takes_its_addresses_from_a_configuration(platform: Platform) -> None:
    addresses, lan = platform.one("Network", "camera-lan-addresses"), platform.one("Network", "camera-lan")
    assert addresses["config_only"] is True
    assert lan["config_from"] == addresses["name"]
    assert lan["subnet"] == ""


def test_docker_gives_containers_no_address_of_a_camera(platform: Platform) -> None:
    subnets = local().networks
    addresses = platform.one("Network", "camera-lan-addresses")
    assert addresses["subnet"] == str(subnets.camera_lan)
    assert addresses["ip_range"] == "198.18.0.0/24"
    assert not subnets.container_range.overlaps(subnets.camera_range)


def test_subnets_are_the_environments(platform: Platform) -> None:
    assert platform.one("Network", "management")["subnet"] == "10.89.0.0/22"
    assert platform.one("Network", "service")["subnet"] == "10.89.4.0/22"
