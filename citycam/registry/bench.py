"""How long a city's publication takes, into a PostgreSQL that is there."""

from __future__ import annotations

import time
from dataclasses import replace

import psycopg

from citycam.model.figure import Bar, Figure
from citycam.plan.tests.cities import city
from citycam.registry.registry import Registry
from citycam.registry.tests.test_rows import publication

CAMERAS = 40_210
WARDS = 126
RUNS = 3


def figures(dsn: str) -> list[Figure]:
    """Seconds by the clock: versions one after the other, then back to the first. The schema is dropped at the end."""
    wanted = publication(city(CAMERAS, seed=1, wards=WARDS))
    registry = Registry(dsn)
    registry.versions()  # makes the schema
    try:
        seconds = []
        for run in range(RUNS):
            began = time.perf_counter()
            registry.publish(replace(wanted, inventory_digest=f"sha256:{run:064x}"))
            seconds.append(time.perf_counter() - began)
        began = time.perf_counter()
        registry.rollback(1)
        back = time.perf_counter() - began
    finally:
        with psycopg.connect(dsn) as connection:
            connection.execute("DROP SCHEMA registry CASCADE")
    return [
        Figure(f"publish {CAMERAS:,} cameras with verdicts and plan", "s", tuple(seconds), Bar(20)),
        Figure("go back to an older version", "s", (back,)),
    ]
