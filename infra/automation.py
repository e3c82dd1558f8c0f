"""A stack as an object: preview, up, status, refresh and down, through Pulumi's Automation API."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi.automation as auto

from citycam.model.environment import Environment
from citycam.model.errors import EnvironmentFailure, UnexpectedChange
from citycam.model.workspace import PROJECT, Workspace
from infra.backend import PROJECT_NAME, Backend
from infra.cli import require_cli
from infra.components.networks import kept
from infra.events import Changes, Listener, OnEvent
from infra.hosts import prepare_hosts
from infra.images.push import pushed
from infra.nodes import roster
from infra.outputs import Outputs
from infra.pins import pinned
from infra.program import declare
from infra.provider.engine import connect, require_manager
from infra.provider.random import GENERATED
from infra.reach import reach
from infra.receiver import read_receiver
from infra.settings import Settings
from infra.sweep import PartStatus, find_all, parts, say

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class StackStatus:
    """The parts of a stack; none when it does not stand."""

    parts: tuple[PartStatus, ...]

    @property
    def ok(self) -> bool:
        """Whether it stands and every part runs."""
        return bool(self.parts) and all(part.ok for part in self.parts)


class Stack:
    """The stack of one environment in one checkout."""

    def __init__(self, environment: Environment, project: Path = PROJECT) -> None:
        self.environment = environment
        self.project = project
        self.workspace = Workspace.of(environment.name, project)
        self.backend = Backend(self.workspace)

    def preview(self, on_event: OnEvent | None = None) -> Changes:
        """What `up` would change; nothing is.

        Raises:
            EnvironmentFailure: Docker, the Swarm or Pulumi cannot be used.
        """
        listener = Listener(on_event)
        with self._reach(), self._operation(listener, standing=True) as stack:
            stack.preview(refresh=True, on_event=listener.hear, on_output=_quiet, suppress_progress=True)
        return listener.changes()

    def up(self, expect_no_changes: bool = False, on_event: OnEvent | None = None) -> Outputs:
        """Make the stack what its environment says, and wait until it runs.

        Raises:
            UnexpectedChange: something would change although nothing was to; nothing was changed.
            EnvironmentFailure: it cannot be stood up.
        """
        with self._reach():
            if expect_no_changes:
                self._require_no_change()
                return self.outputs()
            require_manager(connect())
            prepare_hosts(self.environment, self.workspace)
            listener = Listener(on_event)
            with pinned(self.environment), self._operation(listener, standing=True) as stack:
                stack.up(refresh=True, on_event=listener.hear, on_output=_quiet, suppress_progress=True)
                outputs = _outputs(stack)
        outputs.write(self.workspace.outputs)
        return outputs

    def renew(self, secrets: Sequence[str], on_event: OnEvent | None = None) -> Outputs:
        """Draw generated secrets anew and bring them to the services that use them; all else is left as it is.

        The state keeps the new ones as it kept the old: a later `up` changes nothing, and one that follows a
        renewal which was cut off goes on with it.

        Raises:
            EnvironmentFailure: it cannot be done.
        """
        listener = Listener(on_event)
        chosen = [GENERATED.format(name) for name in secrets]
        with self._reach(), self._operation(listener, standing=True) as stack:
            # First what an earlier call drew and was cut off with: the engine has it, the state may not know of it.
            for replaced in ([], chosen):
                stack.up(
                    refresh=True,
                    target=chosen,
                    replace=replaced,
                    target_dependents=True,
                    on_event=listener.hear,
                    on_output=_quiet,
                    suppress_progress=True,
                )
            return _outputs(stack)

    def outputs(self) -> Outputs:
        """The outputs of the last `up`.

        Raises:
            EnvironmentFailure: there was none.
        """
        with self._reach(), self._operation(Listener()) as stack:
            return _outputs(stack)

    def status(self) -> StackStatus:
        """What runs now, as the engine sees it."""
        with self._reach():
            require_manager(connect())
            return StackStatus(tuple(parts(self.environment.name)))

    def refresh(self, on_event: OnEvent | None = None) -> Changes:
        """Look at everything and take what is there as the state: the drift that the next `up` repairs."""
        listener = Listener(on_event)
        with self._reach(), self._operation(listener) as stack:
            stack.refresh(on_event=listener.hear, on_output=_quiet, suppress_progress=True)
        return listener.changes()

    def down(self, volumes: bool = False, on_event: OnEvent | None = None) -> None:
        """Take the services down; with `volumes` also the data, the secrets and the stack itself.

        Raises:
            EnvironmentFailure: something of the environment is left over.
        """
        with self._reach():
            if self.backend.state.exists():
                self._take_down(volumes, Listener(on_event))
            left = find_all(self.environment.name, volumes=volumes, keep=kept(self.environment))
        if left:
            raise EnvironmentFailure(
                f"something of {self.environment.name} is left over",
                where="docker",
                why=say(left),
                next="was it made by another checkout? python -m infra.clean FILE removes it",
            )

    def _reach(self) -> AbstractContextManager[None]:
        """The environment's engine, as long as something is asked of it."""
        return reach(self.environment, self.project)

    def _take_down(self, volumes: bool, listener: Listener) -> None:
        with self._operation(listener) as stack:
            if volumes:
                stack.destroy(refresh=True, on_event=listener.hear, on_output=_quiet, suppress_progress=True)
                stack.workspace.remove_stack(self.environment.name)
            else:
                stack.up(refresh=True, on_event=listener.hear, on_output=_quiet, suppress_progress=True)
        if volumes:
            self._forget()

    def _settings(self, standing: bool) -> Settings:
        addresses = roster(self.environment, self.project).addresses
        # What does not stand runs no image: it can be taken down though none was ever pushed.
        images = pushed(self.environment, self.workspace) if standing else {}
        receiver = read_receiver(self.environment, self.project) if standing else None
        return Settings(self.environment, self.workspace, images, standing, addresses, receiver)

    def _require_no_change(self) -> None:
        changes = self.preview()
        if changes:
            raise UnexpectedChange(
                f"{self.environment.name} would change",
                where="citycam stack up",
                why=str(changes),
                next="look at it with citycam stack preview, then run up without --expect-no-changes",
            )

    def _forget(self) -> None:
        """Forget the stack and its data; what `runs/` links stays there. Certificates stay: users may trust them."""
        root = self.workspace.root
        for folder in (self.workspace.pulumi, root / "gateways", root / "recordings", self.workspace.fleet):
            shutil.rmtree(folder, ignore_errors=True)
        self.workspace.outputs.unlink(missing_ok=True)
        # The salt that the CLI, used by hand, kept beside the program is that of the state which is gone.
        (root.parent.parent / "infra" / f"Pulumi.{self.environment.name}.yaml").unlink(missing_ok=True)

    @contextmanager
    def _operation(self, listener: Listener, standing: bool = False) -> Iterator[auto.Stack]:
        """A Pulumi stack to work with: locks of the dead are broken, errors become ours.

        Its program, where that is run, lets the services stand or not.
        """
        require_manager(connect())
        self.backend.prepare()
        self.backend.break_stale_locks(self.environment.name)
        settings = self._settings(standing)
        try:
            stack = self._select(lambda: declare(settings))
            _drop_pending(stack)
            yield stack
        except auto.CommandError as error:
            raise self._failure(listener, error) from error

    def _select(self, program: Callable[[], None]) -> auto.Stack:
        return auto.create_or_select_stack(
            self.environment.name,
            project_name=PROJECT_NAME,
            program=program,
            opts=auto.LocalWorkspaceOptions(
                work_dir=str(self.backend.work),
                env_vars=self.backend.environment(),
                secrets_provider="passphrase",
                pulumi_command=require_cli(),
            ),
        )

    def _failure(self, listener: Listener, error: auto.CommandError) -> EnvironmentFailure:
        logger.debug("pulumi: %s", error)
        said = listener.errors or [str(error).rpartition("stderr:")[2].strip() or "its command ended without a word"]
        return EnvironmentFailure(
            "Pulumi could not finish",
            where=f"environment {self.environment.name}",
            why="\n".join(said).replace("\n", "\n        "),
            next="remove the cause and run the same command again: it goes on where this one ended",
        )


def _drop_pending(stack: auto.Stack) -> None:
    """Forget operations that a killed command began: our providers take over what such a one left."""
    deployment = stack.export_stack()
    state = dict(deployment.deployment or {})
    if state.pop("pending_operations", None):
        logger.info("an earlier command was cut off; going on from what it left")
        stack.import_stack(auto.Deployment(version=deployment.version, deployment=state))


def _outputs(stack: auto.Stack) -> Outputs:
    values: dict[str, Any] = {name: output.value for name, output in stack.outputs().items()}
    if "edge_https" not in values:
        raise EnvironmentFailure(f"the stack {stack.name} has never been up", where="pulumi", next="citycam stack up")
    return Outputs.of(values)


def _quiet(line: str) -> None:
    """Pulumi's own output says what the events say; ours goes through those."""
    logger.debug("pulumi: %s", line)
