"""Monitoring: Prometheus and its companions, on the management network; who asks or tells others is on another too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi

from infra.accounts import MONITORING_UID
from infra.components.credentials import Secrets
from infra.components.members import members
from infra.components.part import MIB, Place, listening
from infra.components.storage import Data
from infra.config import plain, render
from infra.provider.config import Config, ConfigArgs
from infra.provider.service import Service
from infra.provider.service_args import Attachment, File, Mount
from infra.receiver import AlertReceiver


@dataclass(frozen=True)
class MonitoringArgs:
    """Monitoring. `authority` is the certificate that the edge's is checked against, in PEM.

    `fleet` are the parts that play cameras. `nodes` are the nodes' addresses, whose own metrics Ansible serves there;
    none on one machine, where a service does. `receiver` is told of alerts.
    """

    place: Place
    image: str
    secrets: Secrets
    data: Data
    authority: str
    fleet: Sequence[str] = ("fleet",)
    nodes: Mapping[str, str] = field(default_factory=dict)
    receiver: AlertReceiver | None = None


class Monitoring(pulumi.ComponentResource):
    """Prometheus, Alertmanager, the node's metrics, and a probe of the edge, as a user, and of the database."""

    def __init__(self, name: str, args: MonitoringArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("citycam:Monitoring", name, None, opts)
        self._args = args
        self._inside = pulumi.ResourceOptions(parent=self)
        self.prometheus = self._prometheus()
        self.alertmanager = self._alertmanager()
        if not args.nodes:
            self._node_metrics()
        edge_name = args.place.environment.edge.name
        self.probe = self._service(
            "probe",
            9115,
            ("prometheus-blackbox-exporter", "--config.file=/etc/prometheus/blackbox.yml"),
            configs=(
                self._file("blackbox", "blackbox.yml", render("blackbox.yml.j2", edge_name=edge_name)),
                self._file("authority", "ca.crt", args.authority),
            ),
            networks=self._networks("probe", service=True),
        )
        self.register_outputs({})

    def _alertmanager(self) -> Service:
        receiver = self._args.receiver
        settings = render("alertmanager.yml.j2", receiver=receiver)
        configs, secrets = [self._file("alertmanager", "alertmanager.yml", settings)], []
        if receiver and receiver.authority:
            configs.append(self._file("receiver", "receiver.crt", receiver.authority))
        if receiver and receiver.token:
            token = self._args.secrets.sealed("receiver-token", receiver.token)
            secrets.append(File(token, "receiver-token", MONITORING_UID))
        return self._service(
            "alertmanager",
            9093,
            (
                "prometheus-alertmanager",
                "--config.file=/etc/prometheus/alertmanager.yml",
                "--storage.path=/alertmanager",
                "--web.route-prefix=/alertmanager/",
                "--cluster.listen-address=",
            ),
            configs=tuple(configs),
            secrets=tuple(secrets),
            mounts=(Mount("/alertmanager", type="tmpfs", size=64 * MIB),),
            networks=self._networks("alertmanager", service=receiver is not None),
        )

    def _node_metrics(self) -> Service:
        return self._service(
            "node-metrics",
            9100,
            (
                "prometheus-node-exporter",
                "--path.procfs=/host/proc",
                "--path.sysfs=/host/sys",
                "--path.rootfs=/host/root",
                "--no-collector.systemd",  # it would need a bus, and says so at every scrape
            ),
            mounts=tuple(
                Mount(f"/host/{target}", source, "bind", read_only=True)
                for target, source in (("proc", "/proc"), ("sys", "/sys"), ("root", "/"))
            ),
        )

    def _prometheus(self) -> Service:
        environment = self._args.place.environment
        settings = render(
            "prometheus.yml.j2",
            environment=environment.name,
            gateways=environment.gateway_names,
            fleet=self._args.fleet,
            nodes=self._args.nodes,
            databases=list(members(environment.nodes)) if environment.nodes else ["database"],
            https_port=environment.edge.https_port,
        )
        place = self._args.place
        return self._service(
            "prometheus",
            9090,
            (
                "prometheus",
                "--config.file=/etc/prometheus/prometheus.yml",
                "--storage.tsdb.path=/prometheus",
                "--storage.tsdb.retention.time=15d",
                "--web.route-prefix=/prometheus/",
                f"--web.external-url=https://{environment.edge.name}:{environment.edge.https_port}/prometheus/",
            ),
            configs=(
                self._file("prometheus-config", "prometheus.yml", settings),
                self._file("alerts", "alerts.yml", plain("alerts.yml")),
            ),
            secrets=(File(self._args.secrets.prometheus_password, "prometheus-password", MONITORING_UID),),
            mounts=(self._args.data.mount("/prometheus"),),
            on=place.first("platform"),
            networks=self._networks("prometheus", service=bool(place.environment.nodes)),
            memory=2048 * MIB,
            stop_grace=30,
        )

    def _networks(self, part: str, service: bool) -> tuple[Attachment, ...]:
        """Management leads nowhere else: to the database, to nodes and out it goes over the `service` network."""
        place = self._args.place
        return (place.on_management(part), *((place.on_service(part),) if service else ()))

    def _service(self, part: str, port: int, command: tuple[str, ...], **rest: Any) -> Service:
        place = self._args.place
        usual = {"networks": (place.on_management(part),), "on": place.pool("platform")}
        declared = place.service(part, self._args.image, command=command, ready=listening(port), **{**usual, **rest})
        return Service(part, declared, self._inside)

    def _file(self, name: str, file: str, content: str) -> File:
        environment = self._args.place.environment
        config = Config(name, ConfigArgs(environment.service_name(name), environment.name, content), self._inside)
        return File(config, f"/etc/prometheus/{file}", MONITORING_UID)
