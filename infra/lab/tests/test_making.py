"""That hosts come up from what is made here is shown where an engine is: integration_tests/lab."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from citycam.model.errors import EnvironmentFailure
from citycam.model.workspace import Workspace
from infra.lab import making
from infra.lab.keys import Key
from infra.lab.layout import lay_out
from infra.lab.making import keep
from infra.lab.subnets import RANGE, free


def test_only_the_operator_reads_the_key_and_a_lab_made_again_has_another(tmp_path: Path) -> None:
    layout, subnets, workspace = lay_out(1), next(free([])), Workspace(tmp_path)
    addresses = {host: subnets.address(place) for place, host in enumerate(layout.hosts)}
    keys = {host: Key.make() for host in layout.hosts}
    for admin in (Key.make(), Key.make()):
        keep(workspace, "demo", layout, addresses, subnets.admin, keys, admin)
        private = workspace.ssh / "id_ed25519"
        assert (private.stat().st_mode & 0o777, private.read_bytes()) == (0o600, admin.private)
        assert (workspace.ssh / "id_ed25519.pub").read_text(encoding="utf-8").strip() == admin.public
    assert workspace.ssh.stat().st_mode & 0o777 == 0o700
    known = (workspace.ssh / "known_hosts").read_text(encoding="utf-8")
    assert all(key.public in known and key.private.decode() not in known for key in keys.values())
    assert "citycam_environment: demo" in workspace.hosts.read_text(encoding="utf-8")


class Engine:
    """An engine without networks, in which `why` is what it says of the first that is to have one of the `others`."""

    def __init__(self, why: str, *others: str) -> None:
        self.api = SimpleNamespace(networks=list)
        self.there: dict[str, str] = {}
        self._why, self._others = why, others

    def post(self, _: object, path: str, body: Mapping[str, Any]) -> dict[str, str]:
        subnet = body["IPAM"]["Config"][0]["Subnet"]
        if subnet in self._others:
            raise EnvironmentFailure("a network cannot be made", why=self._why)
        self.there[f"/networks/{subnet}"] = body["Name"]
        return {"Id": subnet}

    def remove(self, _: object, path: str) -> None:
        del self.there[path]


@pytest.mark.parametrize("why", ["Pool overlaps with other one on this address space", "no space left on device"])
def test_subnets_that_another_lab_took_meanwhile_are_passed_over_and_nothing_of_them_is_left(
    monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    monkeypatch.setattr(making, "_texts", lambda *_: [])  # this machine has no routes there
    pairs = free([], RANGE)
    quicker, then = next(pairs), next(pairs)
    engine = Engine(why, str(quicker.cameras))
    monkeypatch.setattr(making, "post", engine.post)
    monkeypatch.setattr(making, "remove", engine.remove)
    if "overlaps" in why:
        assert making._networks(cast(Any, engine), "demo") == then
        assert list(engine.there) == [f"/networks/{then.admin}", f"/networks/{then.cameras}"]
    else:
        with pytest.raises(EnvironmentFailure) as caught:
            making._networks(cast(Any, engine), "demo")
        assert (caught.value.why, engine.there) == (why, {})
