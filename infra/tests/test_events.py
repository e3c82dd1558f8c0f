from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi.automation import EngineEvent, OpType
from pulumi.automation.events import (
    DiagnosticEvent,
    ResOpFailedEvent,
    ResourcePreEvent,
    ResOutputsEvent,
    StepEventMetadata,
)

from infra.events import Changes, Listener, StackEvent, names

SERVICE = "urn:pulumi:local::citycam::citycam:Gateway$pulumi-python:docker:Service::gateway-1"
RANDOM = "urn:pulumi:local::citycam::citycam:Credentials$pulumi-python:citycam:Random::viewer"
GROUPS = (
    "urn:pulumi:local::citycam::pulumi:pulumi:Stack::citycam-local",
    "urn:pulumi:local::citycam::pulumi:pulumi:Stack$citycam:Gateway::gateway-1",
)


def step(op: OpType, urn: str = SERVICE) -> StepEventMetadata:
    return StepEventMetadata(op=op, urn=urn, type="", provider="")


def done(op: OpType, urn: str = SERVICE) -> EngineEvent:
    return EngineEvent(sequence=1, timestamp=1, res_outputs_event=ResOutputsEvent(metadata=step(op, urn)))


def said(message: str, severity: str = "error") -> EngineEvent:
    event = DiagnosticEvent(message=message, color="never", severity=severity)
    return EngineEvent(sequence=1, timestamp=1, diagnostic_event=event)


def heard(*events: EngineEvent) -> Listener:
    listener = Listener()
    for event in events:
        listener.hear(event)
    return listener


@pytest.mark.parametrize(
    ("urn", "kind", "name"),
    [
        (SERVICE, "pulumi-python:docker:Service", "gateway-1"),
        (GROUPS[0], "pulumi:pulumi:Stack", "citycam-local"),
        ("urn:pulumi:local::citycam::a:b:C::with::colons", "a:b:C", "with::colons"),
    ],
)
def test_a_urn_says_type_and_name(urn: str, kind: str, name: str) -> None:
    assert names(urn) == (kind, name)


def test_a_step_is_told_when_it_begins_ends_or_fails() -> None:
    told: list[StackEvent] = []
    listener = Listener(told.append)
    metadata = step(OpType.UPDATE)
    for event in (
        EngineEvent(sequence=1, timestamp=1, resource_pre_event=ResourcePreEvent(metadata=metadata)),
        done(OpType.UPDATE),
        EngineEvent(
            sequence=3, timestamp=1, res_op_failed_event=ResOpFailedEvent(metadata=metadata, status=1, steps=1)
        ),
    ):
        listener.hear(event)
    assert [str(event) for event in told] == [
        "gateway-1 (service): update begins",
        "gateway-1 (service): update done",
        "gateway-1 (service): update failed",
    ]
    assert listener.changes() == Changes(update=("service gateway-1",))


def test_a_replacement_is_one_change_whatever_its_steps() -> None:
    steps = (OpType.CREATE_REPLACEMENT, OpType.REPLACE, OpType.DELETE_REPLACED)
    changes = heard(*map(done, steps), done(OpType.CREATE, RANDOM)).changes()
    assert changes == Changes(create=("random viewer",), replace=("service gateway-1",))
    assert str(changes) == "create random viewer; replace service gateway-1"


def test_what_stays_the_same_is_counted_and_is_no_change() -> None:
    changes = heard(done(OpType.SAME), done(OpType.SAME, RANDOM), done(OpType.REFRESH)).changes()
    assert (changes.same, bool(changes), str(changes)) == (2, False, "no change")


@given(st.sampled_from(list(OpType)), st.sampled_from(GROUPS))
def test_groups_are_no_things(op: OpType, urn: str) -> None:
    assert heard(done(op, urn)).changes() == Changes()


@pytest.mark.parametrize("op", [OpType.CREATE, OpType.UPDATE, OpType.REPLACE, OpType.DELETE])
def test_any_kind_of_change_is_one(op: OpType) -> None:
    changes = heard(done(op)).changes()
    assert changes
    assert str(changes) == f"{op.value} service gateway-1"


def test_errors_are_kept_once_without_colours_and_without_what_says_nothing() -> None:
    listener = heard(
        said("<{%fg 1%}>error: <{%reset%}>Exception calling application: no room\n"),
        said("error: no room"),
        said("update failed"),
        said("   "),
        said("a warning", severity="warning"),
        said("second"),
    )
    assert listener.errors == ["no room", "second"]
