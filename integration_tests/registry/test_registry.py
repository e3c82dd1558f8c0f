"""The registry in a real PostgreSQL with PostGIS."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine
from typer.testing import CliRunner

from citycam.cli.main import app
from citycam.inventory.inventory import dump_records
from citycam.model.errors import ConfigError, EnvironmentFailure
from citycam.plan.tests.cities import camera, city
from citycam.policy.log import DecisionLog
from citycam.registry.registry import MIGRATIONS, Registry
from citycam.registry.tests.test_rows import publication

pytestmark = pytest.mark.docker

RECORDS = city(300, wards=6)
FIRST = publication(RECORDS)
SECOND = replace(publication(RECORDS[:200]), inventory_digest="sha256:" + "c" * 64, note="smaller")


def ask(dsn: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(query.encode()).fetchall()


def test_a_publication_is_there_as_a_whole(registry: Registry, dsn: str) -> None:
    done = registry.publish(FIRST)
    assert (done.version, done.previous, done.fresh) == (1, None, True)
    assert FIRST.plan is not None
    counts = {"camera": 300, "verdict": 300, "placement": 300, "plan": 1}
    counts |= {"site": len(FIRST.plan.sites), "gateway": len(FIRST.plan.gateways)}
    assert {table: ask(dsn, f"SELECT count(*) FROM registry.{table}")[0][0] for table in counts} == counts
    placed = ask(dsn, "SELECT id, gateway, phase FROM registry.current_camera ORDER BY id")
    assert placed == [(one.camera, one.gateway, one.phase) for one in FIRST.plan.cameras]
    assert ask(dsn, "SELECT document -> 'sizing' ->> 'bottleneck' FROM registry.plan")[0][0] == "disk-write"


def test_positions_are_geography_in_metres(registry: Registry, dsn: str) -> None:
    registry.publish(
        publication([camera(1, latitude=21.0, longitude=105.0), camera(2, latitude=21.001, longitude=105.0)])
    )
    (metres,) = ask(
        dsn,
        "SELECT ST_Distance(a.location, b.location) FROM registry.current_camera a, registry.current_camera b"
        " WHERE a.id < b.id",
    )
    assert metres[0] == pytest.approx(110.7, abs=0.1)


def test_the_same_once_more_adds_nothing(registry: Registry, dsn: str) -> None:
    registry.publish(FIRST)
    done = registry.publish(FIRST)
    assert (done.version, done.fresh) == (1, False)
    assert ask(dsn, "SELECT count(*) FROM registry.version") == [(1,)]


def test_any_version_can_be_made_current_again_and_history_tells(registry: Registry, dsn: str) -> None:
    registry.publish(FIRST)
    registry.publish(SECOND)
    assert ask(dsn, "SELECT count(*) FROM registry.current_camera") == [(200,)]
    back = registry.rollback(1)
    assert (back.version, back.previous) == (1, 2)
    assert ask(dsn, "SELECT count(*) FROM registry.current_camera") == [(300,)]
    assert not registry.rollback(1).fresh
    assert registry.rollback(2).version == 2
    listed = [(one.number, one.cameras, one.note, one.current) for one in registry.versions()]
    assert listed == [(2, 200, "smaller", True), (1, 300, "", False)]
    history = ask(dsn, "SELECT action, version, previous, role FROM registry.history ORDER BY sequence")
    assert history == [
        ("publish", 1, None, "citycam"),
        ("publish", 2, 1, "citycam"),
        ("rollback", 1, 2, "citycam"),
        ("rollback", 2, 1, "citycam"),
    ]
    with pytest.raises(ConfigError, match="no version 7"):
        registry.rollback(7)


def test_a_publication_that_breaks_leaves_nothing_behind(registry: Registry, dsn: str) -> None:
    registry.publish(FIRST)
    assert SECOND.plan is not None
    stray = SECOND.plan.model_copy(update={"gateways": SECOND.plan.gateways[1:]})
    with pytest.raises(EnvironmentFailure, match="not published") as failure:
        registry.publish(replace(SECOND, plan=stray))
    assert "foreign key" in failure.value.why
    assert "canary" not in str(failure.value)
    assert ask(dsn, "SELECT count(*) FROM registry.version") == [(1,)]
    assert ask(dsn, "SELECT count(*) FROM registry.current_camera") == [(300,)]


def test_publishers_take_turns(registry: Registry, dsn: str) -> None:
    numbers: list[int] = []
    many = [replace(SECOND, inventory_digest=f"sha256:{number:064x}") for number in range(4)]
    threads = [threading.Thread(target=lambda one=one: numbers.append(registry.publish(one).version)) for one in many]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert sorted(numbers) == [1, 2, 3, 4]
    assert ask(dsn, "SELECT count(*) FROM registry.camera") == [(800,)]


def test_decisions_are_published_with_their_hashes(registry: Registry, dsn: str, tmp_path: Path) -> None:
    log = DecisionLog(tmp_path / "decisions.jsonl")
    proposal = {"id": "DX-1", "title": "Camera \0"}
    with log.held() as chain:
        bodies = [{"kind": "decision", "proposal": proposal, "ruling": one} for one in ("needs-review", "refused")]
        chain.add(bodies, datetime(2026, 11, 24, tzinfo=UTC))
    entries = log.entries()
    registry.publish(replace(FIRST, decisions=entries))
    assert ask(dsn, "SELECT sequence, ruling, hash FROM registry.decision ORDER BY sequence") == [
        (1, "needs-review", entries[0].hash),
        (2, "refused", entries[1].hash),
    ]
    assert ask(dsn, "SELECT proposal, ruling FROM registry.current_decision") == [("DX-1", "refused")]


def test_the_schema_can_be_taken_down_and_made_again(registry: Registry, dsn: str) -> None:
    registry.publish(FIRST)
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(dsn))
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    engine.dispose()
    assert ask(dsn, "SELECT to_regclass('registry.camera')") == [(None,)]
    assert registry.publish(FIRST).version == 1


def call(*arguments: object) -> tuple[int, Any, str]:
    """The command line in this process: exit code, data, and all that it said."""
    done = CliRunner().invoke(app, [*map(str, arguments), "--json"])
    return done.exit_code, json.loads(done.stdout).get("data"), done.output


def test_the_command_line_publishes_and_goes_back_without_a_password_in_its_arguments(
    registry: Registry, dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert registry.versions() == []
    secret, service = tmp_path / "dsn", tmp_path / "pg_service.conf"
    secret.touch(mode=0o600)
    secret.write_text(dsn, encoding="utf-8")
    inventory, plan = tmp_path / "inventory.jsonl", tmp_path / "plan.json"
    for number, count in ((1, 60), (2, 80)):
        inventory.write_text(dump_records(RECORDS[:count]), encoding="utf-8")
        assert call("plan", "-i", inventory, "-o", plan)[0] == 0
        code, data, said = call("inventory", "publish", "-i", inventory, "--plan", plan, "--dsn-file", secret)
        assert (code, data["version"]) == (0, number)
        assert "canary" not in said
    assert call("inventory", "rollback", 1, "--dsn-file", secret)[1]["previous"] == 2
    service.write_text("[citycam]\n" + dsn.replace(" ", "\n") + "\n", encoding="utf-8")
    monkeypatch.setenv("PGSERVICEFILE", str(service))
    listed = call("inventory", "published", "--service", "citycam")[1]
    assert [(one["number"], one["cameras"], one["current"]) for one in listed] == [(2, 80, False), (1, 60, True)]
    assert call("inventory", "rollback", 9, "--dsn-file", secret)[0] == 2
    assert call("inventory", "published")[0] == 2, "no database was named"
    inventory.write_text(dump_records(RECORDS[:70]), encoding="utf-8")
    assert call("inventory", "publish", "-i", inventory, "--plan", plan, "--dsn-file", secret)[0] == 2
