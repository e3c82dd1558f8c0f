"""Monitoring: Prometheus and its companions, all on the management network alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi

from infra.components.part import MIB, Place, listening
from infra.config import plain, render
from infra.provider.config import Config, ConfigArgs
from infra.provider.secret import Secret
from infra.provider.service import Service
from infra.provider.service_args import File, Mount
from infra.provider.volume import Volume

MONITORING_UID = 10004


@dataclass(frozen=True)
class MonitoringArgs:
    """Monitoring. `authority` is the certificate that the edge's is checked against, in PEM."""

    place: Place
    image: str
    password: Secret
    data: Volume
    authority: str


class Monitoring(pulumi.ComponentResource):
    """Prometheus, Alertmanager, the node's metrics, and a probe that asks the edge as a user would."""

    def __init__(self, name: str, args: MonitoringArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("citycam:Monitoring", name, None, opts)
        self._args = args
        self._inside = pulumi.ResourceOptions(parent=self)
        self.prometheus = self._prometheus()
        self.alertmanager = self._service(
            "alertmanager",
            9093,
            (
                "prometheus-alertmanager",
                "--config.file=/etc/prometheus/alertmanager.yml",
                "--storage.path=/alertmanager",
                "--web.route-prefix=/alertmanager/",
                "--cluster.listen-address=",
            ),
            configs=(self._file("alertmanager", "alertmanager.yml", plain("alertmanager.yml")),),
            mounts=(Mount("/alertmanager", type="tmpfs", size=64 * MIB),),
        )
        self.node_metrics = self._service(
            "node-metrics",
            9100,
            (
                "prometheus-node-exporter",
                "--path.procfs=/host/proc",
                "--path.sysfs=/host/sys",
                "--path.rootfs=/host/root",
            ),
            mounts=tuple(
                Mount(f"/host/{target}", source, "bind", read_only=True)
                for target, source in (("proc", "/proc"), ("sys", "/sys"), ("root", "/"))
            ),
        )
        edge_name = args.place.environment.edge.name
        self.probe = self._service(
            "probe",
            9115,
            ("prometheus-blackbox-exporter", "--config.file=/etc/prometheus/blackbox.yml"),
            configs=(
                self._file("blackbox", "blackbox.yml", render("blackbox.yml.j2", edge_name=edge_name)),
                self._file("authority", "ca.crt", args.authority),
            ),
        )
        self.register_outputs({})

    def _prometheus(self) -> Service:
        environment = self._args.place.environment
        settings = render(
            "prometheus.yml.j2",
            environment=environment.name,
            gateways=environment.gateway_names,
            https_port=environment.edge.https_port,
        )
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
            secrets=(File(self._args.password, "prometheus-password", MONITORING_UID),),
            mounts=(Mount("/prometheus", self._args.data.id),),
            memory=2048 * MIB,
            stop_grace=30,
        )

    def _service(self, part: str, port: int, command: tuple[str, ...], **rest: Any) -> Service:
        place = self._args.place
        declared = place.service(
            part,
            self._args.image,
            command=command,
            networks=(place.on_management(part),),
            ready=listening(port),
            **rest,
        )
        return Service(part, declared, self._inside)

    def _file(self, name: str, file: str, content: str) -> File:
        environment = self._args.place.environment
        config = Config(name, ConfigArgs(environment.service_name(name), environment.name, content), self._inside)
        return File(config, f"/etc/prometheus/{file}", MONITORING_UID)
