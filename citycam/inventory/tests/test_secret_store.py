import stat
from pathlib import Path

import pytest

from citycam.inventory.network import Credentials
from citycam.inventory.secret_store import SecretStore, load_key
from citycam.model.errors import ConfigError
from citycam.model.workspace import PROJECT


def test_what_is_put_comes_back_and_lies_sealed(tmp_path: Path) -> None:
    path, key = tmp_path / "secrets.json", load_key(tmp_path / "keys" / "a.key")
    SecretStore(path, key).put({"secret-1": Credentials("admin", "Bimat1")})
    SecretStore(path, load_key(tmp_path / "keys" / "a.key")).put({"secret-2": Credentials("", "Bimat2")})
    store = SecretStore(path, key)
    assert store.get("secret-1") == Credentials("admin", "Bimat1")
    assert store.get("secret-2") == Credentials("", "Bimat2")
    assert store.get("secret-3") is None
    assert "Bimat" not in path.read_text()
    assert "admin" not in path.read_text()
    for file in (path, tmp_path / "keys" / "a.key"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_another_key_opens_nothing(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    SecretStore(path, load_key(tmp_path / "a.key")).put({"secret-1": Credentials("admin", "Bimat1")})
    with pytest.raises(ConfigError, match="another key"):
        SecretStore(path, load_key(tmp_path / "b.key")).get("secret-1")


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.key"
    load_key(path)
    path.chmod(0o640)
    with pytest.raises(ConfigError, match="others may read"):
        load_key(path)


def test_a_key_in_the_checkout_is_refused() -> None:
    with pytest.raises(ConfigError, match="in the checkout"):
        load_key(PROJECT / "inventory.key")


def test_what_is_no_key_and_no_store_is_refused(tmp_path: Path) -> None:
    wrong = tmp_path / "a.key"
    wrong.write_text("x")
    wrong.chmod(0o600)
    with pytest.raises(ConfigError, match="not a key"):
        load_key(wrong)
    (tmp_path / "secrets.json").write_text("[]")
    with pytest.raises(ConfigError, match="not a secret store"):
        SecretStore(tmp_path / "secrets.json", load_key(tmp_path / "b.key")).put({"s": Credentials("a", "b")})
