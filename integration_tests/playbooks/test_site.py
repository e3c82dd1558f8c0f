from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from ruamel.yaml import YAML

from citycam.inventory.roster import load_inventory
from citycam.model.environment import Environment, load_environment
from citycam.model.workspace import PROJECT, Workspace
from citycam.plan.plan import Plan, make_plan
from infra.playbook import PlaybookResult, run_playbook, site_variables

pytestmark = pytest.mark.docker  # needs no engine, but root and seconds

ENVIRONMENT = load_environment(PROJECT / "environments/local.yaml")
PLAN = make_plan(load_inventory(PROJECT / "inventories/pilot.csv"), ENVIRONMENT)
KEY = b"k" * 32


def site(folder: Path, plan: Plan = PLAN, environment: Environment = ENVIRONMENT, **options: Any) -> PlaybookResult:
    return run_playbook("site.yml", site_variables(environment, plan, KEY, folder), **options)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folders of an environment after the first run, which a check had announced and not begun."""
    folder = tmp_path_factory.mktemp("site")
    assert site(folder, check=True).failed == 0
    assert list(folder.iterdir()) == []
    assert site(folder).changed > 0
    return folder


def paths(folder: Path, gateway: str) -> Any:
    return YAML(typ="safe").load(Workspace.of("local", folder).gateway_config(gateway) / "mediamtx.yml")["paths"]


def test_a_second_run_and_a_check_change_nothing(folder: Path) -> None:
    assert (site(folder).changed, site(folder, check=True).changed) == (0, 0)


def test_every_file_has_its_owner_and_mode(folder: Path) -> None:
    root = Workspace.of("local", folder).root
    wanted = {
        "pki": (0, 0o700),
        "pki/ca.key": (0, 0o600),
        "pki/edge.key": (0, 0o600),
        "pki/ca.crt": (0, 0o644),
        "pki/edge.crt": (0, 0o644),
        "gateways/gateway-1": (10001, 0o755),
        "gateways/gateway-1/mediamtx.yml": (10001, 0o400),
        "gateways/gateway-1/cameras.json": (10001, 0o644),
        "recordings/gateway-2": (10001, 0o755),
    }
    found = {name: (root / name).stat() for name in wanted}
    assert {name: (stat.st_uid, stat.st_mode & 0o7777) for name, stat in found.items()} == wanted


def test_the_edge_certificate_names_the_edge_and_its_gateways(folder: Path) -> None:
    pki = Workspace.of("local", folder).pki
    edge, authority = (x509.load_pem_x509_certificate((pki / f"{name}.crt").read_bytes()) for name in ("edge", "ca"))
    edge.verify_directly_issued_by(authority)
    names = edge.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["citycam.internal", "*.citycam.internal", "localhost"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]
    assert authority.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_a_certificate_about_to_end_or_of_other_names_is_issued_again_with_its_key(folder: Path) -> None:
    pki = Workspace.of("local", folder).pki
    before = {name: (pki / name).read_bytes() for name in ("ca.crt", "edge.crt", "edge.key")}
    variables = site_variables(ENVIRONMENT, PLAN, KEY, folder)
    assert run_playbook("site.yml", {**variables, "pki_renew_days": 398}, tags=["pki"]).changed == 1
    renewed = (pki / "edge.crt").read_bytes()
    assert renewed != before["edge.crt"]
    assert run_playbook("site.yml", {**variables, "pki_edge_name": "other.internal"}, tags=["pki"]).changed == 2
    assert b"other" not in before["edge.crt"]
    assert run_playbook("site.yml", variables, tags=["pki"]).changed == 2
    assert [(pki / name).read_bytes() for name in ("ca.crt", "edge.key")] == [before["ca.crt"], before["edge.key"]]


def test_cameras_come_and_go_without_touching_the_others(folder: Path) -> None:
    before = paths(folder, "gateway-1")
    assert before.keys() == set(PLAN.gateways["gateway-1"])
    gone = PLAN.gateways["gateway-1"][0]
    fewer = PLAN.model_copy(update={"gateways": {**PLAN.gateways, "gateway-1": PLAN.gateways["gateway-1"][1:]}})
    assert site(folder, fewer).changed == 2
    after = paths(folder, "gateway-1")
    expected = Workspace.of("local", folder).gateway_config("gateway-1") / "cameras.json"
    assert {name: path for name, path in before.items() if name != gone} == after
    assert json.loads(expected.read_text(encoding="utf-8")) == sorted(after)
    assert site(folder).changed == 2
    assert paths(folder, "gateway-1") == before


def test_a_gateway_without_cameras_has_a_file_that_holds(folder: Path) -> None:
    nobody = Plan(environment="local", inventory_digest="", cameras=[], gateways={})
    site(folder, nobody)
    assert paths(folder, "gateway-2") == {}
    site(folder)
