"""WS-Discovery: who is meant by a question, and what is answered; the client that asks is a third party's."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wsdiscovery import QName, Scope  # type: ignore[import-untyped]
from wsdiscovery.actions.probe import constructProbe  # type: ignore[import-untyped]
from wsdiscovery.actions.resolve import constructResolve  # type: ignore[import-untyped]
from wsdiscovery.message import createSOAPMessage, parseSOAPMessage  # type: ignore[import-untyped]

from simulators.onvif.device import endpoint
from simulators.onvif.discovery import Question, match, parse
from simulators.onvif.tests.devices import camera, recorder

DEVICE = QName("http://www.onvif.org/ver10/network/wsdl", "NetworkVideoTransmitter", "dn")
PRINTER = QName("urn:printers", "Printer", "p")
PLACE = "onvif://www.onvif.org/"


def asked(types: list[QName], scopes: list[str] | None = None, rule: str | None = None) -> Question:
    probe = constructProbe(types, [Scope(scope, rule) for scope in scopes or []])
    found = parse(createSOAPMessage(probe).encode())
    assert found is not None
    assert (found.kind, found.message) == ("Probe", probe.getMessageId())
    return found


def test_types_are_all_wanted_whatever_their_prefix() -> None:
    host = camera()
    assert asked([]).concerns(host)
    assert asked([QName(DEVICE.getNamespace(), DEVICE.getLocalname(), "other")]).concerns(host)
    assert not asked([PRINTER]).concerns(host)
    assert not asked([DEVICE, PRINTER]).concerns(host)


@pytest.mark.parametrize(
    ("scope", "wanted"),
    [
        ("onvif://www.onvif.org", True),
        (PLACE + "Profile/Streaming", True),
        (PLACE + "Profile", True),
        (PLACE + "Prof", False),
        (PLACE + "Profile/G", False),
        (PLACE + "name/Test%20Works", True),
        ("ONVIF://WWW.onvif.ORG/type", True),
        ("http://www.onvif.org/Profile", False),
    ],
)
def test_scopes_are_prefixes_by_segment(scope: str, wanted: bool) -> None:
    assert asked([DEVICE], [scope]).concerns(camera()) == wanted


def test_every_scope_must_fit() -> None:
    assert asked([], [PLACE + "Profile/G", PLACE + "Profile/T"]).concerns(recorder())
    assert not asked([], [PLACE + "Profile/G", PLACE + "type/ptz"]).concerns(recorder())
    rule = "http://schemas.xmlsoap.org/ws/2005/04/discovery/strcmp0"
    assert asked([], [PLACE + "Profile/G"], rule).concerns(recorder())
    assert not asked([], [PLACE + "Profile"], rule).concerns(recorder())


def test_a_rule_nobody_knows_is_no_question() -> None:
    probe = constructProbe([], [Scope(PLACE, "urn:magic/ldap")])
    assert parse(createSOAPMessage(probe).encode()) is None


def test_a_model_that_hides_is_not_found() -> None:
    host = camera()
    host.equipment = replace(host.equipment, discovery=False)
    assert not asked([]).concerns(host)


def test_the_client_reads_what_is_answered() -> None:
    host = camera()
    host.estate.http_port = 8080
    question = asked([DEVICE])
    found = parseSOAPMessage(match(host.estate, host, question, 7), host.address)
    assert found.getRelatesTo() == question.message
    assert found.getMessageNumber() == "7"
    (only,) = found.getProbeResolveMatches()
    assert only.getEPR() == endpoint(host)
    assert only.getXAddrs() == ["http://198.18.64.1:8080/onvif/device_service"]
    assert {kind.getLocalname() for kind in only.getTypes()} == {"NetworkVideoTransmitter", "Device"}
    assert PLACE + "Profile/Streaming" in {str(scope.getValue()) for scope in only.getScopes()}


def test_resolve_is_for_one_device() -> None:
    host = camera()
    question = parse(createSOAPMessage(constructResolve(endpoint(host))).encode())
    assert question is not None
    assert question.concerns(host)
    assert not question.concerns(recorder())
    (only,) = parseSOAPMessage(match(host.estate, host, question, 1), host.address).getProbeResolveMatches()
    assert only.getXAddrs() == ["http://198.18.64.1/onvif/device_service"]


def test_an_answer_is_no_question() -> None:
    host = camera()
    assert parse(match(host.estate, host, asked([]), 1)) is None


@given(st.binary(max_size=200))
def test_any_bytes_are_a_question_or_none(data: bytes) -> None:
    assert parse(data) is None or data
