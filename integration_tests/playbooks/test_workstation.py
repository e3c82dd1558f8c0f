from __future__ import annotations

import pytest

from infra.playbook import run_playbook

pytestmark = pytest.mark.docker


def test_set_up_again_changes_nothing_and_its_check_agrees() -> None:
    again, checked = run_playbook("workstation.yml"), run_playbook("workstation.yml", check=True)
    assert (again.changed, again.failed) == (0, 0)
    assert (checked.changed, checked.failed) == (0, 0)
