"""Publish the inventory into the platform's database: all of it, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg

from citycam.model.camera import Camera
from citycam.model.errors import EnvironmentFailure

MIGRATION = Path(__file__).parent / "sql" / "0001_inventory.sql"

_INSERT = """
INSERT INTO camera VALUES (
    %(id)s, %(serial)s, %(mac)s, %(agency)s, %(ward_code)s, %(ward)s, %(site)s,
    ST_SetSRID(ST_MakePoint(%(longitude)s, %(latitude)s), 4326)::geography,
    %(address)s, %(port)s, %(path)s, %(transport)s, %(auth)s, %(username)s, %(model)s,
    %(codec)s, %(width)s, %(height)s, %(fps)s, %(bitrate)s
)
"""


def publish_inventory(dsn: str, cameras: Sequence[Camera]) -> int:
    """Make the table `camera` hold exactly `cameras`; readers see the old ones or the new ones. How many there are.

    Raises:
        EnvironmentFailure: the database cannot be reached or refuses them; nothing has changed.
    """
    try:
        with psycopg.connect(dsn) as connection, connection.cursor() as cursor:
            cursor.execute(MIGRATION.read_bytes())
            cursor.execute("DELETE FROM camera")
            cursor.executemany(_INSERT, [_row(camera) for camera in cameras])
        return len(cameras)
    except psycopg.Error as error:
        why = error.diag.message_primary or str(error)
        raise EnvironmentFailure("the inventory was not published", where="database", why=why) from error


def _row(camera: Camera) -> dict[str, Any]:
    row = camera.model_dump(mode="json", exclude={"stream"})
    return row | camera.stream.model_dump(mode="json")
