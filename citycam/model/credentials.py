"""Camera passwords, derived from one secret key so that no file needs to list them."""

from __future__ import annotations

import base64
import hashlib
import hmac


def camera_password(key: bytes, camera_id: str) -> str:
    """The password of a camera: 24 URL-safe characters of HMAC-SHA-256(key, camera id).

    One key per environment, kept as a secret; a leaked password tells nothing about any other camera.
    """
    digest = hmac.new(key, camera_id.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:18]).decode()
