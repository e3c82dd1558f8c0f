from __future__ import annotations

from pathlib import Path

import pytest
from pulumi.runtime import config

from citycam.model.errors import ConfigError, EnvironmentFailure
from citycam.model.workspace import Workspace
from infra.images.contexts import tags
from infra.program import declare
from infra.settings import Settings
from infra.tests.mocked import IMAGES, certified, local, run_program


def by_hand(stack: str, **configured: str) -> Settings:
    found: list[Settings] = []

    def program() -> None:
        config.set_all_config({f"citycam:{key}": value for key, value in configured.items()})
        found.append(Settings.by_hand())

    run_program(program, stack)
    return found[0]


def test_by_hand_a_stack_is_called_after_its_environment_and_stands() -> None:
    settings = by_hand("local")
    assert settings.environment == local()
    assert settings.workspace == Workspace.of("local")
    assert settings.images == tags()
    assert settings.standing


def test_by_hand_the_configuration_may_name_another_environment_and_take_the_services_down() -> None:
    settings = by_hand("another", environment="environments/local.yaml", standing="false")
    assert settings.environment == local()
    assert not settings.standing


def test_by_hand_a_stack_without_an_environment_is_a_mistake() -> None:
    with pytest.raises(ConfigError, match=r"environments/nowhere\.yaml: cannot read"):
        by_hand("nowhere")


def test_certificates_are_read_where_the_playbook_puts_them(tmp_path: Path) -> None:
    settings = Settings(local(), certified(tmp_path), IMAGES)
    assert settings.pki("edge.crt") == (settings.workspace.pki / "edge.crt").read_text(encoding="ascii")


def test_without_certificates_a_preview_works_and_an_up_names_the_missing_file(tmp_path: Path) -> None:
    settings = Settings(local(), Workspace(tmp_path), IMAGES)
    seen = run_program(lambda: declare(settings), preview=True)
    assert seen.one("Secret", "edge-key")["content"] == ""
    with pytest.raises(EnvironmentFailure) as failure:
        run_program(lambda: declare(settings))
    assert failure.value.where == str(tmp_path / "pki" / "edge.crt")
