"""The database on many nodes: two members, of which one replicates the other, and the repository of their backups."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from citycam.model.environment import Nodes
from infra.accounts import POSTGRES_UID
from infra.components.credentials import Secrets
from infra.components.part import MIB, Place, listening
from infra.components.storage import Data
from infra.provider.random import Random, RandomArgs
from infra.provider.secret import Secret
from infra.provider.service import Service
from infra.provider.service_args import File, Mount


class MemberCredentials(pulumi.ComponentResource):
    """What members generate beside the database's password. Without `repository` no backup can be read ever again."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("citycam:MemberCredentials", name, None, opts)
        inside = pulumi.ResourceOptions(parent=self)
        self.replication = Random("replication-password", RandomArgs(size=24), inside).value
        self.repository = Random("repository-key", RandomArgs(size=32), inside).value
        self.register_outputs({})


@dataclass(frozen=True)
class Identity:
    """A certificate of the environment's authority and its key, as PEM; both ends of a connection show theirs."""

    certificate: str
    key: str


@dataclass(frozen=True)
class MembersArgs:
    """The members. `authority` is the certificate that theirs are checked with."""

    place: Place
    image: str
    nodes: Nodes
    secrets: Secrets
    credentials: MemberCredentials
    authority: str
    database: Identity
    backup: Identity
    data: Data
    repository: Data


class Members(pulumi.ComponentResource):
    """`database-1` and `database-2`, each on a node of its own, and `backup`: on the service network alone.

    Which of them takes writes is in their folders, and nothing of the program: clients name both.
    """

    def __init__(self, name: str, args: MembersArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("citycam:Members", name, None, opts)
        self._args = args
        self._inside = pulumi.ResourceOptions(parent=self)
        sealed = args.secrets.sealed
        self._authority = sealed("authority", args.authority)
        hosts = {member: f"{member}.service" for member in members(args.nodes)}
        repository = sealed("repository-key", args.credentials.repository)
        replication = sealed("replication-password", args.credentials.replication)
        identity = self._identity("database", args.database)
        for member, node in members(args.nodes).items():
            others = [host for other, host in hosts.items() if other != member]
            self._service(
                member,
                args.place.node(node),
                {
                    "DATABASE_MODE": "replica" if others and member != "database-1" else "primary",
                    "DATABASE_MEMBER": member,
                    "DATABASE_PEER": " ".join(others),
                    "DATABASE_REPOSITORY": "backup.service",
                },
                args.data.mount("/var/lib/postgresql/data"),
                {"replication-password": replication, **identity},
                ("pg_isready", "--quiet", "--host=127.0.0.1"),
            )
        self._service(
            "backup",
            args.place.first("platform"),
            {"DATABASE_MODE": "backup", "DATABASE_MEMBERS": " ".join(hosts.values())},
            args.repository.mount("/var/lib/pgbackrest"),
            {"repository-key": repository, **self._identity("backup", args.backup)},
            listening(8432),
        )
        self.register_outputs({})

    def _identity(self, name: str, identity: Identity) -> dict[str, Secret]:
        sealed = self._args.secrets.sealed
        return {
            f"{name}-cert": sealed(f"{name}-cert", identity.certificate),
            f"{name}-key": sealed(f"{name}-key", identity.key),
        }

    def _service(
        self,
        name: str,
        on: tuple[str, ...],
        env: dict[str, str],
        data: Mount,
        secrets: dict[str, Secret],
        ready: tuple[str, ...],
    ) -> None:
        args = self._args
        files = {"database-password": args.secrets.database_password, "ca": self._authority, **secrets}
        Service(
            name,
            args.place.service(
                name,
                args.image,
                on=on,
                env=env,
                mounts=(data, Mount("/tmp", type="tmpfs", size=256 * MIB)),  # noqa: S108 - a path in the container
                secrets=tuple(File(secret, file, POSTGRES_UID) for file, secret in files.items()),
                networks=(args.place.on_service(name),),
                init=True,  # the image leaves children behind that are not the server's
                memory=1024 * MIB,
                stop_grace=60,
                ready=ready,
            ),
            self._inside,
        )


def members(nodes: Nodes) -> dict[str, str]:
    """Members and their nodes: the first two of the pool `database`."""
    return {f"database-{number}": node for number, node in enumerate(nodes.pools.database[:2], start=1)}
