"""The Pulumi CLI by hand, as the how-to tells: it works on the very stack that `citycam stack` made."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

from citycam.model.workspace import PROJECT, Workspace

from .platform import Platform

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]


def by_hand(stack: str, command: str) -> subprocess.CompletedProcess[str]:
    """A command in a shell that was told of the stack."""
    script = f'eval "$({sys.executable} -m infra.shell {stack})" && cd infra && {command}'
    return subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=False, cwd=PROJECT)


def test_a_preview_by_hand_finds_what_the_command_line_made(platform: Platform) -> None:
    name = platform.environment.name
    settings = PROJECT / "infra" / f"Pulumi.{name}.yaml"
    try:
        ended = by_hand(
            name, f"pulumi config set environment {platform.file} && pulumi preview --refresh --expect-no-changes"
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        assert "53 unchanged" in ended.stdout
        platform.rewrite("https_port: 18443", "https_port: 18543")
        try:
            changed = by_hand(name, "pulumi preview --expect-no-changes")
        finally:
            platform.rewrite("https_port: 18543", "https_port: 18443")
        assert changed.returncode != 0
        assert "changes were proposed" in changed.stdout + changed.stderr
    finally:
        settings.unlink(missing_ok=True)


def test_a_stack_that_never_was_can_be_previewed() -> None:
    try:
        ended = by_hand("by-hand", "pulumi config set environment environments/local.yaml && pulumi preview")
        assert ended.returncode == 0, ended.stdout + ended.stderr
        assert "to create" in ended.stdout
    finally:
        by_hand("by-hand", "pulumi stack rm --yes by-hand")
        (PROJECT / "infra" / "Pulumi.by-hand.yaml").unlink(missing_ok=True)
        shutil.rmtree(Workspace.of("by-hand").root)
