"""`citycam fleet` with bad input: one clear error with its place, its exit code, nothing started."""

from __future__ import annotations

import json
import socket
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from citycam.cli.estate import Estate
from citycam.cli.main import app
from citycam.inventory.roster import dump_csv
from citycam.model.camera import Camera
from citycam.model.errors import ExitCode
from integration_tests.command import CITYCAM, settings
from simulators.fleet.bench import free_port, loopback_cameras

GOOD = "{model: generic-d1, share: 1, stream: {width: 704, height: 576, fps: 10, bitrate: 256000}}"


def _mix(folder: Path, part: str) -> str:
    file = folder / "mine.yaml"
    file.write_text(f"schema_version: 1\ntitle: mine\nparts:\n  - {part}\n", encoding="utf-8")
    return str(file)


def _refused(*arguments: str, code: ExitCode = ExitCode.CONFIG) -> str:
    """What is said by a call that must fail."""
    done = CliRunner().invoke(app, ["fleet", *arguments])
    assert done.exit_code == code, done.output
    return done.stderr


@pytest.mark.parametrize(
    ("part", "says"),
    [
        (GOOD.replace("generic-d1", "hikvison-network"), "did you mean 'hikvision-network'"),
        (GOOD.replace("share", "shar"), "did you mean 'share'"),
        (GOOD.replace("fps: 10", "fps: 600"), "fps"),
        (GOOD.replace("fps: 10", "fps: 0"), "fps"),
        (GOOD.replace("share: 1", "share: 0"), "share"),
    ],
)
def test_a_wrong_mix_is_named_with_its_line(tmp_path: Path, part: str, says: str) -> None:
    root = tmp_path / "root"
    said = _refused("up", "--profile-mix", _mix(tmp_path, part), "--root", str(root))
    assert says in said
    assert "mine.yaml:4" in said
    assert not root.exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--profile-mix", "saigon.yaml"), "known: d1.yaml, every-codec.yaml, hanoi.yaml"),
        (("--cameras", "20", "--network", "127.18.0.0/29", "--profile-mix", "d1.yaml"), "6 addresses hold 6 cameras"),
        (("--network", "10.0.0.0/8"), "not in 127.0.0.0/8"),
        (("--network", "127.18.0.1/15"), "host bits"),
        (("--cameras", "0"), "--cameras"),
        (("--ramp", "10"), "give a number and its unit"),
        (("--processes", "none"), "neither auto nor a number"),
        (("--inventory", "absent.csv"), "absent.csv"),
        (("--inventory", "absent.csv", "--cameras", "5"), "from an inventory or from a mix"),
        (("--timeline", "absent.yaml"), "absent.yaml"),
        (("--http-port", "8554"), "two services have one port"),
        (("--metrics", "9464"), "'9464' is not host:port"),
        (("--metrics", "127.0.0.1:99999"), "is not host:port"),
        (("--metrics", "127.0.0.1:8554"), "rtsp has 8554 too"),
    ],
)
def test_a_wrong_option_is_named(tmp_path: Path, arguments: tuple[str, ...], says: str) -> None:
    assert says in _refused("up", *arguments, "--root", str(tmp_path / "root"))


def test_absent_footage_is_named(tmp_path: Path) -> None:
    given = ("--footage", "absent.mp4", "--port", str(free_port()))
    assert "absent.mp4" in _refused("up", *given, "--root", str(tmp_path / "root"))


def _inventory(folder: Path, *cameras: Camera) -> str:
    file = folder / "cameras.csv"
    file.write_text(dump_csv(cameras), encoding="utf-8")
    return str(file)


def test_an_inventory_of_another_place_or_of_two_ports_is_refused(tmp_path: Path) -> None:
    one, two = loopback_cameras(2, 18554)
    away = one.model_copy(update={"address": "192.0.2.7"})
    root = ("--root", str(tmp_path / "root"))
    assert "no address of this machine" in _refused("up", "--inventory", _inventory(tmp_path, away), *root)
    other = two.model_copy(update={"port": 554})
    assert "one RTSP port" in _refused("up", "--inventory", _inventory(tmp_path, one, other), *root)


def test_a_taken_port_is_the_environments_fault(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", 0))
        taken.listen()
        port = taken.getsockname()[1]
        for wanted in (("--port", str(port)), ("--http-port", str(port)), ("--metrics", f"127.0.0.1:{port}")):
            given = ("--port", str(free_port()), *wanted)
            said = _refused("up", *given, "--root", str(tmp_path / "root"), code=ExitCode.ENVIRONMENT)
            assert f"port {port} is taken" in said
            assert "encode" not in said  # minutes, on a machine that never had a fleet


def test_a_timeline_that_strikes_nobody_is_named_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "faults.yaml"
    file.write_text("schema_version: 1\nevents:\n  - {at: 1s, fault: reboot}\n  - {at: 2s, fault: rebot}\n")
    said = _refused("up", "--timeline", str(file), "--root", str(tmp_path / "root"))
    assert "faults.yaml:4" in said
    assert "unknown fault 'rebot'" in said
    file.write_text("schema_version: 1\nevents:\n  - {at: 1s, fault: reboot,\n     cameras: {site: nowhere}}\n")
    said = _refused("up", "--timeline", str(file), "--root", str(tmp_path / "root"))
    assert "faults.yaml:4" in said
    assert "strikes no camera" in said


@pytest.mark.parametrize(
    "arguments", [("status",), ("down",), ("heal",), ("fault", "reboot", "cam-000001")], ids=lambda found: found[0]
)
def test_without_a_fleet_nothing_answers(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    assert "does not answer" in _refused(*arguments, "--root", str(tmp_path), code=ExitCode.ENVIRONMENT)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("credentials", "all"), "no fleet was started here"),
        (("ledger",), "there is no ledger here"),
        (("fault",), "name a kind of fault"),
        (("fault", "reboot"), "a fault needs cameras"),
        (("fault", "drop-frames", "cam-000001", "--set", "every"), "not key=value"),
    ],
)
def test_what_is_missing_is_said(tmp_path: Path, arguments: tuple[str, ...], says: str) -> None:
    assert says in _refused(*arguments, "--root", str(tmp_path))


def test_credentials_are_those_of_the_cameras_asked_for(tmp_path: Path) -> None:
    one, two = loopback_cameras(2, 18554)
    _inventory(tmp_path, one, two)
    (tmp_path / "key").write_text("a key of this test\n")
    done = CliRunner().invoke(app, ["fleet", "credentials", two.id, "--root", str(tmp_path), "--json"])
    (found,) = json.loads(done.stdout)["data"]
    assert found == {
        "camera": two.id,
        "url": f"rtsp://{two.address}:18554{two.path}",
        "username": "admin",
        "password": Estate(tmp_path).passwords([two])[two.id],
    }
    assert "no such camera: cam-000009" in _refused("credentials", "cam-000009", "--root", str(tmp_path))


def test_bad_input_ends_the_program_with_exit_code_2(tmp_path: Path) -> None:
    mix = _mix(tmp_path, GOOD.replace("fps: 10", "fps: 600"))
    command = [*CITYCAM, "fleet", "up", "--profile-mix", mix, "--root", str(tmp_path / "root")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=settings(), timeout=60)
    assert done.returncode == ExitCode.CONFIG
    assert done.stderr.startswith(f"error: {mix}:4: ")
    assert not done.stdout
