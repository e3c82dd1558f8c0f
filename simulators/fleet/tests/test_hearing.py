"""Turns: frames first, everybody in the end."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import pytest

from simulators.fleet import hearing
from simulators.fleet.hearing import SHARE, STRETCH_S, Hearing

LATE, IN_TIME = 10 * hearing.OVERDUE_NS, 0


class Loop:
    """Watches nothing and keeps what it was asked for."""

    def __init__(self) -> None:
        self.watched: list[socket.socket] = []
        self.timers: list[Callable[[], None]] = []

    def add_reader(self, sock: socket.socket, _: Any, *__: Any) -> None:
        self.watched.append(sock)

    def remove_reader(self, sock: socket.socket) -> None:
        if sock in self.watched:
            self.watched.remove(sock)

    def call_later(self, _: float, timer: Callable[[], None]) -> None:
        self.timers.append(timer)


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(hearing, "time", made)
    return made


@contextmanager
def sockets(count: int) -> Iterator[list[socket.socket]]:
    made = [socket.socket() for _ in range(count)]
    yield made
    for sock in made:
        sock.close()


def ignore() -> None:
    """What would be heard."""


def test_while_no_frame_is_overdue_everybody_is_heard_at_any_length(clock: Clock) -> None:
    loop = Loop()
    turns = Hearing(cast(Any, loop), lambda: IN_TIME)
    with sockets(1) as (sock,):
        for _ in range(100):
            assert turns.turn(sock, ignore)
            clock.now += STRETCH_S
            turns.done()
    assert loop.timers == []


def test_while_frames_are_overdue_hearing_has_its_share_and_no_more(clock: Clock) -> None:
    loop = Loop()
    turns = Hearing(cast(Any, loop), lambda: LATE)
    with sockets(1) as (sock,):
        for _ in range(5):  # stretches
            loop.watched.append(sock)
            began, heard = clock.now, 0
            while turns.turn(sock, ignore):
                clock.now += STRETCH_S / 40
                turns.done()
                heard += 1
            assert heard == pytest.approx(40 * SHARE, abs=1)
            assert sock not in loop.watched
            clock.now = began + STRETCH_S
            loop.timers.pop()()
            assert sock in loop.watched
            loop.watched.clear()


def test_who_waits_longest_is_heard_first_and_who_is_gone_is_left_out(clock: Clock) -> None:
    loop = Loop()
    turns = Hearing(cast(Any, loop), lambda: LATE)
    turns.turn(socket.socket(), ignore)
    clock.now += STRETCH_S * 0.9
    turns.done()
    with sockets(3) as waiting:
        for sock in waiting:
            assert not turns.turn(sock, ignore)
        waiting[1].close()
        (resume,) = loop.timers
        resume()
        assert loop.watched == [waiting[0], waiting[2]]


def test_a_crowd_comes_back_little_by_little(clock: Clock) -> None:
    loop = Loop()
    turns = Hearing(cast(Any, loop), lambda: LATE)
    turns.turn(socket.socket(), ignore)
    clock.now += STRETCH_S * 0.9
    turns.done()
    with sockets(300) as crowd:
        for sock in crowd:
            turns.turn(sock, ignore)
        while loop.timers:
            before = len(loop.watched)
            loop.timers.pop()()
            assert 0 < len(loop.watched) - before <= 256
        assert loop.watched == crowd
