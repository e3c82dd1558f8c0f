"""The platform, put together: what stands in an environment, be it one machine or many nodes."""

from __future__ import annotations

import pulumi

from infra.components.credentials import Credentials, Secrets
from infra.components.database import Database, DatabaseArgs
from infra.components.edge import Edge, EdgeArgs
from infra.components.fleet import Fleet, FleetArgs
from infra.components.gateway import Gateway, GatewayArgs
from infra.components.members import Identity, MemberCredentials, Members, MembersArgs
from infra.components.monitoring import Monitoring, MonitoringArgs
from infra.components.networks import Networks
from infra.components.part import Place
from infra.components.recorder import Recorder, RecorderArgs
from infra.components.storage import Storage
from infra.settings import Settings


def declare(settings: Settings) -> None:
    """Declare every resource of the stack, and its outputs."""
    environment, folders, images = settings.environment, settings.folders, settings.images
    credentials = Credentials("credentials")
    storage = Storage("storage", environment, folders)
    pulumi.export("edge_https", f"{settings.edge}:{environment.edge.https_port}")
    pulumi.export("edge_rtsps", f"{settings.edge}:{environment.edge.rtsps_port}")
    for name, value in credentials.shared().items():
        pulumi.export(name, value)
    # On many nodes the database has a replica and backups, which need secrets of their own.
    pair = MemberCredentials("member-credentials") if environment.nodes else None
    if not settings.standing:
        return

    secrets = Secrets("secrets", environment, credentials)
    place = Place(environment, Networks("networks", environment))
    for number, gateway in enumerate(environment.gateway_names, start=1):
        recordings = storage.recordings[gateway]
        Gateway(gateway, GatewayArgs(place, images["gateway"], folders, secrets.gateway_users, recordings))
        Recorder(
            f"recorder-metrics-{number}",
            RecorderArgs(place, images["recorder-metrics"], folders, gateway, recordings),
        )
    if environment.nodes and pair:
        Members(
            "members",
            MembersArgs(
                place=place,
                image=images["database"],
                nodes=environment.nodes,
                secrets=secrets,
                credentials=pair,
                authority=settings.pki("ca.crt"),
                database=Identity(settings.pki("database.crt"), settings.pki("database.key")),
                backup=Identity(settings.pki("backup.crt"), settings.pki("backup.key")),
                data=storage.database,
                repository=storage.backup,
            ),
        )
    else:
        Database("database", DatabaseArgs(place, images["database"], secrets.database_password, storage.database))
    shards = {shard.name: shard for shard in environment.fleet_shards}
    for name, shard in shards.items():
        on = place.node(shard.node) if shard.node else ()
        Fleet(name, FleetArgs(place, images["fleet"], secrets.camera_key, storage.fleet, shard.cameras, on))
    certificate = secrets.sealed("edge-cert", settings.pki("edge.crt"))
    key = secrets.sealed("edge-key", settings.pki("edge.key"))
    Edge("edge", EdgeArgs(place, images["edge"], certificate, key, secrets.operator_htpasswd))
    Monitoring(
        "monitoring",
        MonitoringArgs(
            place,
            images["monitoring"],
            secrets,
            storage.prometheus,
            settings.pki("ca.crt"),
            tuple(shards),
            settings.addresses,
            settings.receiver,
        ),
    )
