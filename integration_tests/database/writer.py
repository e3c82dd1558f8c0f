"""A client that commits all the time, and knows what it was told of each commit."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from integration_tests.database.members import Members
from integration_tests.waiting import wait_for


class Writer:
    """Inserts numbers, one commit each, wherever writes are taken, and keeps those that were acknowledged."""

    def __init__(self, members: Members, first: int) -> None:
        self.acknowledged: list[int] = []
        self.at = 0.0
        """When the last one was, on the monotonic clock."""
        self._members = members
        self._next = first
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._write)

    @contextmanager
    def writing(self) -> Iterator[Writer]:
        self._thread.start()
        try:
            yield self
        finally:
            self._stopping.set()
            self._thread.join()

    def await_more(self, count: int) -> None:
        """Wait until so many more are acknowledged."""
        wanted = len(self.acknowledged) + count
        wait_for(lambda: len(self.acknowledged), lambda seen: seen >= wanted, f"{count} more rows")

    def _write(self) -> None:
        while not self._stopping.is_set():
            try:
                with psycopg.connect(self._members.dsn(), autocommit=True) as connection:
                    while not self._stopping.is_set():
                        self._next, number = self._next + 1, self._next
                        connection.execute("INSERT INTO written VALUES (%s)", (number,))
                        self.acknowledged.append(number)
                        self.at = time.monotonic()
            except (psycopg.OperationalError, KeyError):
                self._stopping.wait(0.05)  # nobody takes writes at the moment

    def missing(self, name: str) -> set[int]:
        """What was acknowledged and a member does not have."""
        there = self._members.ask(name, "SELECT string_agg(number::text, ' ') FROM written")
        return set(self.acknowledged) - {int(number) for number in there.split()}
