from __future__ import annotations

from http import HTTPStatus

import pytest
from docker.errors import APIError
from requests import Response

from citycam.model.errors import EnvironmentFailure
from infra.lab.refusal import ABSENT, CONFLICT, refusal


def refuse(status: int) -> None:
    """Answer as the engine does when it refuses."""
    response = Response()
    response.status_code = status
    raise APIError(HTTPStatus(status).phrase, response=response, explanation="it is at it already")


def test_what_the_engine_refuses_is_told_in_its_words() -> None:
    with pytest.raises(EnvironmentFailure, match="node-1 cannot go") as caught, refusal("node-1 cannot go"):
        refuse(CONFLICT)
    assert caught.value.why == "it is at it already"


def test_what_is_expected_is_no_refusal() -> None:
    with refusal("node-1 cannot be removed", ABSENT, CONFLICT):
        refuse(CONFLICT)
    with pytest.raises(EnvironmentFailure), refusal("node-1 cannot be removed", ABSENT):
        refuse(CONFLICT)
