"""telnet-banner: the telnet port is open and greets everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from simulators.canaries.canary import Canary

if TYPE_CHECKING:
    from simulators.onvif.estate import Host


class TelnetBanner(Canary):
    """See the module."""

    kind: ClassVar[str] = "telnet-banner"

    def banner(self, host: Host) -> bytes:
        """See `Canary`."""
        plate = host.equipment
        return b"%s %s\r\n%s\r\nlogin: " % (plate.product.encode(), plate.firmware.encode(), self.secret(host).strip())
