"""Secrets are where they are needed and nowhere else."""

from __future__ import annotations

import re
import subprocess

import psutil
import psycopg
import pytest

from citycam.model.errors import ExitCode
from infra.endpoints import database_dsn
from integration_tests.command import CITYCAM, citycam, settings
from integration_tests.waiting import wait_for

from .platform import Platform, everything, shown, versions

pytestmark = [pytest.mark.docker, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def secrets(platform: Platform) -> dict[str, str]:
    """Every value that somebody could look for, by a name for the message."""
    values = {f"output {name}": value for name, value in platform.outputs().secrets.items()}
    files = platform.secrets()
    for name, content in files.items():
        # A file of several secrets is looked for line by line; of `name: hash` also the hash alone counts.
        for number, line in enumerate(content.splitlines()):
            parts = [part for part in re.split(r"[\s:=,\"']+", line) if len(part) >= 20]
            values |= {f"{name}:{number}.{index}": part for index, part in enumerate(parts)}
    assert {name.partition(":")[0] for name in values} >= {*files, "output camera-key"}
    assert files.keys() >= {"camera-key", "database-password", "edge-key", "gateway-users", "operator-htpasswd"}
    return values


def test_they_are_in_no_plain_state(platform: Platform, secrets: dict[str, str]) -> None:
    files = [file for file in (platform.workspace.pulumi / "state").rglob("*") if file.is_file()]
    text = "\n".join(file.read_text(encoding="utf-8", errors="replace") for file in files)
    assert "ciphertext" in text
    assert _found(text, secrets) == []


def test_they_are_shown_by_no_inspection(platform: Platform, secrets: dict[str, str]) -> None:
    text = shown(platform.environment.name)
    assert platform.environment.service_name("gateway-1") in text
    assert _found(text, secrets) == []


def test_they_are_on_no_command_line(secrets: dict[str, str]) -> None:
    lines = [" ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"])]
    assert any("mediamtx" in line for line in lines)
    assert _found("\n".join(lines), secrets) == []


def test_they_are_in_no_log_however_much_is_said(platform: Platform, secrets: dict[str, str]) -> None:
    ended = citycam("--verbose", "stack", "up", "--environment", str(platform.file))
    assert ended.code == ExitCode.OK, ended.said
    assert "DEBUG" in ended.said
    logs = [_log(platform, part["part"]) for part in platform.citycam("status").data]
    assert _found("\n".join([ended.said, str(ended.answer), *logs]), secrets) == []


def test_the_passphrase_is_for_its_owner_alone(platform: Platform) -> None:
    assert (platform.workspace.pulumi / "passphrase").stat().st_mode & 0o777 == 0o600
    assert platform.workspace.pulumi.stat().st_mode & 0o777 == 0o700


def test_the_database_has_new_passwords_though_a_rotation_was_killed_and_all_else_stays(platform: Platform) -> None:
    before, services = platform.outputs().secrets, versions(platform)
    old = database_dsn(platform.environment, platform.outputs())
    rotate = ("hosts", "rotate-secrets", "--database", "--environment", str(platform.file))
    killed = psutil.Popen([*CITYCAM, *rotate], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=settings())
    secret = platform.environment.service_name("database-password")
    wait_for(lambda: everything(f"{secret}-"), lambda found: len(found) == 2, "new secret beside the old one")
    for each in (*killed.children(recursive=True), killed):
        each.kill()
    killed.wait(60)

    ended = citycam(*rotate)
    assert ended.code == ExitCode.OK, ended.said
    assert platform.citycam("up", "--expect-no-changes").code == ExitCode.OK
    after, renewed = platform.outputs().secrets, versions(platform)
    assert {name for name in before if before[name] != after[name]} == {"database-password"}
    database = platform.environment.service_name("database")
    assert {name for name in services if services[name] != renewed[name]} == {database}
    assert len(everything(f"{secret}-")) == 1
    psycopg.connect(database_dsn(platform.environment, platform.outputs())).close()
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(old).close()
    values = {"old": before["database-password"], "new": after["database-password"]}
    assert _found(ended.said + str(ended.answer), values) == []


def _log(platform: Platform, part: str) -> str:
    content: bytes = platform.container(part).logs()
    return content.decode(errors="replace")


def _found(text: str, secrets: dict[str, str]) -> list[str]:
    """Names of the secrets that the text has; never their values, for this ends in a log too."""
    return sorted(name for name, value in secrets.items() if value in text)
