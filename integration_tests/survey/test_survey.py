"""What a survey finds out about an inventory, and what it never does to devices."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from citycam.inventory.survey.journal import load_survey
from integration_tests.command import CITYCAM, settings
from integration_tests.survey.stand import KEY, Stand, standing
from integration_tests.waiting import wait_for
from simulators.profiles.profile import load_profile

MODELS = ["hikvision-network", "axis-network", "dahua-network", "hikvision-recorder", "generic-d1", "sony-network"]


@pytest.fixture
def stand(tmp_path: Path, video: Path, cache: Path) -> Iterator[Stand]:
    network = f"127.19.{210 + os.getpid() % 40}.0"
    with standing(tmp_path, MODELS, video, cache, network, prefix=28) as found:
        yield found


def test_unknown_absent_moved_and_other_than_declared(stand: Stand) -> None:
    hikvision, axis, dahua, *_ = stand.cameras
    nobody = IPv4Address(int(hikvision.address) + 12)
    declared = [camera for camera in stand.cameras if camera is not axis]
    declared[0] = hikvision.model_copy(update={"address": nobody})
    declared[1] = dahua.model_copy(update={"stream": dahua.stream.model_copy(update={"fps": 25, "codec": "h265"})})
    profile = load_profile("sony-network")
    sub = profile.sub_of(1)
    assert sub is not None
    declared[-1] = declared[-1].model_copy(update={"path": sub[0], "stream": sub[1]})
    lost = hikvision.model_copy(update={"id": "cam-000090", "serial": "LOST", "mac": "02:00:00:00:00:99"})
    far = lost.model_copy(
        update={"id": "cam-000091", "serial": "FAR", "mac": "02:00:00:00:00:98", "address": IPv4Address("10.1.2.3")}
    )
    lost = lost.model_copy(update={"address": IPv4Address(int(nobody) + 1)})
    ended = stand.survey(inventory=[*declared, lost, far])
    assert ended.code == 0, ended.said
    data = ended.data
    findings = data["findings"]
    assert findings["moved"] == {hikvision.id: {"from": str(nobody), "to": str(hikvision.address)}}
    assert findings["found"][declared[-1].id] == str(declared[-1].address), "by its sub stream, which is declared"
    assert findings["absent"] == ["cam-000090"]
    assert findings["outside"] == ["cam-000091"]
    assert [(one["address"], one["serial"]) for one in findings["unknown"]] == [(str(axis.address), axis.serial)]
    differ = {(one["camera"], one["field"]): (one["declared"], one["found"]) for one in findings["differences"]}
    assert differ.pop((dahua.id, "fps")) == (25.0, pytest.approx(10, rel=0.02))
    assert differ == {
        (hikvision.id, "address"): (str(nobody), str(hikvision.address)),
        (dahua.id, "codec"): ("h265", "h264"),
    }
    assert json.loads(stand.out.with_suffix(".findings.json").read_text())["absent"] == ["cam-000090"]


def test_a_wrong_password_is_tried_once_even_by_a_second_run(stand: Stand) -> None:
    camera = stand.cameras[0]
    stand.wrong[str(camera.address)] = "wrong-word"
    ended = stand.survey()
    assert ended.data["refused"] == {str(camera.address): ["admin"]}
    assert stand.callers()["devices_by_refused_logins"] == {"1": 1}
    visit = stand.visits()[str(camera.address)]
    assert "RTSP: no account was let in" in visit.notes
    assert {"auth", "clock_error_s", "onvif_endpoint"} <= visit.facts.keys(), "what needs no account is known"
    assert "serial" not in visit.facts
    kept = [
        line for line in stand.out.read_text().splitlines() if f'"{camera.address}"' not in line or "refused" in line
    ]
    stand.out.write_text("\n".join(line for line in kept if '"visit"' not in line) + "\n")
    stand.survey()
    assert stand.callers()["devices_by_refused_logins"] == {"1": 1}
    assert stand.visits()[str(camera.address)].refused == ("admin",)
    assert "wrong-word" not in stand.out.read_text() + ended.said + json.dumps(ended.answer)


def test_a_device_of_another_network_is_not_touched(stand: Stand) -> None:
    first, *_ = stand.cameras
    stand.network = f"{first.address}/32"
    data = stand.survey(inventory=stand.cameras).data
    assert (data["addresses"], data["devices"]) == (1, 1)
    assert len(data["findings"]["outside"]) == len(stand.cameras) - 1
    assert sum(stand.callers()["devices_by_most_connections"].values()) == 1


def test_two_connections_at_once_are_the_most_and_none_is_left(stand: Stand) -> None:
    stand.survey()
    seen = stand.callers()
    assert set(seen["devices_by_most_connections"]) <= {"1", "2"}
    assert sum(seen["devices_by_most_connections"].values()) == len(MODELS)
    assert seen["devices_by_refused_logins"] == {}
    wait_for(stand.fleet.status, lambda status: status["connections"] == 0, "fleet without callers")


def test_what_was_found_is_kept_when_it_is_interrupted_and_a_second_run_goes_on(stand: Stand) -> None:
    call = [*CITYCAM, *stand.arguments("--devices", "2", "--json")]
    process = subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=settings())
    wait_for(
        lambda: stand.out.read_text().count('"visit"') if stand.out.exists() else 0, lambda seen: seen >= 2, "visits"
    )
    process.send_signal(signal.SIGINT)
    answer, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    before = load_survey(stand.out)
    assert 2 <= len(before.visits) < 14
    assert not before.whole
    data = json.loads(answer)["data"]
    assert (data["whole"], data["addresses"]) == (False, len(before.visits))
    wait_for(stand.fleet.status, lambda status: status["connections"] == 0, "fleet that everybody left in order")
    assert stand.survey().data["whole"]
    after = load_survey(stand.out)
    assert len(after.visits) == 14
    assert {address: after.visits[address] for address in before.visits} == before.visits


def test_accounts_come_from_the_secret_store(stand: Stand, tmp_path: Path) -> None:
    from citycam.inventory.inventory import FILE, dump_records
    from citycam.inventory.network import Credentials
    from citycam.inventory.secret_store import SecretStore, load_key
    from citycam.inventory.survey.roster import records_of
    from citycam.model.credentials import camera_password

    folder, key = tmp_path / "inventory", tmp_path / "keys" / "key"
    records = [record.model_copy(update={"secret": f"secret-{record.id}"}) for record in records_of(stand.cameras)]
    folder.mkdir()
    (folder / FILE).write_text(dump_records(records))
    secrets = {f"secret-{one.id}": Credentials("admin", camera_password(KEY, one.serial)) for one in stand.cameras}
    SecretStore(folder / "secrets.json", load_key(key)).put(secrets)
    call = stand.arguments("--inventory", str(folder), "--accounts", str(folder / "secrets.json"), "--key", str(key))
    from integration_tests.command import citycam

    data = citycam(*call).data
    assert data["measured"] == len(stand.cameras)
    assert stand.callers()["devices_by_refused_logins"] == {}
