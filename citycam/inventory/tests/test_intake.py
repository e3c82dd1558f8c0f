import multiprocessing
import os
import shutil
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from citycam.inventory import intake
from citycam.inventory.intake import take, take_one
from citycam.inventory.tests.test_submission import TITLES, camera, xlsx

NOW = datetime(2026, 9, 1, tzinfo=UTC)


def test_processes_give_what_one_process_gives(tmp_path: Path) -> None:
    files = []
    for at in range(5):
        files.append(tmp_path / f"{at}.xlsx")
        files[-1].write_bytes(xlsx([TITLES, camera(at), camera(at + 10, MAC="x1")]))
    (tmp_path / "9.csv").write_bytes(b"")
    files.append(tmp_path / "9.csv")
    alone = take(files, NOW, workers=1)
    assert take(files[::-1], NOW, workers=2) == alone
    assert [one.refusal.wrong for one in alone if one.refusal] == ["the file is empty"]


def test_who_interrupts_waits_for_nobody(tmp_path: Path) -> None:
    files = [tmp_path / f"{at}.csv" for at in range(5)]
    for path in files:
        path.touch()

    def interrupted(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        take(files, NOW, 2, interrupted)
    assert multiprocessing.active_children() == []
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())


def test_a_surprise_in_a_parser_is_that_files_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.csv"
    path.write_text("x")

    def surprised(*_: object) -> None:
        raise RecursionError

    monkeypatch.setattr(intake, "read_submission", surprised)
    taken = take_one(path, NOW)
    assert taken.refusal is not None
    assert "a bug in citycam: RecursionError" in taken.refusal.wrong


@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir])
def test_what_would_never_end_is_not_read(make: Callable[[Path], None], tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    make(path)
    refused = take_one(path, NOW).refusal
    assert refused is not None
    assert "folder" in refused.wrong


def test_what_cannot_be_opened_and_what_is_too_large_is_refused(tmp_path: Path) -> None:
    absent = take_one(tmp_path / "absent.xlsx", NOW)
    assert absent.refusal is not None
    assert "cannot be read" in absent.refusal.wrong
    large = tmp_path / "large.csv"
    with large.open("wb") as file:
        os.truncate(file.fileno(), 65 * 2**20)
    refused = take_one(large, NOW)
    assert refused.refusal is not None
    assert "bytes" in refused.refusal.wrong
    shutil.rmtree(tmp_path)
