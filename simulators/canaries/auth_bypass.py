"""auth-bypass: a request with a certain parameter needs no credentials.

The class of CVE-2017-7921 and CVE-2021-33044. The parameter is ours: it opens no real camera.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from simulators.canaries.canary import PLACE, Canary

if TYPE_CHECKING:
    from simulators.onvif.estate import Host
    from simulators.onvif.http import Request

from simulators.onvif.http import Response

MAGIC = ("citycam-magic", "open")


class AuthBypass(Canary):
    """See the module."""

    kind: ClassVar[str] = "auth-bypass"

    def answer(self, host: Host, request: Request) -> Response | None:
        """See `Canary`."""
        name, value = MAGIC
        if request.path == PLACE and request.query.get(name) == [value]:
            return Response(200, self.secret(host))
        return None
