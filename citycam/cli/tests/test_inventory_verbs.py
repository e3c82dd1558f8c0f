import json
import stat
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from citycam.cli.main import app
from citycam.inventory.defects import PASSWORD
from citycam.inventory.network import Credentials
from citycam.inventory.secret_store import SecretStore, load_key

HEADER = "Phường/xã;Số sê-ri;Vĩ độ;Kinh độ;Link RTSP\n"
ROW = "Phường Hoàn Kiếm;A1;21,0285;105,8542;rtsp://admin:Bimat1@10.0.0.1/live\n"


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["inventory", *map(str, arguments)])


def answer(*arguments: object) -> Any:
    done = run(*arguments, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)["data"]


def test_the_form_is_written(tmp_path: Path) -> None:
    assert run("template", "--out", tmp_path / "new" / "form.xlsx").exit_code == 0
    assert (tmp_path / "new" / "form.xlsx").read_bytes()[:2] == b"PK"


def test_submissions_come_in_and_credentials_go_to_the_store(tmp_path: Path) -> None:
    (tmp_path / "so.csv").write_text(HEADER + ROW, encoding="utf-8-sig")
    out = tmp_path / "out"
    told = answer("import", tmp_path / "so.csv", "--out", out, "--received", "2026-09-01")
    assert (told["rows"], told["cameras"], told["credentials_moved"]) == (1, 1, 1)
    (record,) = [json.loads(line) for line in (out / "inventory.jsonl").read_text().splitlines()[1:]]
    key = tmp_path / "config" / "citycam" / "inventory.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    store = SecretStore(out / "secrets.json", load_key(key))
    assert store.get(record["secret"]) == Credentials("admin", "Bimat1")
    assert not [path for path in out.rglob("*") if path.is_file() and "Bimat1" in path.read_text()]


def test_a_dry_run_says_everything_and_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "so.csv").write_text(HEADER + ROW.replace("21,0285", "10,7"))
    told = answer("import", tmp_path / "so.csv", "--out", tmp_path / "out", "--dry-run")
    assert told["rejected"] == 1
    (error,) = [one for one in told["findings"] if one["level"] == "error"]
    assert (error["row"], error["cell"], error["column"]) == (2, "C2", "Vĩ độ")
    assert "km outside Hanoi" in error["wrong"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["so.csv"]
    text = run("import", tmp_path / "so.csv", "--out", tmp_path / "out", "--dry-run").stdout
    assert "nothing was written" in text
    assert "C2" in text


def test_sampled_submissions_go_all_the_way_to_a_roster(tmp_path: Path) -> None:
    assert run("sample", "--cameras", 90, "--out", tmp_path / "in").exit_code == 0
    done = run("import", tmp_path / "in", "--out", tmp_path / "out", "--workers", 1)
    assert done.exit_code == 0
    assert "refused x-macro.xlsm" in done.stdout
    assert PASSWORD not in done.output
    left = answer("roster", tmp_path / "out", "--out", tmp_path / "roster.csv")
    assert left["cameras"] == len((tmp_path / "roster.csv").read_text().splitlines()) - 1 > 0
    assert (
        left["cameras"] + len(left["left_out"])
        == answer("import", tmp_path / "in", "--out", tmp_path / "out")["cameras"]
    )


def test_what_nobody_reads_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    (folder / "more.csv").mkdir(parents=True)
    (folder / "so.csv").write_text(HEADER + ROW)
    (folder / "scan.pdf").touch()
    (folder / "~$so.xlsx").touch()
    done = run("import", folder, "--out", tmp_path / "out")
    assert done.exit_code == 0
    assert "more.csv: left out, a folder: name it" in done.stderr
    assert "scan.pdf: left out, neither XLSX nor CSV" in done.stderr
    left = answer("import", folder, "--out", tmp_path / "out", "--dry-run")["left_out"]
    assert left == [str(folder / "more.csv"), str(folder / "scan.pdf")]


def test_decisions_without_their_columns_are_refused(tmp_path: Path) -> None:
    (tmp_path / "so.csv").write_text(HEADER + ROW)
    (tmp_path / "decisions.csv").write_text("items;decisions\n")
    done = run("import", tmp_path / "so.csv", "--out", tmp_path / "out", "--decisions", tmp_path / "decisions.csv")
    assert done.exit_code == 2
    assert "`item` and `decision`" in done.stderr


def test_a_place_that_cannot_be_written_is_no_bug(tmp_path: Path) -> None:
    (tmp_path / "so.csv").write_text(HEADER + ROW)
    done = run("import", tmp_path / "so.csv", "--out", tmp_path / "so.csv")
    assert done.exit_code == 2
    assert "so.csv: cannot read or write the file" in done.stderr


def test_what_changed_is_told_by_the_exit_code_when_asked(tmp_path: Path) -> None:
    for name, serial in (("one", "A1"), ("two", "A2")):
        (tmp_path / f"{name}.csv").write_text(HEADER + ROW.replace("A1", serial))
        run("import", tmp_path / f"{name}.csv", "--out", tmp_path / name)
    assert run("diff", tmp_path / "one", tmp_path / "one", "--expect-no-changes").exit_code == 0
    done = run("diff", tmp_path / "one", tmp_path / "two", "--expect-no-changes")
    assert done.exit_code == 7
    assert "A2" in done.stdout
    assert {one["field"] for one in answer("diff", tmp_path / "one", tmp_path / "two")["changed"]} >= {"serial"}


@pytest.mark.parametrize("name", ["empty", "absent.xlsx"])
def test_nothing_readable_is_a_usage_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    assert run("import", tmp_path / name, "--out", tmp_path / "out").exit_code == 2
