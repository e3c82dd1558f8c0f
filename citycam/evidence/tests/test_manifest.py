from pathlib import Path

import pytest

from citycam.evidence import manifest
from citycam.evidence.run import Run
from citycam.model.errors import EvidenceInvalid, EvidenceMissing


@pytest.fixture
def run(tmp_path: Path) -> Run:
    run = Run.create(tmp_path, "smoke")
    run.write_text("plan.json", "{}")
    run.write_text("evidence/archive/gateway-1/cam-000001/x.mp4", "x")
    manifest.seal(run)
    return run


def test_a_sealed_run_verifies_also_after_it_was_judged(run: Run) -> None:
    run.write_text("verdict.json", "{}")
    run.write_text("report.html", "")
    assert manifest.verify(run) == 2


def test_every_kind_of_change_is_named(run: Run) -> None:
    (run.root / "plan.json").write_text("[]")
    (run.archive / "gateway-1" / "cam-000001" / "x.mp4").unlink()
    run.write_text("evidence/ledger.jsonl", "")
    with pytest.raises(EvidenceInvalid) as caught:
        manifest.verify(run)
    for words in ("plan.json: was changed", "x.mp4: is gone", "ledger.jsonl: was added"):
        assert words in caught.value.why


def test_unsealed_is_missing_and_damaged_is_invalid(run: Run) -> None:
    run.write_text("manifest.json", "{")
    with pytest.raises(EvidenceInvalid):
        manifest.verify(run)
    run.manifest.unlink()
    with pytest.raises(EvidenceMissing):
        manifest.verify(run)
