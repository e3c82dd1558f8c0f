"""What secrets and configs share: immutable objects named after their content, replaced create-before-delete."""

from __future__ import annotations

import hashlib
import hmac
from abc import abstractmethod
from typing import Any

from docker import APIClient
from docker.errors import APIError
from pulumi.dynamic import CreateResult, ReadResult

from citycam.model.errors import EnvironmentFailure
from infra.provider.declared import DeclaredProvider, Properties
from infra.provider.engine import CONTENT, ENVIRONMENT, connect, explain, find, remove, require_owned


def content_hash(key: str, content: str) -> str:
    """Eight hex digits of HMAC-SHA-256: with a secret key the name gives no way to try guesses of the content."""
    return hmac.new(key.encode(), content.encode(), hashlib.sha256).hexdigest()[:8]


class SealedProvider(DeclaredProvider):
    """Creates, reads and deletes objects that cannot change. `kind` is the engine's word: secret or config."""

    declared = ("name", "environment", "content", "key")
    fixed = declared
    delete_first = False
    kind: str

    @abstractmethod
    def make(self, api: APIClient, name: str, content: bytes, labels: dict[str, str]) -> str:
        """Create the object; its id."""

    @abstractmethod
    def inspect(self, api: APIClient, id_: str) -> dict[str, Any]:
        """The engine's inspection by id or name; raises NotFound."""

    def create(self, props: Properties) -> CreateResult:
        """Make the object, or take over the one an interrupted run left: the same name is the same content."""
        wanted = self.own(props)
        digest = content_hash(wanted["key"], wanted["content"])
        name = f"{wanted['name']}-{digest}"
        api = connect().api
        outs = {**wanted, "object_name": name}
        found = find(lambda: self.inspect(api, name))
        if found is not None:
            require_owned(self.kind, name, found["Spec"].get("Labels"), wanted["environment"])
            return CreateResult(found["ID"], outs)
        labels = {ENVIRONMENT: wanted["environment"], CONTENT: digest}
        try:
            return CreateResult(self.make(api, name, wanted["content"].encode(), labels), outs)
        except APIError as error:
            raise EnvironmentFailure(
                f"the {self.kind} {name} was refused", where="docker", why=explain(error)
            ) from None

    def read(self, id_: str, props: Properties) -> ReadResult:
        """Whether it is still there; its content cannot have changed."""
        if find(lambda: self.inspect(connect().api, id_)) is None:
            return ReadResult(None, {})
        return ReadResult(id_, {**self.own(props), "object_name": props["object_name"]})

    def delete(self, id_: str, _props: Properties) -> None:
        """Remove it; an absent one is fine."""
        remove(connect(), f"/{self.kind}s/{id_}")
