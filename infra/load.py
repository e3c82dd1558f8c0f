"""Load from nodes of its own: for the length of a run, Locust's master and workers are services of the Swarm.

What they are told is a secret, and gone with them; what they record lies on their nodes until it is collected.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tarfile import TarFile
from types import SimpleNamespace
from typing import Any

import requests
from docker.errors import DockerException
from pulumi.dynamic import ResourceProvider

from citycam.model.environment import Environment
from citycam.model.errors import CitycamError
from citycam.model.workspace import PROJECT, Workspace
from infra.accounts import CITYCAM_UID
from infra.components.part import MIB
from infra.images.push import pushed
from infra.nodes import Node, roster
from infra.provider.config import ConfigProvider
from infra.provider.engine import connect, inspect_service, owned, remove, tasks_of
from infra.provider.secret import SecretProvider
from infra.provider.service import ServiceProvider
from infra.provider.service_args import Attachment, File, Mount, ServiceArgs
from infra.reach import reach, run_on

MASTER, WORKER = "load-master", "load-worker"
CHECKOUT = Path("/app")
"""Where the image has our modules."""
SETTINGS, AUTHORITY, JOURNALS = "load-settings", "/run/load/ca.crt", "/load"
"""The secret's name, and the places of the edge's authority and of the journals in the container."""
ENDED = {"complete", "failed", "rejected", "orphaned", "shutdown", "remove"}
LOOK_S = 2.0


@dataclass(frozen=True)
class LoadPlan:
    """A run: what the processes are told (`settings`, with passwords) and by which variable, and Locust's arguments.

    `journal` is the variable that names a process's journal.
    """

    settings: str
    variable: str
    journal: str
    arguments: Sequence[str]


@dataclass(frozen=True)
class Files:
    """What a run's processes read."""

    settings: File
    authority: File


class LoadServices:
    """The services of one run. `start` them, `wait` for them, `collect` what they recorded, and `stop` in any case."""

    def __init__(self, environment: Environment, project: Path = PROJECT) -> None:
        if environment.nodes is None:
            raise ValueError(f"{environment.name} has no nodes for load")
        self._environment = environment
        self._project = project
        self._workspace = Workspace.of(environment.name, project)
        self._folder = Workspace.on_node(environment.name).load
        self._pool = environment.nodes.pools.load
        self._workers = environment.load.workers

    @property
    def names(self) -> list[str]:
        """Names of the processes, which are those of their journals."""
        return [f"{MASTER}-1", *(f"{WORKER}-{number}" for number in range(1, self._workers + 1))]

    def start(self, plan: LoadPlan) -> None:
        """Start the master, then its workers; returns once they run.

        Raises:
            EnvironmentFailure: a node or the engine cannot be reached or refuses; nothing of the run is left.
            DeadlineExceeded: they do not start.
        """
        image = pushed(self._environment, self._workspace, ("loadgen",))["loadgen"]
        self.stop()
        folder = self._folder
        for node in self._nodes():
            run_on(node, f"install -d -o {CITYCAM_UID} -g {CITYCAM_UID} {folder} && find {folder} -mindepth 1 -delete")
        try:
            with reach(self._environment, self._project):
                files = self._files(plan)
                for args in (self._master(plan, image, files), self._worker(plan, image, files)):
                    ServiceProvider().create(args.properties())
        except BaseException:
            self.stop()
            raise

    def wait(self, seconds: float) -> dict[str, int]:
        """Wait until all have ended, at most so long; exit codes by name. One that has not ended has none.

        A manager may be lost meanwhile: each look asks whichever answers.
        """
        deadline = time.monotonic() + seconds
        codes: dict[str, int] = {}
        while time.monotonic() < deadline and len(codes) < len(self.names):
            time.sleep(LOOK_S)
            try:
                with reach(self._environment, self._project):
                    codes = self._codes()
            except (CitycamError, DockerException, requests.RequestException, OSError):
                continue  # the next look may find a manager
        return codes

    def collect(self, folder: Path) -> None:
        """Bring the journals of all nodes to `folder`.

        Raises:
            EnvironmentFailure: a node cannot be reached.
        """
        folder.mkdir(parents=True, exist_ok=True)
        for node in self._nodes():
            packed = run_on(node, f"tar -C {self._folder} -cf - .")
            with TarFile(fileobj=BytesIO(packed)) as tar:
                tar.extractall(folder, filter="data")

    def stop(self) -> None:
        """Take the services of a run down, and what they were told; harmless where there are none.

        Raises:
            EnvironmentFailure: no manager answers.
        """
        ours = {self._environment.service_name(name) for name in (MASTER, WORKER)}
        told = tuple(self._environment.service_name(name) for name in (SETTINGS, "load-authority"))
        with reach(self._environment, self._project):
            client, chosen = connect(), owned(self._environment.name)
            for service in client.services.list(filters=chosen):
                if service.name in ours:
                    remove(client, f"/services/{service.id}")
            for secret in client.secrets.list(filters=chosen):
                if str(secret.name).startswith(told):
                    remove(client, f"/secrets/{secret.id}")
            for config in client.configs.list(filters=chosen):
                if str(config.name).startswith(told):
                    remove(client, f"/configs/{config.id}")

    def _nodes(self) -> list[Node]:
        found = roster(self._environment, self._project).nodes
        return [found[name] for name in self._pool]

    def _codes(self) -> dict[str, int]:
        client = connect()
        codes: dict[str, int] = {}
        for part in (MASTER, WORKER):
            service = inspect_service(client, self._environment.service_name(part))
            codes |= exit_codes(part, tasks_of(client, service["ID"]))
        return codes

    def _files(self, plan: LoadPlan) -> Files:
        environment = self._environment
        authority = (self._workspace.pki / "ca.crt").read_text(encoding="ascii")
        secret = _made(SecretProvider(), environment, SETTINGS, content=plan.settings, key=secrets.token_urlsafe(16))
        config = _made(ConfigProvider(), environment, "load-authority", content=authority, key="")
        return Files(File(secret, SETTINGS, CITYCAM_UID), File(config, AUTHORITY, CITYCAM_UID))

    def _master(self, plan: LoadPlan, image: str, files: Files) -> ServiceArgs:
        expected = ("--master", "--expect-workers", str(self._workers), "--expect-workers-max-wait", "60")
        return self._service(MASTER, plan, image, files, expected)

    def _worker(self, plan: LoadPlan, image: str, files: Files) -> ServiceArgs:
        told = ("--worker", "--master-host", f"{MASTER}.service")
        return self._service(WORKER, plan, image, files, told, self._workers)

    def _service(
        self,
        part: str,
        plan: LoadPlan,
        image: str,
        files: Files,
        role: tuple[str, ...],
        replicas: int = 1,
    ) -> ServiceArgs:
        environment = self._environment
        called = environment.service_name("service")
        network: Any = next(each for each in connect().networks.list(names=[called]) if each.name == called)
        return ServiceArgs(
            name=environment.service_name(part),
            environment=environment.name,
            part=part,
            image=image,
            args=(*plan.arguments, *role),
            env={
                plan.variable: f"/run/secrets/{SETTINGS}",
                plan.journal: f"{part}-{{{{.Task.Slot}}}}.jsonl",
                "HOME": "/tmp",  # noqa: S108 - a path in the container
                "TZ": "UTC",
            },
            mounts=(
                Mount(JOURNALS, str(self._folder), "bind"),
                Mount("/tmp", type="tmpfs", size=64 * MIB),  # noqa: S108 - a path in the container
            ),
            # Users come from outside: out through the node, and in again by the edge's published ports.
            networks=(Attachment(network, (f"{part}.service",)),),
            placement=("node.labels.citycam.pool.load == yes",),
            replicas=replicas,
            memory=1024 * MIB,
            restart="none",
            log="",
            secrets=(files.settings,),
            configs=(files.authority,),
        )


def exit_codes(part: str, tasks: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Exit codes of the tasks of a service that have ended, by name; of one that never started it is -1."""
    return {
        f"{part}-{task['Slot']}": int((task["Status"].get("ContainerStatus") or {}).get("ExitCode", -1))
        for task in tasks
        if task["Status"]["State"] in ENDED
    }


def _made(provider: ResourceProvider, environment: Environment, name: str, **rest: str) -> Any:
    """A secret or config that is no resource of the stack."""
    full = {"name": environment.service_name(name), "environment": environment.name, **rest}
    made = provider.create(full)
    return SimpleNamespace(id=made.id, object_name=(made.outs or {})["object_name"])
