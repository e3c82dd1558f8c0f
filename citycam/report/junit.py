"""The verdict as JUnit XML (xunit2), for machines that only know tests: a suite is a campaign, a case a criterion."""

from __future__ import annotations

import os
from pathlib import Path
from xml.etree import ElementTree

from citycam.gates.judgement import Judged, Judgement, load_judgement
from citycam.model.verdict import Verdict
from citycam.report.catalogue import catalogue

FILE = "junit.xml"


def write_junit(run: Path) -> Path:
    """Write `junit.xml` into a judged run folder; its path.

    Raises:
        EvidenceMissing: the run has no verdict yet.
    """
    path = run / FILE
    part = path.with_suffix(".part")
    ElementTree.ElementTree(suite(load_judgement(run))).write(part, encoding="utf-8", xml_declaration=True)
    os.replace(part, path)
    return path


def suite(judgement: Judgement) -> ElementTree.Element:
    """A failed criterion is a failure, an unknown one an error, one that does not apply is skipped."""
    found = [one.verdict for one in judgement.criteria]
    root = ElementTree.Element(
        "testsuites",
        tests=str(len(found)),
        failures=str(found.count(Verdict.FAIL)),
        errors=str(found.count(Verdict.UNKNOWN)),
    )
    tests = ElementTree.SubElement(
        root,
        "testsuite",
        name=judgement.campaign,
        tests=str(len(found)),
        failures=str(found.count(Verdict.FAIL)),
        errors=str(found.count(Verdict.UNKNOWN)),
        skipped=str(found.count(Verdict.NOT_APPLICABLE)),
        time="0",
    )
    if judgement.started:
        tests.set("timestamp", judgement.started)
    for one in judgement.criteria:
        case = ElementTree.SubElement(tests, "testcase", classname=judgement.campaign, name=one.id, time="0")
        if one.verdict is not Verdict.PASS:
            kind = {Verdict.FAIL: "failure", Verdict.UNKNOWN: "error"}.get(one.verdict, "skipped")
            outcome = ElementTree.SubElement(case, kind, message=_clean(_message(one)))
            if kind != "skipped":
                outcome.set("type", one.verdict.value)
                outcome.text = _clean(_details(one, judgement))
    return root


def _message(one: Judged) -> str:
    texts = catalogue()
    if one.verdict is Verdict.NOT_APPLICABLE:
        return one.why
    return (
        f"{one.title}: limit {texts.limit(one.limit, one.unit)}, measured {texts.measure(one.measured, one.unit)},"
        f" margin {texts.margin(one.margin, one.unit)}"
    )


def _details(one: Judged, judgement: Judgement) -> str:
    lines = [one.why, f"samples: {one.samples}", f"run: {judgement.run_id}"]
    if one.cameras:
        lines.append(f"cameras: {', '.join(one.cameras)}")
    return "\n".join(line for line in lines if line)


def _clean(text: str) -> str:
    """Without the control characters that XML 1.0 cannot hold (section 2.2)."""
    return "".join(
        char if char in "\t\n" or " " <= char < "\ud800" or "\ue000" <= char < "\ufffe" else " " for char in text
    )
