"""default-credentials: an account that every device of the model has, by HTTP, ONVIF and RTSP."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from simulators.canaries.canary import PLACE, Canary
from simulators.onvif.access import http_user
from simulators.onvif.estate import User
from simulators.onvif.http import Response

if TYPE_CHECKING:
    from simulators.onvif.estate import Host
    from simulators.onvif.http import Request

USER = User("root", "root", "User")


class DefaultCredentials(Canary):
    """See the module."""

    kind: ClassVar[str] = "default-credentials"

    def answer(self, host: Host, request: Request) -> Response | None:
        """See `Canary`."""
        if request.path != PLACE or "authorization" not in request.headers:
            return None
        return Response(200, self.secret(host)) if http_user(host, request) == USER else None

    def user(self) -> User | None:
        """See `Canary`."""
        return USER
