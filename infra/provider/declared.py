"""What all our providers share: the declared properties are compared one by one with those last observed."""

from __future__ import annotations

from typing import Any, ClassVar

from pulumi.dynamic import CheckResult, DiffResult, ResourceProvider
from pulumi.dynamic.dynamic import PROVIDER_KEY

Properties = dict[str, Any]


class DeclaredProvider(ResourceProvider):
    """Base of the providers: a difference in a `fixed` property replaces the object, any other updates it."""

    serialize_as_secret_always = False
    """The pickled provider is a reference to its class and holds no secret."""

    declared: ClassVar[tuple[str, ...]]
    fixed: ClassVar[tuple[str, ...]]
    delete_first: ClassVar[bool] = True

    def check(self, _olds: Properties, news: Properties) -> CheckResult:
        """Take only declared properties."""
        return CheckResult({key: news[key] for key in self.declared if key in news}, [])

    def diff(self, _id: str, olds: Properties, news: Properties) -> DiffResult:
        """Compare what is wanted (`news`) with what was last seen (`olds`)."""
        changed = self.changed(olds, news)
        replaces = [key for key in changed if key in self.fixed]
        return DiffResult(changes=bool(changed), replaces=replaces, delete_before_replace=self.delete_first)

    def changed(self, olds: Properties, news: Properties) -> list[str]:
        """Names of the declared properties that differ."""
        return [key for key in self.declared if olds.get(key) != news.get(key)]

    def own(self, props: Properties) -> Properties:
        """The declared properties alone."""
        return {key: value for key, value in props.items() if key != PROVIDER_KEY and key in self.declared}
