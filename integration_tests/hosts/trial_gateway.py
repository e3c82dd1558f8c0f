"""A gateway for tests: it records words instead of cameras, two segments a second, each of a name of its own.

Where its configuration has a file `ends` it does not start.
"""

from __future__ import annotations

import hashlib
import json

from citycam.model.environment import Environment
from integration_tests.lab.stand import Stand

RECORDS = """
[ -e /config/ends ] && exit 3
segment=0
while :; do
  for camera in $(sed -n 's/.*"\\(.*\\)".*/\\1/p' /config/cameras.json); do
    mkdir -p /recordings/$camera
    segment=$((segment + 1))
    echo $WORDS > /recordings/$camera/$(date -u +%Y-%m-%d_%H-%M-%S)-$(printf %06d $segment).mp4
  done
  sleep 0.5
done
"""
IDLES = "while :; do sleep 0.5; done"
ENDS = "exit 3"


def push_image(stand: Stand, environment: Environment, script: str) -> str:
    """Make an image of busybox that runs `script`, put it into the environment's registry, and say its digest there."""
    assert environment.nodes
    host = stand.host(environment.nodes.pools.platform[0])
    host.check_output("command -v busybox || apt-get install --yes --quiet --no-install-recommends busybox-static")
    tag = f"{environment.nodes.registry}/trial:{hashlib.sha256(script.encode()).hexdigest()[:12]}"
    entry = json.dumps(["/bin/busybox", "sh", "-c", f"/bin/busybox --install /bin; {script}"])
    host.check_output(
        "tar --create --directory / --dereference bin/busybox | docker import --change %s - %s",
        f"ENTRYPOINT {entry}",
        tag,
    )
    host.check_output("docker push --quiet %s", tag)
    return str(host.check_output("docker inspect --format '{{index .RepoDigests 0}}' %s", tag))


def start(stand: Stand, environment: Environment, gateway: str, image: str) -> None:
    """Stand a gateway up as the program would: where its label is, with the folders that Ansible made."""
    folder = f"/var/lib/citycam/{environment.name}"
    labels = (f"citycam.environment={environment.name}", f"citycam.part={gateway}")
    stand.host("node-1").check_output(
        "docker service create --quiet --detach --no-resolve-image --name %s --label %s --label %s"
        " --container-label %s --container-label %s --constraint %s"
        " --mount %s --mount %s --restart-delay 1s --stop-grace-period 1s --endpoint-mode dnsrr %s",
        environment.service_name(gateway),
        *labels,
        *labels,
        f"node.labels.citycam.gateway.{gateway}==yes",
        f"type=bind,source={folder}/recordings/{gateway},target=/recordings",
        f"type=bind,source={folder}/gateways/{gateway},target=/config,readonly",
        image,
    )


def runs_on(stand: Stand, environment: Environment, gateway: str) -> list[str]:
    """Where its tasks run that should."""
    listed = stand.host("node-1").check_output(
        "docker service ps --filter desired-state=running --format '{{.Node}} {{.CurrentState}}' %s",
        environment.service_name(gateway),
    )
    return [line.split()[0] for line in listed.splitlines() if line.split()[1:2] == ["Running"]]


def image_of(stand: Stand, environment: Environment, gateway: str) -> str:
    """The image that its service has."""
    return str(
        stand.host("node-1").check_output(
            "docker service inspect --format '{{.Spec.TaskTemplate.ContainerSpec.Image}}' %s",
            environment.service_name(gateway),
        )
    )
