from __future__ import annotations

import traceback
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycam.model.errors import EnvironmentFailure
from infra.provider.config import ConfigProvider
from infra.provider.engine import CONTENT, ENVIRONMENT
from infra.provider.sealed import SealedProvider, content_hash
from infra.provider.secret import SecretProvider
from infra.provider.tests.engine import Client

PROVIDERS = [SecretProvider(), ConfigProvider()]
both = pytest.mark.parametrize("provider", PROVIDERS, ids=["secret", "config"])


def props(content: str = "the content", key: str = "the key") -> dict[str, Any]:
    return {"name": "citycam-local-x", "environment": "local", "content": content, "key": key}


@given(st.text(), st.text(), st.text())
def test_the_hash_is_short_and_needs_the_key(key: str, other: str, content: str) -> None:
    assert content_hash(key, content) == content_hash(key, content)
    assert len(bytes.fromhex(content_hash(key, content))) == 4
    # HMAC pads short keys with zero bytes, and hashes keys longer than its block.
    alike = key.encode().rstrip(b"\0") == other.encode().rstrip(b"\0")
    assert alike or content_hash(key, content) != content_hash(other, content)


@both
def test_an_object_is_named_after_its_content(client: Client, provider: SealedProvider) -> None:
    made = provider.create(props())
    outs = made.outs or {}
    digest = content_hash("the key", "the content")
    assert outs == {**props(), "object_name": f"citycam-local-x-{digest}"}
    found = client.api.found(f"{provider.kind}s", made.id)["Spec"]
    assert found["Name"] == outs["object_name"]
    assert found["Labels"] == {ENVIRONMENT: "local", CONTENT: digest}
    other = provider.create(props("other content")).outs or {}
    assert other["object_name"] != outs["object_name"]


@both
def test_what_an_interrupted_run_left_is_taken_over(client: Client, provider: SealedProvider) -> None:
    first, again = provider.create(props()), provider.create(props())
    assert first.id == again.id
    assert client.api.done == [f"create {first.id}"]


@both
def test_an_object_of_somebody_elses_is_not_touched(client: Client, provider: SealedProvider) -> None:
    provider.create(props() | {"environment": "another"})
    with pytest.raises(EnvironmentFailure, match=f"a {provider.kind} named .* is not ours"):
        provider.create(props())


@both
def test_other_content_is_another_object_made_before_the_old_one_goes(provider: SealedProvider) -> None:
    found = provider.diff("id", {**props(), "object_name": "x"}, props("other content"))
    assert found.replaces == ["content"]
    assert not found.delete_before_replace
    assert not provider.diff("id", {**props(), "object_name": "x"}, props()).changes


@both
def test_one_that_is_gone_is_noticed_and_need_not_be_deleted(client: Client, provider: SealedProvider) -> None:
    made = provider.create(props())
    outs = made.outs or {}
    seen = provider.read(made.id, outs)
    assert (seen.id, seen.outs) == (made.id, outs)
    provider.delete(made.id, outs)
    assert provider.read(made.id, outs).id is None
    provider.delete(made.id, outs)
    assert client.api.done == [f"create {made.id}", f"delete {made.id}"]


@both
def test_a_refusal_tells_the_reason_and_never_the_content(client: Client, provider: SealedProvider) -> None:
    client.api.refusal = "no room in the raft"
    wanted = props("canary")
    with pytest.raises(EnvironmentFailure, match="was refused") as failure:
        provider.create(wanted)
    assert failure.value.why == "no room in the raft"
    assert failure.value.__cause__ is None
    assert "canary" not in "".join(traceback.format_exception(failure.value))


def test_content_is_written_as_it_is(client: Client) -> None:
    made = ConfigProvider().create(props("đường phố\n"))
    assert client.api.found("configs", made.id)["Spec"]["Data"] == "đường phố\n"
