"""Profile G, as far as "what days exist": recordings of a recorder, and the search over them (Recording Control and
Recording Search service specifications). A recording a channel; gaps show as events of its track."""

from __future__ import annotations

from collections.abc import Sequence

from simulators.onvif.access import Access
from simulators.onvif.archive import Span, spans
from simulators.onvif.duration import ns_of, seconds_of
from simulators.onvif.estate import Channel
from simulators.onvif.service import SECOND_NS, Call, Service, number, wrong
from simulators.onvif.soap import Fault, Xml, duration, instant, many, tag
from simulators.onvif.state import Search, new_token

TOPIC = "tns1:RecordingHistory/Track/State"
MOST_SEARCHES = 10
_TRACK = "video"
_LONGEST_S = 600.0


def _spans(call: Call, channel: Channel) -> list[Span]:
    return spans(channel.camera, call.estate.seed, call.now_ns, call.host.equipment.days)


def _token(channel: Channel) -> str:
    return f"recording-{channel.number}"


def _recording(call: Call, token: str) -> Channel:
    return call.channel(token, fault="InvalidToken")


def _source(call: Call, channel: Channel) -> Xml:
    return tag(
        "tt:Source",
        tag("tt:SourceId", f"source-{channel.number}"),
        tag("tt:Name", f"Channel {channel.number}"),
        tag("tt:Location", ""),
        tag("tt:Description", f"Channel {channel.number} of {call.host.equipment.product}"),
        tag("tt:Address", call.address("/onvif/media_service")),
    )


def _information(call: Call, channel: Channel, name: str) -> Xml:
    found = _spans(call, channel)
    first, last = instant(found[0].from_ns), instant(found[-1].until_ns)
    track = tag(
        "tt:Track",
        tag("tt:TrackToken", _TRACK),
        tag("tt:TrackType", "Video"),
        tag("tt:Description", channel.main.codec.upper()),
        tag("tt:DataFrom", first),
        tag("tt:DataTo", last),
    )
    return tag(
        name,
        tag("tt:RecordingToken", _token(channel)),
        _source(call, channel),
        tag("tt:EarliestRecording", first),
        tag("tt:LatestRecording", last),
        tag("tt:Content", f"Channel {channel.number}"),
        track,
        tag("tt:RecordingStatus", "Recording"),
    )


def _get_summary(call: Call) -> Xml:
    found = [_spans(call, channel) for channel in call.host.channels()]
    first = min(each[0].from_ns for each in found)
    last = max(each[-1].until_ns for each in found)
    times = (tag("tt:DataFrom", instant(first)), tag("tt:DataUntil", instant(last)))
    return tag("tse:Summary", *times, tag("tt:NumberRecordings", len(found)))


def _get_information(call: Call) -> Xml:
    return _information(call, _recording(call, call.text("RecordingToken")), "tse:RecordingInformation")


def _in_scope(call: Call) -> list[Channel]:
    """The channels of the recordings and sources that the scope names; all if it names none."""
    scope = call.request.find("{*}Scope")
    recordings = [element.text or "" for element in scope.findall("{*}IncludedRecordings")] if scope is not None else []
    sources = scope.findall("{*}IncludedSources/{*}Token") if scope is not None else []
    named = {_recording(call, token).number for token in recordings}
    named |= {_recording(call, element.text or "").number for element in sources}
    return [channel for channel in call.host.channels() if not named or channel.number in named]


def _begin(call: Call, kind: str, results: Sequence[Xml]) -> Xml:
    searches = {token: one for token, one in call.host.state.searches.items() if one.until_ns > call.now_ns}
    if len(searches) >= MOST_SEARCHES:
        raise Fault("Receiver", "Action", "ResourceProblem", reason=f"there are {MOST_SEARCHES} searches at most")
    most = call.text("MaxMatches")
    alive = min(seconds_of(call.text("KeepAliveTime") or "PT60S"), _LONGEST_S)
    token = new_token()
    kept = results[: max(1, int(number(most)))] if most else results
    searches[token] = Search(kind, call.now_ns + int(alive * SECOND_NS), kept)
    call.host.state.searches = searches
    return tag("tse:SearchToken", token)


def _find_recordings(call: Call) -> Xml:
    found = [_information(call, channel, "tt:RecordingInformation") for channel in _in_scope(call)]
    return _begin(call, "recordings", found)


def _find_events(call: Call) -> Xml:
    """Where recordings begin and end, between two points in time, in the order of the points."""
    start_ns = ns_of(call.text("StartPoint"))
    end = call.text("EndPoint")
    end_ns = ns_of(end) if end else call.now_ns
    low, high = sorted((start_ns, end_ns))
    found: list[tuple[int, int, bool, bool]] = []
    for channel in _in_scope(call):
        stretches = _spans(call, channel)
        if call.text("IncludeStartState") in ("true", "1"):
            held = any(span.from_ns <= start_ns < span.until_ns for span in stretches)
            found.append((start_ns, channel.number, held, True))
        changes = [(span.from_ns, True) for span in stretches]
        changes += [(span.until_ns, False) for span in stretches[:-1]]  # the last one goes on
        found += [(at_ns, channel.number, held, False) for at_ns, held in changes if low <= at_ns <= high]
    found.sort(reverse=end_ns < start_ns)
    return _begin(call, "events", [_event(*each) for each in found])


def _event(at_ns: int, channel: int, present: bool, start: bool) -> Xml:
    source = tag(
        "tt:Source",
        tag("tt:SimpleItem", Name="RecordingToken", Value=f"recording-{channel}"),
        tag("tt:SimpleItem", Name="Track", Value=_TRACK),
    )
    data = tag("tt:Data", tag("tt:SimpleItem", Name="IsDataPresent", Value=present))
    operation = "Initialized" if start else "Changed"
    message = tag("tt:Message", source, data, UtcTime=instant(at_ns), PropertyOperation=operation)
    topic = tag("wsnt:Topic", TOPIC, Dialect="http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet")
    return tag(
        "tt:Result",
        tag("tt:RecordingToken", f"recording-{channel}"),
        tag("tt:TrackToken", _TRACK),
        tag("tt:Time", instant(at_ns)),
        tag("tt:Event", topic, tag("wsnt:Message", message)),
        tag("tt:StartStateEvent", start),
    )


def _search(call: Call, kind: str) -> Search:
    found = call.host.state.searches.get(call.text("SearchToken"))
    if found is None or found.until_ns <= call.now_ns or kind not in ("", found.kind):
        raise wrong("InvalidToken", "there is no such search")
    return found


def _results(call: Call, kind: str) -> Xml:
    search = _search(call, kind)
    most = call.text("MaxResults")
    count = max(1, int(number(most))) if most else len(search.results)
    told, search.results = search.results[:count], search.results[count:]
    state = tag("tt:SearchState", "Searching" if search.results else "Completed")
    return tag("tse:ResultList", state, *told)


def _get_search_state(call: Call) -> Xml:
    return tag("tse:State", "Searching" if _search(call, "").results else "Completed")


def _end_search(call: Call) -> Xml:
    _search(call, "")
    del call.host.state.searches[call.text("SearchToken")]
    return tag("tse:Endpoint", instant(call.now_ns))


def _track() -> Xml:
    about = tag("tt:Configuration", tag("tt:TrackType", "Video"), tag("tt:Description", ""))
    return tag("tt:Track", tag("tt:TrackToken", _TRACK), about)


def _configuration(call: Call, channel: Channel, name: str) -> Xml:
    kept = tag("tt:MaximumRetentionTime", duration(call.host.equipment.days * 86_400))
    return tag(name, _source(call, channel), tag("tt:Content", f"Channel {channel.number}"), kept)


def _get_recordings(call: Call) -> Xml:
    return many(
        tag(
            "trc:RecordingItem",
            tag("tt:RecordingToken", _token(channel)),
            _configuration(call, channel, "tt:Configuration"),
            tag("tt:Tracks", _track()),
        )
        for channel in call.host.channels()
    )


def _get_recording_configuration(call: Call) -> Xml:
    return _configuration(call, _recording(call, call.text("RecordingToken")), "trc:RecordingConfiguration")


RECORDING = Service(
    "recording",
    "trc",
    "/onvif/recording_service",
    (2, 60),
    lambda call: tag(
        "trc:Capabilities", DynamicRecordings=False, DynamicTracks=False, MaxRecordings=len(call.host.channels())
    ),
    {
        "GetRecordings": (Access.READ_MEDIA, _get_recordings),
        "GetRecordingConfiguration": (Access.READ_MEDIA, _get_recording_configuration),
    },
)
"""As it is dispatched."""

SEARCH = Service(
    "search",
    "tse",
    "/onvif/search_service",
    (2, 60),
    lambda _call: tag("tse:Capabilities", MetadataSearch=False, GeneralStartEvents=False),
    {
        "GetRecordingSummary": (Access.READ_MEDIA, _get_summary),
        "GetRecordingInformation": (Access.READ_MEDIA, _get_information),
        "FindRecordings": (Access.READ_MEDIA, _find_recordings),
        "GetRecordingSearchResults": (Access.READ_MEDIA, lambda call: _results(call, "recordings")),
        "FindEvents": (Access.READ_MEDIA, _find_events),
        "GetEventSearchResults": (Access.READ_MEDIA, lambda call: _results(call, "events")),
        "GetSearchState": (Access.READ_MEDIA, _get_search_state),
        "EndSearch": (Access.READ_MEDIA, _end_search),
    },
)
"""As it is dispatched."""
