from __future__ import annotations

import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

import ansible_runner  # type: ignore[import-untyped]  # it has no types
import psutil
import pytest

from citycam.inventory.roster import load_inventory
from citycam.model.credentials import camera_password
from citycam.model.environment import load_environment
from citycam.model.errors import ConfigError, EnvironmentFailure
from citycam.model.workspace import PROJECT
from citycam.plan.plan import make_plan
from infra.playbook import HostResult, TaskEvent, run_playbook, site_variables

PLAYBOOK = """
- name: Trial
  hosts: localhost
  gather_facts: false
  tasks:
    - name: Write
      ansible.builtin.copy:
        content: "{{ trial_words }}"
        dest: "{{ trial_file }}"
        mode: "0600"
    - name: Judge
      ansible.builtin.assert:
        that: trial_words != 'wrong'
        fail_msg: these words are wrong
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "playbooks").mkdir()
    (tmp_path / "playbooks/trial.yml").write_text(PLAYBOOK, encoding="utf-8")
    shutil.copytree(PROJECT / "playbooks/inventories", tmp_path / "playbooks/inventories")
    shutil.copy(PROJECT / "ansible.cfg", tmp_path)
    return tmp_path


def test_counts_and_events_say_what_was_done_and_nothing_is_left(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = project / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    heard: list[TaskEvent] = []
    variables = {"trial_words": "right and secret", "trial_file": str(project / "written")}
    first = run_playbook("trial.yml", variables, on_event=heard.append, project=project)
    again = run_playbook("trial.yml", variables, project=project)
    assert (first.ok, first.changed, again.changed, again.failed) == (2, 1, 0, 0)
    assert heard == [TaskEvent("Write", "", "changed"), TaskEvent("Judge", "", "ok")]
    assert list(temporary.iterdir()) == []
    files = (file for file in project.rglob("*") if file.is_file() and file.name != "written")
    assert [file for file in files if b"secret" in file.read_bytes()] == []


def test_a_failed_task_is_named_with_its_message_in_check_mode_too(project: Path) -> None:
    variables = {"trial_words": "wrong", "trial_file": str(project / "written")}
    with pytest.raises(EnvironmentFailure) as failure:
        run_playbook("trial.yml", variables, check=True, project=project)
    assert failure.value.why == "trial.yml: Judge: these words are wrong"
    assert not (project / "written").exists()


def test_an_interrupt_ends_the_playbook_and_the_next_one_is_ours_again(project: Path) -> None:
    before = signal.getsignal(signal.SIGINT)
    waits = """
    - name: Wait for what never comes
      ansible.builtin.wait_for:
        path: "{{ trial_file }}.never"
        timeout: 300
"""
    with (project / "playbooks/trial.yml").open("a", encoding="utf-8") as playbook:
        playbook.write(waits)

    def interrupt(event: TaskEvent) -> None:
        if event.task == "Judge":
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        run_playbook(
            "trial.yml", {"trial_words": "x", "trial_file": str(project / "y")}, on_event=interrupt, project=project
        )
    assert signal.getsignal(signal.SIGINT) is before
    commands = [process.info["cmdline"] or [] for process in psutil.process_iter(["cmdline"])]
    assert [command for command in commands if str(project) in " ".join(command)] == []


@pytest.fixture
def handlers() -> Iterator[list[object]]:
    """The handlers of the signals that the runner takes."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield list(before.values())
    for number, handler in before.items():
        signal.signal(number, handler)


def handled() -> list[object]:
    return [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]


def ending(monkeypatch: pytest.MonkeyPatch, status: str) -> None:
    """A runner that takes the signals, as ansible-runner does, and ends so."""

    def run(**_: object) -> SimpleNamespace:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_IGN)
        return SimpleNamespace(status=status, stdout=StringIO())

    monkeypatch.setattr(ansible_runner, "run", run)


def test_ctrl_c_goes_on_working_after_a_playbook_however_it_ends(
    project: Path, monkeypatch: pytest.MonkeyPatch, handlers: list[object]
) -> None:
    ending(monkeypatch, "successful")
    run_playbook("trial.yml", project=project)
    assert handled() == handlers
    ending(monkeypatch, "failed")
    with pytest.raises(EnvironmentFailure, match="failed"):
        run_playbook("trial.yml", project=project)
    assert handled() == handlers


def test_a_playbook_that_was_interrupted_is_an_interrupt(
    project: Path, monkeypatch: pytest.MonkeyPatch, handlers: list[object]
) -> None:
    ending(monkeypatch, "canceled")
    with pytest.raises(KeyboardInterrupt):
        run_playbook("trial.yml", project=project)
    assert handled() == handlers


def test_beside_the_main_thread_signals_are_nobodys_business(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ending(monkeypatch, "successful")
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(run_playbook, "trial.yml", project=project).result().failed == 0


INVENTORY = """
all:
  vars: {ansible_python_interpreter: "{{ ansible_playbook_python }}"}
  hosts:
    here: {ansible_connection: local}
    there: {ansible_connection: local}
    nowhere: {ansible_host: 127.0.0.1, ansible_port: 9, ansible_ssh_common_args: -F /dev/null}
"""


@pytest.fixture
def hosts(project: Path) -> Path:
    (project / "hosts.yml").write_text(INVENTORY, encoding="utf-8")
    play = PLAYBOOK.replace("localhost", "all").replace("trial_file }}", "trial_file }}-{{ inventory_hostname }}")
    (project / "playbooks/trial.yml").write_text(
        play + "    - ansible.builtin.set_stats: {data: {seen: 7}}\n", encoding="utf-8"
    )
    return project / "hosts.yml"


def test_every_host_has_its_own_counts_and_a_limit_leaves_the_others_alone(project: Path, hosts: Path) -> None:
    variables = {"trial_words": "right", "trial_file": str(project / "written")}
    result = run_playbook("trial.yml", variables, project=project, inventory=hosts, limit="here")
    assert result.hosts == {"here": HostResult(ok=3, changed=1)}
    assert result.data == {"seen": 7}
    assert not (project / "written-there").exists()
    result = run_playbook("trial.yml", variables, project=project, inventory=hosts, limit="here:there")
    assert {host: counts.changed for host, counts in result.hosts.items()} == {"here": 0, "there": 1}


def test_a_host_that_cannot_be_reached_is_named_and_the_others_go_on(project: Path, hosts: Path) -> None:
    heard: list[TaskEvent] = []
    variables = {"trial_words": "right", "trial_file": str(project / "written")}
    with pytest.raises(EnvironmentFailure) as failure:
        run_playbook("trial.yml", variables, on_event=heard.append, project=project, inventory=hosts)
    assert (failure.value.details["unreachable"], failure.value.details["data"]) == (1, {"seen": 14})
    assert failure.value.why.startswith("nowhere: trial.yml: Write: ")
    assert "refused" in failure.value.why
    assert [(event.host, event.state) for event in heard if event.state == "unreachable"] == [
        ("nowhere", "unreachable")
    ]
    assert (project / "written-there").exists()


def test_a_missing_inventory_is_a_mistake_of_the_caller(project: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such inventory"):
        run_playbook("trial.yml", project=project, inventory=project / "none.yml")


def test_a_playbook_that_is_not_there_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ConfigError, match="there is no such playbook"):
        run_playbook("sight.yml")


def test_site_variables_give_each_gateway_its_cameras_with_their_passwords(tmp_path: Path) -> None:
    environment = load_environment(PROJECT / "environments/local.yaml")
    plan = make_plan(load_inventory(PROJECT / "inventories/smoke.csv"), environment)
    key = b"k" * 32
    variables = site_variables(environment, plan, key, tmp_path)
    gateways = variables["gateway_config_gateways"]
    assert [gateway["name"] for gateway in gateways] == environment.gateway_names
    assert {gateway["name"]: [camera["id"] for camera in gateway["cameras"]] for gateway in gateways} == plan.gateways
    camera = gateways[0]["cameras"][0]
    serials = {camera.id: camera.serial for camera in load_inventory(PROJECT / "inventories/smoke.csv")}
    assert camera["password"] == camera_password(key, serials[camera["id"]])
    assert camera.keys() == {"id", "address", "port", "path", "username", "password", "transport"}
    assert variables["gateway_config_part"] == "1s"
    assert variables["gateway_config_retention"] == "86400s"
