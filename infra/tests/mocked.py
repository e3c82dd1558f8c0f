"""Pulumi's engine, mocked: it registers whatever the program declares, and keeps every word of it."""

from __future__ import annotations

import asyncio
import contextvars
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from google.protobuf import empty_pb2, json_format  # type: ignore[import-untyped]  # it has no types
from pulumi.runtime import mocks, rpc, settings, stack
from pulumi.runtime.proto import resource_pb2

from citycam.model.environment import Environment, load_environment
from citycam.model.workspace import PROJECT, Workspace
from infra.images.contexts import RECIPES
from infra.program import declare
from infra.receiver import AlertReceiver
from infra.settings import Settings

SIGNATURE = rpc._special_sig_key
SECRET = {SIGNATURE: rpc._special_secret_sig}
IMAGES = {name: f"citycam/{name}:0123456789ab" for name in RECIPES}


@dataclass(frozen=True)
class Declared:
    """A resource as the engine is told of it: values that are Pulumi secrets are wrapped in `SECRET`."""

    kind: str
    name: str
    id: str
    sent: dict[str, Any]

    @property
    def plain(self) -> dict[str, Any]:
        """What it is told, secrets too, without their wrapping."""
        found: dict[str, Any] = unwrapped(self.sent)
        return found

    @property
    def open(self) -> dict[str, Any]:
        """What the state of the stack shows of it: secrets are left out."""
        found: dict[str, Any] = without_secrets(self.sent)
        return found


class Engine(mocks.MockMonitor):
    """Answers like the engine: what went in as a secret, or is declared one, comes back as a secret."""

    def __init__(self) -> None:
        self.resources = {}
        self.declared: list[Declared] = []
        self.outputs: dict[str, Any] = {}

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - gRPC's name
        urn = self.make_urn(request.parent, request.type, request.name)
        sent = json_format.MessageToDict(request.object)
        id_ = f"id-of-{request.name}" if request.custom else ""
        if request.type != "pulumi:pulumi:Stack":
            kind = request.type.rpartition(":")[2]
            self.declared.append(Declared(kind, request.name, id_, sent))
        state = {**sent, **made(request.type, request.name)}
        for name in request.additionalSecretOutputs:
            state[name] = SECRET | {"value": state[name]}
        body = json_format.ParseDict(state, resource_pb2.RegisterResourceResponse().object)
        return resource_pb2.RegisterResourceResponse(urn=urn, id=id_, object=body)

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 - gRPC's name
        if "pulumi:pulumi:Stack::" in request.urn:
            self.outputs = json_format.MessageToDict(request.outputs)
        return empty_pb2.Empty()


@dataclass(frozen=True)
class Platform:
    """Everything that a run of the program declared."""

    declared: list[Declared]
    outputs: dict[str, Any] = field(default_factory=dict)

    def all(self, kind: str) -> dict[str, Declared]:
        """Resources of a kind, by name."""
        return {each.name: each for each in self.declared if each.kind == kind}

    def one(self, kind: str, name: str) -> dict[str, Any]:
        """The properties of a resource, secrets too."""
        return self.all(kind)[name].plain

    def networks_of(self, service: str) -> dict[str, list[str]]:
        """Names of the networks that a service is on, each with the service's names there."""
        names = {network.id: name for name, network in self.all("Network").items()}
        return {names[on["network"]]: on["aliases"] for on in self.one("Service", service)["networks"]}

    @property
    def open(self) -> str:
        """All that is not secret: the stack's outputs and every resource's properties, as one text."""
        return json.dumps([without_secrets(self.outputs), [each.open for each in self.declared]])


def made(kind: str, name: str) -> dict[str, str]:
    """What the providers add to what they are told; each generated secret is one that a search can find."""
    if kind.endswith(":Random"):
        return {"value": canary(name)}
    if kind.endswith((":Secret", ":Config")):
        return {"object_name": f"object-of-{name}"}
    return {}


def canary(name: str) -> str:
    """The generated secret of that name."""
    return f"canary-of-{name}"


def is_secret(value: Any) -> bool:
    """Whether a property is wrapped as a secret."""
    return isinstance(value, dict) and value.get(SIGNATURE) == SECRET[SIGNATURE]


def unwrapped(value: Any) -> Any:
    """A property without the wrapping of secrets."""
    if is_secret(value):
        return unwrapped(value["value"])
    if isinstance(value, dict):
        return {key: unwrapped(each) for key, each in value.items()}
    return [unwrapped(each) for each in value] if isinstance(value, list) else value


def without_secrets(value: Any) -> Any:
    """A property with nothing in the place of secrets."""
    if is_secret(value):
        return None
    if isinstance(value, dict):
        return {key: without_secrets(each) for key, each in value.items()}
    return [without_secrets(each) for each in value] if isinstance(value, list) else value


def run_program(program: Callable[[], None], name: str = "local", preview: bool = False) -> Platform:
    """Run a Pulumi program as its language host does, on an engine that only listens."""
    engine = Engine()

    def run() -> None:
        chosen = mocks.MockSettings(  # type: ignore[no-untyped-call]
            monitor=engine, engine=mocks.MockEngine(None), project="citycam", stack=name, dry_run=preview
        )
        settings.configure(chosen)
        asyncio.run(stack.run_in_stack(program))

    # The runtime keeps its state in context variables: in a context of our own nothing of it is left behind.
    contextvars.copy_context().run(run)
    return Platform(engine.declared, engine.outputs)


def local(gateways: int = 2) -> Environment:
    """`environments/local.yaml`, with so many gateways."""
    environment = load_environment(PROJECT / "environments/local.yaml")
    counted = environment.gateways.model_copy(update={"count": gateways})
    return environment.model_copy(update={"gateways": counted})


def lab(name: str = "lab") -> Environment:
    """`environments/lab.yaml`: many nodes."""
    return load_environment(PROJECT / f"environments/{name}.yaml")


def addresses(environment: Environment) -> dict[str, str]:
    """Management addresses of an environment's nodes, as its inventory would tell them."""
    pools = environment.nodes.pools.model_dump() if environment.nodes else {}
    names = sorted({name for pool in pools.values() for name in pool})
    return {name: f"192.0.2.{number}" for number, name in enumerate(names, start=1)}


def certified(folder: Path) -> Workspace:
    """A workspace in which the playbook has been: it holds certificates, whose contents a search can find."""
    workspace = Workspace(folder / ".citycam" / "local")
    workspace.pki.mkdir(parents=True, exist_ok=True)
    names = ("ca", "edge", "database", "backup")
    for file in (f"{name}.{kind}" for name in names for kind in ("crt", "key")):
        (workspace.pki / file).write_text(canary(file), encoding="ascii")
    return workspace


def stand(
    folder: Path,
    environment: Environment | None = None,
    standing: bool = True,
    receiver: AlertReceiver | None = None,
) -> Platform:
    """What the program declares for an environment (`environments/local.yaml`) with certificates in `folder`."""
    wanted = environment or local()
    chosen = Settings(wanted, certified(folder), IMAGES, standing, addresses(wanted), receiver)
    return run_program(lambda: declare(chosen), chosen.environment.name)
