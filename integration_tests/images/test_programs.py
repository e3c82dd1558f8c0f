from __future__ import annotations

import docker
import docker.errors
import pytest

from infra.images.build import build

pytestmark = pytest.mark.docker

NGINX = """
load_module modules/ngx_stream_module.so;
pid /tmp/nginx.pid;
events {}
http { access_log off; server { listen 8443; } }
stream { map $ssl_preread_server_name $gateway { default 127.0.0.1:8554; }
         server { listen 8322; ssl_preread on; proxy_pass $gateway; } }
"""


def said(engine: docker.DockerClient, image: str, command: list[str], entrypoint: str | None = None) -> str:
    """What a command prints in a fresh container of an image, as its own user and without the network."""
    output = engine.containers.run(
        build((image,))[image],
        command,
        entrypoint=entrypoint,
        network_mode="none",
        read_only=True,
        cap_drop=["ALL"],
        tmpfs={"/tmp": ""},
        remove=True,
        stdout=True,
        stderr=True,
    )
    return str(output.decode())


def test_edge_knows_tls_streams_and_runs_as_nobody_special(engine: docker.DockerClient) -> None:
    script = f"cat > /tmp/nginx.conf <<'END'\n{NGINX}\nEND\nid -u; exec nginx -e stderr -t -c /tmp/nginx.conf"
    words = said(engine, "edge", ["-c", script], "/bin/sh")
    assert words.startswith("10001")
    assert "test is successful" in words


@pytest.mark.parametrize(
    "program",
    ["prometheus", "promtool", "prometheus-alertmanager", "prometheus-node-exporter", "prometheus-blackbox-exporter"],
)
def test_monitoring_holds_its_programs(engine: docker.DockerClient, program: str) -> None:
    assert "version" in said(engine, "monitoring", [program, "--version"])


@pytest.mark.parametrize(
    ("image", "module"),
    [("fleet", "simulators.fleet"), ("recorder-metrics", "citycam.evidence.recorder_metrics")],
)
def test_an_image_carries_all_that_its_program_imports(engine: docker.DockerClient, image: str, module: str) -> None:
    find = f"import importlib; importlib.import_module({module!r}); print('imported')"
    assert said(engine, image, ["-c", find], "python3").endswith("imported\n")


def test_load_users_ask_for_their_settings(engine: docker.DockerClient) -> None:
    with pytest.raises(docker.errors.ContainerError, match="CITYCAM_LOAD is not set"):
        said(engine, "loadgen", ["-c", "import loadtests.locustfile"], "python3")
