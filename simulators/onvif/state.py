"""What clients have done to a device over ONVIF. Made when it is first needed: most of a fleet never is asked."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

from simulators.onvif.head import Head
from simulators.onvif.soap import Xml

_MOST_TOKENS = 256


@dataclass(slots=True)
class Subscription:
    """A pull point: until when it lives, and what it was told of; ns since 1970, true time."""

    until_ns: int
    through_ns: int
    wanted: bool = True
    """Whether its filter lets motion through."""
    fresh: bool = True
    """Whether it has yet to be told how things stand (WS-Topics, property events are initialized)."""


@dataclass(slots=True)
class Search:
    """A search of recordings, and the results not fetched yet."""

    kind: str
    until_ns: int
    results: Sequence[Xml]


@dataclass(slots=True)
class State:
    """One device's."""

    heads: dict[int, Head] = field(default_factory=dict)
    """By channel."""
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    searches: dict[str, Search] = field(default_factory=dict)
    ntp: tuple[str, ...] = ()
    hostname: str = ""
    sessions: dict[str, bool] = field(default_factory=dict)
    """Sessions of the web page, and whether they are logged in still."""
    _tokens: dict[str, int] = field(default_factory=dict)

    def head(self, channel: int) -> Head:
        """The channel's head."""
        return self.heads.setdefault(channel, Head())

    def first_use(self, token: str, now_ns: int, until_ns: int) -> bool:
        """Whether this token was not used before; it is remembered until it would be too old anyway."""
        if token in self._tokens:
            return False
        if len(self._tokens) >= _MOST_TOKENS:
            self._tokens = {one: until for one, until in self._tokens.items() if until >= now_ns}
        while len(self._tokens) >= _MOST_TOKENS:
            del self._tokens[next(iter(self._tokens))]
        self._tokens[token] = until_ns
        return True


def new_token() -> str:
    """A name nobody can guess: of a subscription, a search, a session."""
    return secrets.token_hex(8)
