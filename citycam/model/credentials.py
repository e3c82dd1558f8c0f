"""Camera passwords, derived from one secret key so that no file needs to list them."""

from __future__ import annotations

import base64
import hashlib
import hmac


def camera_password(key: bytes, serial: str) -> str:
    """The password of a device: 24 URL-safe characters of HMAC-SHA-256(key, serial); a recorder's channels share it.

    One key per environment, kept as a secret; a leaked password tells nothing about any other device.
    """
    digest = hmac.new(key, serial.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:18]).decode()


def device_secret(key: bytes, serial: str, purpose: str) -> str:
    """Another secret of a device: 24 URL-safe characters that tell nothing about its password or each other."""
    digest = hmac.new(key, f"{purpose}:{serial}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:18]).decode()
