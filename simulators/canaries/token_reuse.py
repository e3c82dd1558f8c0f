"""token-reuse: a session that was logged out still opens the door, from any connection.

The class of CVE-2026-41470. `POST /session` with the account logs in and sets a cookie, `DELETE /session` logs out.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from simulators.canaries.canary import PLACE, Canary
from simulators.onvif.access import Unauthorized, challenges, http_level
from simulators.onvif.http import Response
from simulators.onvif.state import new_token

if TYPE_CHECKING:
    from simulators.onvif.estate import Host
    from simulators.onvif.http import Request

SESSION = "/session"
_MOST_SESSIONS = 64


class TokenReuse(Canary):
    """See the module."""

    kind: ClassVar[str] = "token-reuse"

    def answer(self, host: Host, request: Request) -> Response | None:
        """See `Canary`."""
        sessions = host.state.sessions
        token = _cookie(request)
        if request.path == SESSION and request.method == "POST":
            return self._log_in(host, request)
        if request.path == SESSION and request.method == "DELETE" and token in sessions:
            sessions[token] = False
            return Response(204)
        if request.path == PLACE and token in sessions:
            return Response(200, b"logged in\n" if sessions[token] else self.secret(host))
        return None

    def _log_in(self, host: Host, request: Request) -> Response:
        if http_level(host, request) is None:
            raise Unauthorized(challenges(host))
        sessions = host.state.sessions
        while len(sessions) >= _MOST_SESSIONS:
            del sessions[next(iter(sessions))]
        token = new_token()
        sessions[token] = True
        return Response(204, headers=(("Set-Cookie", f"session={token}; HttpOnly"),))


def _cookie(request: Request) -> str:
    found = re.search(r"(?:^|;\s*)session=([0-9a-f]+)", request.headers.get("cookie", ""))
    return found[1] if found else ""
