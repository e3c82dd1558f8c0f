"""What the engine refuses a lab, as an error of ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from docker.errors import APIError

from citycam.model.errors import EnvironmentFailure
from infra.provider.engine import explain

ABSENT, CONFLICT = 404, 409
"""HTTP statuses of the engine for what is not there, and for what is asked at the wrong time."""


@contextmanager
def refusal(what: str, *but: int) -> Iterator[None]:
    """What the engine refuses, in its own words; a status among `but` is no refusal.

    Raises:
        EnvironmentFailure: it refused.
    """
    try:
        yield
    except APIError as error:
        if error.status_code not in but:
            raise EnvironmentFailure(what, where="docker", why=explain(error)) from error
