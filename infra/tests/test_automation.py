from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pulumi.automation as auto
import pytest

from citycam.model.errors import EnvironmentFailure, UnexpectedChange
from infra.automation import Stack, StackStatus, _drop_pending, _outputs
from infra.events import Changes, Listener
from infra.outputs import SECRETS
from infra.sweep import PartStatus
from infra.tests.mocked import local

UP = PartStatus("edge", desired=1, running=1, state="running")
DOWN = PartStatus("fleet", desired=1, running=0, state="pending")


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    return Stack(local(), tmp_path)


@pytest.mark.parametrize(("parts", "ok"), [((), False), ((UP,), True), ((UP, DOWN), False)])
def test_a_stack_is_well_when_it_stands_and_all_of_it_runs(parts: tuple[PartStatus, ...], ok: bool) -> None:
    assert StackStatus(parts).ok is ok


class Exported:
    """A stack of the Automation API with this state."""

    def __init__(self, **state: Any) -> None:
        self.state = auto.Deployment(version=3, deployment=state)
        self.imports = 0

    def export_stack(self) -> auto.Deployment:
        return self.state

    def import_stack(self, state: auto.Deployment) -> None:
        self.state, self.imports = state, self.imports + 1


def test_operations_that_a_killed_command_began_are_forgotten_and_nothing_else_is() -> None:
    stack: Any = Exported(resources=["a", "b"], pending_operations=["creating c"])
    _drop_pending(stack)
    assert (stack.state.version, stack.state.deployment) == (3, {"resources": ["a", "b"]})


@pytest.mark.parametrize("state", [{}, {"resources": ["a"]}, {"resources": ["a"], "pending_operations": []}])
def test_a_state_without_them_is_not_touched(state: dict[str, Any]) -> None:
    stack: Any = Exported(**state)
    _drop_pending(stack)
    assert stack.imports == 0


def test_outputs_of_a_stack_that_was_never_up_are_missed() -> None:
    def told(**values: str) -> Any:
        outputs = {name: SimpleNamespace(value=value) for name, value in values.items()}
        return SimpleNamespace(name="local", outputs=lambda: outputs)

    with pytest.raises(EnvironmentFailure, match="the stack local has never been up"):
        _outputs(told())
    found = _outputs(told(edge_https="a:1", edge_rtsps="a:2", **dict.fromkeys(SECRETS, "s")))
    assert (found.edge_https, found.secrets["viewer"]) == ("a:1", "s")


def test_a_change_that_was_not_expected_is_named_and_not_made(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    changes = Changes(update=("service edge",))
    monkeypatch.setattr(Stack, "preview", lambda _: changes)
    monkeypatch.setattr(Stack, "_operation", lambda *_: pytest.fail("an operation began"))
    with pytest.raises(UnexpectedChange) as failure:
        stack.up(expect_no_changes=True)
    assert failure.value.why == "update service edge"


def test_a_failure_tells_what_the_engine_said_else_what_the_command_said(stack: Stack) -> None:
    error = auto.CommandError(auto.CommandResult(stdout="progress", stderr="exit status 255", code=255))
    said = stack._failure(Listener(errors=["no room", "no image\n  next: build it"]), error)
    assert said.why == "no room\n        no image\n          next: build it"
    assert stack._failure(Listener(), error).why == "exit status 255"
    silent = auto.CommandError(auto.CommandResult(stdout="", stderr="", code=1))
    assert stack._failure(Listener(), silent).why == "its command ended without a word"


def test_forgetting_a_stack_takes_its_state_and_data_and_leaves_certificates_and_runs(
    stack: Stack, tmp_path: Path
) -> None:
    workspace = stack.workspace
    stack.backend.prepare()
    kept = [workspace.pki / "ca.key", tmp_path / "runs" / "evidence.mp4", tmp_path / "infra" / "Pulumi.yaml"]
    gone = [
        workspace.gateway_config("gateway-1") / "mediamtx.yml",
        workspace.recordings("gateway-1") / "cam-000001" / "a.mp4",
        workspace.fleet / "ledger" / "l",
        workspace.outputs,
        tmp_path / "infra" / "Pulumi.local.yaml",
    ]
    for file in (*kept, *gone):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    stack._forget()
    assert [file for file in kept if not file.exists()] == []
    assert [file for file in (*gone, stack.backend.passphrase) if file.exists()] == []
    assert sorted(file.name for file in workspace.root.iterdir()) == ["pki"]
    stack._forget()
