from __future__ import annotations

import logging

import pytest

from citycam.cli.redaction import Redaction


def _record(message: str, *args: object) -> logging.LogRecord:
    return logging.LogRecord("t", logging.INFO, __file__, 1, message, args, None)


@pytest.mark.parametrize(
    ("message", "args"),
    [
        ("password is %s", ("hunter2-hunter2",)),
        ("rtsp://admin:hunter2-hunter2@198.18.64.1/Streaming", ()),
        ("Authorization: Basic hunter2-hunter2", ()),
    ],
)
def test_no_record_passes_with_a_secret(message: str, args: tuple[object, ...]) -> None:
    redaction = Redaction()
    redaction.learn("hunter2-hunter2")
    record = _record(message, *args)
    assert redaction.filter(record)
    assert "hunter2" not in record.getMessage()
    assert "***" in record.getMessage()


def test_urls_are_redacted_without_being_told() -> None:
    assert Redaction().scrub("rtsp://admin:unknown@host/") == "rtsp://admin:***@host/"


def test_short_words_are_left_alone() -> None:
    redaction = Redaction()
    redaction.learn("on")
    assert redaction.scrub("one person") == "one person"
