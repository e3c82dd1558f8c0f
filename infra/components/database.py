"""PostgreSQL with PostGIS: the inventory."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from infra.accounts import POSTGRES_UID
from infra.components.part import MIB, Place
from infra.components.storage import Data
from infra.provider.secret import Secret
from infra.provider.service import Service
from infra.provider.service_args import File, Mount


@dataclass(frozen=True)
class DatabaseArgs:
    """The database. Its password is a file, read at every start."""

    place: Place
    image: str
    password: Secret
    data: Data


class Database(pulumi.ComponentResource):
    """One PostgreSQL server on the service network; it is published nowhere."""

    def __init__(self, name: str, args: DatabaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("citycam:Database", name, None, opts)
        self.service = Service(
            name,
            args.place.service(
                name,
                args.image,
                on=args.place.first("database"),
                mounts=(args.data.mount("/var/lib/postgresql/data"), Mount("/tmp", type="tmpfs", size=64 * MIB)),  # noqa: S108 - a path in the container
                secrets=(File(args.password, "database-password", POSTGRES_UID),),
                networks=(args.place.on_service(name),),
                memory=1024 * MIB,
                stop_grace=30,
                ready=("pg_isready", "--quiet", "--host=127.0.0.1"),
            ),
            pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})
