from __future__ import annotations

import re

from infra.components.part import listening
from infra.components.tests.seen import files
from infra.tests.mocked import Platform


def test_it_publishes_the_environments_two_ports_as_they_are(platform: Platform) -> None:
    ports = platform.one("Service", "edge")["ports"]
    assert ports == [
        {"published": 8322, "target": 8322, "protocol": "tcp"},
        {"published": 8443, "target": 8443, "protocol": "tcp"},
    ]
    assert platform.one("Service", "edge")["ready"] == list(listening(8443))


def test_every_file_that_nginx_is_told_to_read_is_there_for_its_user(platform: Platform) -> None:
    nginx = platform.one("Config", "nginx")["content"]
    assert files(platform, "edge") == {
        "edge-cert": ("edge-cert", 10001),
        "edge-key": ("edge-key", 10001),
        "operator-htpasswd": ("operator-htpasswd", 10001),
    }
    assert set(re.findall(r"/run/secrets/([a-z-]+)", nginx)) == files(platform, "edge").keys()
    assert files(platform, "edge", "configs") == {"/etc/nginx/nginx.conf": ("nginx", 10001)}


def test_every_name_that_nginx_passes_on_to_is_a_part_that_it_shares_a_network_with(platform: Platform) -> None:
    nginx = platform.one("Config", "nginx")["content"]
    named = set(re.findall(r"([a-z0-9-]+\.(?:service|management)):\d+", nginx))
    reached = {
        alias
        for service in platform.all("Service")
        for network, aliases in platform.networks_of(service).items()
        if network in platform.networks_of("edge")
        for alias in aliases
    }
    assert named == {"gateway-1.service", "gateway-2.service", "prometheus.management"}
    assert named <= reached
