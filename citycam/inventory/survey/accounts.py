"""The accounts a survey was given, and the rule that no device ever locks one out.

A wrong password is tried once: whoever was refused is not asked again at that device, by whatever protocol, with
whatever other password for the same user; and after `MOST_WRONG` users that were refused, nobody is.
"""

from __future__ import annotations

import csv
import stat
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from citycam.inventory.network import Credentials
from citycam.inventory.record import CameraRecord
from citycam.model.errors import ConfigError

MOST_WRONG = 3
"""Refusals of one device, all users together: devices that count by the caller's address lock out after five."""


@dataclass(frozen=True)
class Accounts:
    """Which accounts are meant for which addresses; the most particular first."""

    entries: tuple[tuple[IPv4Network, Credentials], ...] = ()

    def of(self, address: IPv4Address) -> list[Credentials]:
        """Those for a device, each user once."""
        fitting = [entry for entry in self.entries if address in entry[0]]
        by_user: dict[str, Credentials] = {}
        for _, told in sorted(fitting, key=lambda entry: -entry[0].prefixlen):
            by_user.setdefault(told.username, told)
        return list(by_user.values())


def load_accounts(path: Path) -> Accounts:
    """Read a CSV file with the columns `address` (an address or a network), `username` and `password`.

    Raises:
        ConfigError: unreadable, readable by others, or a line is wrong.
    """
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise ConfigError("others may read the passwords", where=str(path), next=f"chmod 600 {path}")
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigError("cannot read the accounts", where=str(path), why=str(error), next="check the path") from error
    found = []
    for line, row in enumerate(rows, 2):
        try:
            network = IPv4Network((row["address"] or "").strip())
            found.append((network, Credentials((row["username"] or "").strip(), row["password"] or "")))
        except (KeyError, ValueError) as error:
            raise ConfigError(
                "an account needs address, username and password", where=f"{path}:{line}", why=f"{type(error).__name__}"
            ) from None
    return Accounts(tuple(found))


def stored_accounts(records: Iterable[CameraRecord], get: Callable[[str], Credentials | None]) -> Accounts:
    """Accounts out of a secret store, by the references of an inventory; those at one address are tried in order."""
    found: dict[tuple[str, str], tuple[IPv4Network, Credentials]] = {}
    for record in records:
        if record.secret and record.address and (record.secret, str(record.address)) not in found:
            told = get(record.secret)
            if told is not None and told.username:
                found[record.secret, str(record.address)] = (IPv4Network(record.address), told)
    return Accounts(tuple(found.values()))


@dataclass
class Attempts:
    """What devices said to accounts. `told` hears of every refusal at once, before anything else is tried."""

    told: Callable[[IPv4Address, str], None] = lambda _address, _username: None
    _refused: dict[IPv4Address, list[str]] = field(default_factory=lambda: defaultdict(list))
    _accepted: dict[IPv4Address, Credentials] = field(default_factory=dict)

    def candidates(self, address: IPv4Address, given: Sequence[Credentials]) -> list[Credentials]:
        """Accounts that may be tried at a device now: the one that is known to be right, else those not refused."""
        if address in self._accepted:
            return [self._accepted[address]]
        refused = self._refused.get(address, ())
        return [one for one in given if one.username not in refused][: max(0, MOST_WRONG - len(refused))]

    def accepted(self, address: IPv4Address, account: Credentials) -> None:
        """The device let it in."""
        self._accepted[address] = account

    def refused(self, address: IPv4Address, account: Credentials) -> None:
        """The device did not."""
        self._accepted.pop(address, None)
        if account.username not in self._refused[address]:
            self._refused[address].append(account.username)
        self.told(address, account.username)

    def known(self, address: IPv4Address) -> Credentials | None:
        """The account that the device let in."""
        return self._accepted.get(address)

    def refusals(self, address: IPv4Address) -> tuple[str, ...]:
        """Users that the device refused."""
        return tuple(self._refused.get(address, ()))

    def recall(self, refusals: Mapping[IPv4Address, Iterable[str]]) -> None:
        """Refusals of an earlier run of the same survey count too."""
        for address, names in refusals.items():
            self._refused[address] += [name for name in names if name not in self._refused[address]]
