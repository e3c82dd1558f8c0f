"""What real cameras do to RTSP answers and session descriptions, one small function a quirk, named by what it does.

A profile lists the names. Numbers are issues of the projects that met the behaviour; only the fact is taken from there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace

from citycam.wire.rtsp import Headers, Response

Lines = list[str]
"""Lines of a session description, without line ends."""


def doubled_connection(lines: Lines) -> Lines:
    """`c=IN c=IN IP4 …` (Hik Media Server, mediamtx #227)."""
    return [f"c=IN {line}" if line.startswith("c=") else line for line in lines]


def bare_connection(lines: Lines) -> Lines:
    """`c=IN` and nothing more (Uniview, mediamtx #5033 and #5008)."""
    return ["c=IN" if line.startswith("c=") else line for line in lines]


def origin_of_ip(lines: Lines) -> Lines:
    """`IP` where `IN` belongs in `o=` (Verint, mediamtx #5292)."""
    return [line.replace(" IN ", " IP ") if line.startswith("o=") else line for line in lines]


def no_version(lines: Lines) -> Lines:
    """The first line, `v=0`, is missing (gortsplib #448)."""
    return [line for line in lines if not line.startswith("v=")]


def no_session_name(lines: Lines) -> Lines:
    """No `s=` (mediamtx #2473)."""
    return [line for line in lines if not line.startswith("s=")]


def decimal_origin(lines: Lines) -> Lines:
    """Session id and version in `o=` have decimals (mediamtx #2555 and #2558)."""
    return [re.sub(r"^(o=\S+) (\d+) (\d+) ", r"\1 \2.000001 \3.000001 ", line) for line in lines]


def huge_origin(lines: Lines) -> Lines:
    """Numbers in `o=` need more than 63 bits."""
    return [re.sub(r"^(o=\S+) (\d+) (\d+) ", r"\1 16381778200090761968 16381778200090839277 ", line) for line in lines]


def no_session_control(lines: Lines) -> Lines:
    """No `a=control:*`: only the tracks say how they are set up."""
    return [line for line in lines if line != "a=control:*"]


def no_parameter_sets(lines: Lines) -> Lines:
    """`sprop-parameter-sets` is left out; they come in the stream alone (RFC 6184 8.2.2 allows it)."""
    return [re.sub(r";\s*sprop-[a-z-]+=[^;]*", "", line) if line.startswith("a=fmtp:") else line for line in lines]


def vendor_attributes(lines: Lines) -> Lines:
    """Attributes that no standard knows follow each medium."""
    return [*lines, "a=Media_header:MEDIAINFO=494D4B48010100000400000100000000;", "a=appversion:1.0"]


def live_range(lines: Lines) -> Lines:
    """`a=range:npt=now-` for a live stream."""
    return ["a=range:npt=now-" if line.startswith("a=range:") else line for line in lines]


def no_range(lines: Lines) -> Lines:
    """No `a=range`."""
    return [line for line in lines if not line.startswith("a=range:")]


DESCRIPTION: dict[str, Callable[[Lines], Lines]] = {
    "doubled-connection": doubled_connection,
    "bare-connection": bare_connection,
    "origin-of-ip": origin_of_ip,
    "no-version": no_version,
    "no-session-name": no_session_name,
    "decimal-origin": decimal_origin,
    "huge-origin": huge_origin,
    "no-session-control": no_session_control,
    "no-parameter-sets": no_parameter_sets,
    "vendor-attributes": vendor_attributes,
    "live-range": live_range,
    "no-range": no_range,
}
"""Quirks of session descriptions."""


def _changed(response: Response, change: Callable[[str, str], tuple[str, str] | None]) -> Response:
    pairs = [changed for name, value in response.headers.pairs if (changed := change(name, value)) is not None]
    return replace(response, headers=Headers(pairs))


def _rewritten(response: Response, header: str, rewrite: Callable[[str], str]) -> Response:
    return _changed(response, lambda name, value: (name, rewrite(value) if name == header else value))


def _without(response: Response, header: str) -> Response:
    return _changed(response, lambda name, value: None if name == header else (name, value))


def lower_case_headers(response: Response) -> Response:
    """Names of headers in lower case (RFC 2326 4.2 has them case-insensitive)."""
    return _changed(response, lambda name, value: (name.lower(), value))


def cseq_last(response: Response) -> Response:
    """CSeq is the last header."""
    pairs = sorted(response.headers.pairs, key=lambda pair: pair[0] == "CSeq")
    return replace(response, headers=Headers(pairs))


def no_content_base(response: Response) -> Response:
    """No Content-Base: the request's URL is the base (RFC 2326 C.1.1)."""
    return _without(response, "Content-Base")


def no_rtp_info(response: Response) -> Response:
    """PLAY is answered without RTP-Info."""
    return _without(response, "RTP-Info")


def no_transport_ssrc(response: Response) -> Response:
    """Transport does not tell the SSRC."""
    return _rewritten(response, "Transport", lambda value: re.sub(r";ssrc=[^;]*", "", value))


def padded_transport_ssrc(response: Response) -> Response:
    """A space after `ssrc=` (mediamtx #762)."""
    return _rewritten(response, "Transport", lambda value: value.replace("ssrc=", "ssrc= "))


def transport_mode(response: Response) -> Response:
    """Transport ends with `mode="PLAY"`."""
    return _rewritten(response, "Transport", lambda value: f'{value};mode="PLAY"')


def spaced_session_timeout(response: Response) -> Response:
    """A space before `timeout=` in Session."""
    return _rewritten(response, "Session", lambda value: value.replace(";timeout", "; timeout"))


def no_session_timeout(response: Response) -> Response:
    """Session does not tell its time-out: 60 s by the standard (RFC 2326 12.37)."""
    return _rewritten(response, "Session", lambda value: value.partition(";")[0])


def cache_control(response: Response) -> Response:
    """Every answer says `Cache-Control: must-revalidate`."""
    return replace(response, headers=Headers([*response.headers.pairs, ("Cache-Control", "must-revalidate")]))


def stale_flag(response: Response) -> Response:
    """A Digest challenge says `stale="FALSE"`, quoted and in capitals."""
    return _rewritten(
        response, "WWW-Authenticate", lambda value: f'{value}, stale="FALSE"' if value.startswith("Digest") else value
    )


ANSWER: dict[str, Callable[[Response], Response]] = {
    "cseq-last": cseq_last,
    "no-content-base": no_content_base,
    "no-rtp-info": no_rtp_info,
    "no-transport-ssrc": no_transport_ssrc,
    "padded-transport-ssrc": padded_transport_ssrc,
    "transport-mode": transport_mode,
    "spaced-session-timeout": spaced_session_timeout,
    "no-session-timeout": no_session_timeout,
    "cache-control": cache_control,
    "stale-flag": stale_flag,
    "lower-case-headers": lower_case_headers,
}
"""Quirks of answers, in the order they are applied: names are looked up as the standard writes them."""

CONVERSATION = {
    "basic-beside-digest": "a refusal carries a Basic challenge before the Digest one; either is accepted",
    "wrong-realm-twice": "the first two challenges of a connection name a realm that does not count",
    "bare-line-feeds": "lines of the session description end with LF alone",
}
"""Quirks that the conversation itself has, and what they do."""

NAMES = frozenset([*DESCRIPTION, *ANSWER, *CONVERSATION])


def describe(text: str, quirks: Iterable[str]) -> str:
    """A session description as a camera with these quirks writes it."""
    lines = text.splitlines()
    chosen = set(quirks)
    for name, change in DESCRIPTION.items():
        if name in chosen:
            lines = change(lines)
    end = "\n" if "bare-line-feeds" in chosen else "\r\n"
    return "".join(f"{line}{end}" for line in lines)


def answer(response: Response, quirks: Iterable[str]) -> Response:
    """An answer as a camera with these quirks writes it."""
    chosen = set(quirks)
    for name, change in ANSWER.items():
        if name in chosen:
            response = change(response)
    return response
