"""Profile G: a recorder says which days it has, the gaps included; a camera has no such service."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.onvif import archive
from simulators.onvif.recordings import MOST_SEARCHES, RECORDING
from simulators.onvif.soap import instant
from simulators.onvif.tests.devices import SECOND, START, FakeHost, ask, camera, recorder, refusal, text, texts

DAY = 86_400 * SECOND
KEEP = "<q:KeepAliveTime>PT60S</q:KeepAliveTime>"
EVENTS = (
    "<q:StartPoint>{}</q:StartPoint><q:EndPoint>{}</q:EndPoint><q:Scope>{}</q:Scope><q:SearchFilter/>"
    "<q:IncludeStartState>{}</q:IncludeStartState>" + KEEP
)


def test_the_summary_covers_all_channels() -> None:
    host = recorder(3)
    found = ask(host, "tse", "GetRecordingSummary")
    first = min(archive.spans(f"cam-00010{n}", 0, host.estate.now, 30)[0].from_ns for n in (1, 2, 3))
    assert text(found, "DataFrom") == instant(first)
    assert text(found, "DataUntil")[:19] == instant(host.estate.now)[:19]
    assert text(found, "NumberRecordings") == "3"


def results(host: FakeHost, kind: str, job: str, most: int = 0) -> list[str]:
    limit = f"<q:MaxResults>{most}</q:MaxResults>" if most else ""
    found = ask(host, "tse", kind, f"<q:SearchToken>{job}</q:SearchToken>{limit}")
    return [text(found, "SearchState"), *texts(found, "RecordingToken")]


def test_recordings_are_found_and_fetched_in_parts() -> None:
    host = recorder(3)
    job = text(ask(host, "tse", "FindRecordings", "<q:Scope/>" + KEEP), "SearchToken")
    token = f"<q:SearchToken>{job}</q:SearchToken>"
    assert results(host, "GetRecordingSearchResults", job, 2) == ["Searching", "recording-1", "recording-2"]
    assert text(ask(host, "tse", "GetSearchState", token), "State") == "Searching"
    assert results(host, "GetRecordingSearchResults", job, 2) == ["Completed", "recording-3"]
    ask(host, "tse", "EndSearch", token)
    assert refusal(host, "tse", "GetSearchState", token)[-1] == "ter:InvalidToken"


def test_a_scope_is_kept_to() -> None:
    host = recorder(3)
    scope = "<q:Scope><tt:IncludedRecordings>recording-2</tt:IncludedRecordings></q:Scope>"
    job = text(ask(host, "tse", "FindRecordings", scope + KEEP), "SearchToken")
    assert results(host, "GetRecordingSearchResults", job) == ["Completed", "recording-2"]
    assert refusal(host, "tse", "FindRecordings", scope.replace("-2", "-7") + KEEP)[-1] == "ter:InvalidToken"
    job = text(ask(host, "tse", "FindRecordings", f"<q:Scope/><q:MaxMatches>1</q:MaxMatches>{KEEP}"), "SearchToken")
    assert results(host, "GetRecordingSearchResults", job) == ["Completed", "recording-1"]


def test_events_tell_where_each_stretch_begins_and_ends() -> None:
    host = recorder(2)
    spans = archive.spans("cam-000102", 0, host.estate.now, 30)
    assert len(spans) > 1, "this recorder has gaps"
    scope = "<tt:IncludedRecordings>recording-2</tt:IncludedRecordings>"
    wish = EVENTS.format(instant(START - 40 * DAY), instant(START + DAY), scope, "false")
    job = text(ask(host, "tse", "FindEvents", wish), "SearchToken")
    found = ask(host, "tse", "GetEventSearchResults", f"<q:SearchToken>{job}</q:SearchToken>")
    due = [(instant(span.from_ns), "true") for span in spans] + [
        (instant(span.until_ns), "false") for span in spans[:-1]
    ]
    states = [item.get("Value") for item in found.iter() if item.get("Name") == "IsDataPresent"]
    assert list(zip(texts(found, "Time"), states, strict=True)) == sorted(due)


def test_a_backward_search_with_its_start_state() -> None:
    host = recorder(1)
    wish = EVENTS.format(instant(START), instant(START - 40 * DAY), "", "true")
    job = text(ask(host, "tse", "FindEvents", wish), "SearchToken")
    found = ask(host, "tse", "GetEventSearchResults", f"<q:SearchToken>{job}</q:SearchToken>")
    times = texts(found, "Time")
    assert times == sorted(times, reverse=True)
    assert texts(found, "StartStateEvent")[0] == "true"


def test_what_cannot_be_searched_is_refused() -> None:
    host = recorder(1)
    wish = EVENTS.format("yesterday", instant(START), "", "true")
    assert refusal(host, "tse", "FindEvents", wish)[-1] == "ter:InvalidArgs"
    job = text(ask(host, "tse", "FindRecordings", "<q:Scope/>" + KEEP), "SearchToken")
    assert (
        refusal(host, "tse", "GetEventSearchResults", f"<q:SearchToken>{job}</q:SearchToken>")[-1] == "ter:InvalidToken"
    )
    host.estate.now += 61 * SECOND
    assert refusal(host, "tse", "GetSearchState", f"<q:SearchToken>{job}</q:SearchToken>")[-1] == "ter:InvalidToken"
    for _ in range(MOST_SEARCHES):
        ask(host, "tse", "FindRecordings", "<q:Scope/>" + KEEP)
    assert refusal(host, "tse", "FindRecordings", "<q:Scope/>" + KEEP)[-1] == "ter:ResourceProblem"


def test_the_other_calls_are_as_the_schema_says() -> None:
    token = "<q:RecordingToken>recording-1</q:RecordingToken>"
    assert text(ask(recorder(), "tse", "GetRecordingInformation", token), "RecordingStatus") == "Recording"
    ask(recorder(), "tse", "GetServiceCapabilities")
    for operation in (*RECORDING.operations, "GetServiceCapabilities"):
        ask(recorder(), "trc", operation, token if operation == "GetRecordingConfiguration" else "")


@pytest.mark.parametrize("prefix", ["trc", "tse"])
def test_a_camera_records_nothing(prefix: str) -> None:
    assert refusal(camera(), prefix, "GetServiceCapabilities")[-1] == "ter:ActionNotSupported"


@given(st.integers(0, 10**6), st.integers(0, 3650), st.integers(1, 60))
def test_days_and_stretches_are_the_same_told_twice(seed: int, age: int, kept: int) -> None:
    now = START + age * DAY
    days, spans = archive.days("cam-1", seed, now, kept), archive.spans("cam-1", seed, now, kept)
    told: list[date] = []
    for begin, end in spans:
        first = date(1970, 1, 1) + timedelta(days=(begin + 7 * 3600 * SECOND) // DAY)
        told += [first + timedelta(days=count) for count in range(-(-(end - begin) // DAY))]
    assert told == days
    assert len(days) <= kept
    assert spans[-1].until_ns == now
    assert all(one.until_ns < other.from_ns for one, other in pairwise(spans))
    later = archive.days("cam-1", seed, now + DAY, kept + 1)
    assert set(days[:-1]) <= set(later), "what was recorded stays"
