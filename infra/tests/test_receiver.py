from __future__ import annotations

from pathlib import Path

import pytest

from citycam.model.environment import Environment, Monitoring, Receiver
from citycam.model.errors import ConfigError
from infra.receiver import AlertReceiver, read_receiver
from infra.tests.mocked import local
from integration_tests.database.certificates import certify

URL = "https://alerts.example/citycam"


def told(**files: Path) -> Environment:
    receiver = Receiver(url=URL, **files)
    return local().model_copy(update={"monitoring": Monitoring(receiver=receiver)})


def token(folder: Path, content: bytes, mode: int = 0o600) -> Environment:
    (folder / "token").write_bytes(content)
    (folder / "token").chmod(mode)
    return told(token=Path("token"))


def test_nobody_is_told_unless_somebody_is_named(tmp_path: Path) -> None:
    assert read_receiver(local(), tmp_path) is None
    assert read_receiver(told(), tmp_path) == AlertReceiver(URL)


def test_files_are_read_from_the_checkout_on_and_the_token_is_not_shown(tmp_path: Path) -> None:
    found = read_receiver(token(tmp_path, b"hush\n"), tmp_path)
    assert found == AlertReceiver(URL, "hush")
    assert "hush" not in repr(found)


def test_the_authority_is_carried_as_it_is(tmp_path: Path) -> None:
    certify(tmp_path, {})
    found = read_receiver(told(authority=Path("ca")), tmp_path)
    assert found == AlertReceiver(URL, authority=(tmp_path / "ca").read_text())


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"", "no token"), (b"Bearer hush", "no token"), (b"hush\nhush\n", "no token"), (b"hush\xff", "cannot be read")],
)
def test_what_is_no_token_is_refused_and_not_quoted(tmp_path: Path, content: bytes, says: str) -> None:
    with pytest.raises(ConfigError, match=says) as caught:
        read_receiver(token(tmp_path, content), tmp_path)
    assert caught.value.where == str(tmp_path / "token")
    assert "hush" not in str(caught.value)


def test_a_token_that_others_may_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="others may read this token") as caught:
        read_receiver(token(tmp_path, b"hush", mode=0o640), tmp_path)
    assert caught.value.next == f"chmod 600 {tmp_path / 'token'}"


@pytest.mark.parametrize("name", ["token", "authority"])
def test_a_file_that_is_not_there_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="names a file that cannot be read") as caught:
        read_receiver(told(**{name: Path("absent")}), tmp_path)
    assert caught.value.where == str(tmp_path / "absent")
    assert caught.value.why == "No such file or directory"


def test_an_authority_that_is_no_certificate_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ca").write_text("a key, perhaps")
    with pytest.raises(ConfigError, match="no certificate in PEM"):
        read_receiver(told(authority=Path("ca")), tmp_path)
