"""Secrets are where they are needed and nowhere else."""

from __future__ import annotations

import re

import psutil
import pytest

from citycam.model.errors import ExitCode
from integration_tests.command import citycam

from .platform import Platform, shown

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


def _log(platform: Platform, part: str) -> str:
    content: bytes = platform.container(part).logs()
    return content.decode(errors="replace")


def _found(text: str, secrets: dict[str, str]) -> list[str]:
    """Names of the secrets that the text has; never their values, for this ends in a log too."""
    return sorted(name for name, value in secrets.items() if value in text)
