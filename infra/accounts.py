"""The numbers of the accounts that parts run as: images, folders on nodes and secrets agree on them."""

from __future__ import annotations

CITYCAM_UID = 10001
POSTGRES_UID = 10003
MONITORING_UID = 10004
