"""The decision log: append-only JSON lines, each sealed by SHA-256 over itself and the one before.

A changed, inserted, removed or reordered line breaks the chain from there on. Lines cut off at the end leave a shorter
chain that is sound by itself: it is found by comparing with the head that every decision letter quotes (`head=`).
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO, Any

from citycam.model.errors import ConfigError, EvidenceInvalid
from citycam.policy.moratorium import Decision, Moratorium, Past, Ruling
from citycam.policy.proposal import Proposal

GENESIS = "0" * 64
"""What the first line has in the place of the hash before it."""


@dataclass(frozen=True)
class Entry:
    """One line. `hash` is over everything else in it, `previous` included."""

    sequence: int
    at: str
    body: Mapping[str, Any]
    previous: str
    hash: str

    @classmethod
    def seal(cls, sequence: int, at: str, body: Mapping[str, Any], previous: str) -> Entry:
        """The next entry of a chain whose head is `previous`."""
        return cls(sequence, at, body, previous, _digest(sequence, at, body, previous))

    def line(self) -> str:
        """As it is written, without the end of line."""
        return _canonical(vars(self))


def parse(text: str, *, where: str = "log", head: str | None = None) -> list[Entry]:
    """Read a whole log and follow its chain; with `head`, that hash must be in it.

    Raises:
        EvidenceInvalid: a line was changed, added, removed, moved or cut short; `where` says which line.
    """
    entries: list[Entry] = []
    previous = GENESIS
    if text and not text.endswith("\n"):
        raise _broken(where, text.count("\n") + 1, "the last line is cut short")
    for number, line in enumerate(text.split("\n")[:-1], 1):  # splitlines() also splits at U+2028 inside a text
        try:
            tree = json.loads(line)
            entry = Entry(**tree)
        except (ValueError, TypeError) as error:
            raise _broken(where, number, f"not an entry: {error}") from error
        if entry.line() != line:
            raise _broken(where, number, "not written the way entries are")
        if (entry.sequence, entry.previous) != (number, previous):
            raise _broken(where, number, "it does not follow the line before")
        if entry.hash != _digest(entry.sequence, entry.at, entry.body, entry.previous):
            raise _broken(where, number, "its content does not match its hash")
        previous = entry.hash
        entries.append(entry)
    if head is not None and head != GENESIS and head not in {entry.hash for entry in entries}:
        raise _broken(where, len(entries) + 1, f"the hash {head} is not in it: lines at the end are missing")
    return entries


class DecisionLog:
    """The log in a file. Writers take turns by a lock on the file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def entries(self, head: str | None = None) -> list[Entry]:
        """Every entry; none when there is no file yet.

        Raises:
            EvidenceInvalid: the chain is broken.
            ConfigError: the file cannot be read.
        """
        try:
            text = self.path.read_text(encoding="utf-8") if self.path.exists() else ""
        except UnicodeDecodeError as error:
            raise _broken(str(self.path), 1, str(error)) from error
        except OSError as error:
            raise ConfigError("cannot read the decision log", where=str(self.path), why=str(error)) from error
        return parse(text, where=str(self.path), head=head)

    @contextmanager
    def held(self) -> Iterator[Chain]:
        """The chain to read and add to, while no other writer can: what is decided by it is decided by the newest.

        Raises:
            EvidenceInvalid: the chain is broken already; nothing can be added to it.
            ConfigError: the file cannot be opened.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            file = self.path.open("a+", encoding="utf-8", newline="\n")
        except OSError as error:
            raise ConfigError("cannot write the decision log", where=str(self.path), why=str(error)) from error
        with file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            try:
                text = file.read()
            except UnicodeDecodeError as error:
                raise _broken(str(self.path), 1, str(error)) from error
            yield Chain(parse(text, where=str(self.path)), file)


class Chain:
    """The entries of a log that is held."""

    def __init__(self, entries: list[Entry], file: IO[str]) -> None:
        self.entries = entries
        self._file = file

    @property
    def head(self) -> str:
        """The hash of the last entry."""
        return head_of(self.entries)

    def add(self, bodies: Iterable[Mapping[str, Any]], now: datetime) -> None:
        """Add entries at `now`; they are on disk when this returns.

        Raises:
            ConfigError: the file cannot be written.
        """
        at = now.astimezone(UTC).isoformat(timespec="seconds")
        new: list[Entry] = []
        for body in bodies:
            before = [*self.entries[-1:], *new[-1:]]
            new.append(Entry.seal(len(self.entries) + len(new) + 1, at, json.loads(_canonical(body)), head_of(before)))
        try:
            self._file.write("".join(entry.line() + "\n" for entry in new))
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise ConfigError("cannot write the decision log", where=self._file.name, why=str(error)) from error
        self.entries += new


def head_of(entries: Sequence[Entry]) -> str:
    """The hash of the last entry, or what stands in its place."""
    return entries[-1].hash if entries else GENESIS


def body_of(decision: Decision, moratorium: Moratorium, day: date) -> dict[str, Any]:
    """A decision as it is logged: enough to explain it, and to judge later proposals by it."""
    return {
        "kind": "decision",
        "day": day.isoformat(),
        "proposal": decision.proposal.as_data(),
        "digest": decision.proposal.digest,
        "ruling": str(decision.ruling),
        "reasons": [
            {
                "rule": reason.rule,
                "seen": reason.seen,
                "others": list(reason.others),
                "sources": [source.cite(day) for source in moratorium.rule(reason.rule).sources],
            }
            for reason in decision.reasons
        ],
        "regulation": moratorium.digest,
    }


def past_of(entries: Sequence[Entry]) -> list[Past]:
    """The last decision on each proposal, by id."""
    last = _last(entries)
    return [Past(Proposal.model_validate(body["proposal"]), Ruling(body["ruling"])) for _, body in sorted(last.items())]


def news(bodies: Sequence[Mapping[str, Any]], entries: Sequence[Entry]) -> list[Mapping[str, Any]]:
    """The decisions that are not on file yet: a proposal that did not change and is decided as before is."""
    last = {identifier: _gist(body) for identifier, body in _last(entries).items()}
    return [body for body in bodies if last.get(body["proposal"]["id"]) != _gist(body)]


def _last(entries: Sequence[Entry]) -> dict[str, Mapping[str, Any]]:
    return {entry.body["proposal"]["id"]: entry.body for entry in entries if entry.body.get("kind") == "decision"}


def _gist(body: Mapping[str, Any]) -> tuple[Any, ...]:
    reasons = tuple((reason["rule"], reason["seen"], tuple(reason["others"])) for reason in body["reasons"])
    return body["digest"], body["ruling"], reasons, body["regulation"]


def _canonical(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _digest(sequence: int, at: str, body: Mapping[str, Any], previous: str) -> str:
    sealed = _canonical({"sequence": sequence, "at": at, "body": body, "previous": previous})
    return hashlib.sha256(sealed.encode()).hexdigest()


def _broken(where: str, number: int, why: str) -> EvidenceInvalid:
    return EvidenceInvalid(
        "the decision log does not verify",
        where=f"{where}:{number}",
        why=why,
        next="restore the log from its backup, and compare with the hashes in the decision letters",
    )
