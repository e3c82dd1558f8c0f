"""The real tools behind a campaign's ports: Pulumi, Ansible, the fleet's control socket, Locust, probes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from citycam.campaign.ports import FleetStatus, Progress, Tools
from citycam.campaign.schema import Campaign, Fault
from citycam.cli.node_load import NodeLaunch
from citycam.cli.node_tools import NodeFleet, NodeGateways, Nodes
from citycam.cli.platform import Platform
from citycam.evidence.ledger import read_ledger
from citycam.evidence.punctuality import Count
from citycam.evidence.run import Run, written_since
from citycam.model.camera import Camera
from citycam.model.workspace import Workspace, cache_folder
from citycam.plan.plan import Plan
from infra.load import LoadServices
from infra.nodes import roster
from loadtests.launch import Launch
from loadtests.probes.metrics import collect_metrics
from loadtests.probes.playback import probe_playback
from loadtests.settings import Edge, LoadSettings, WatchedCamera
from simulators.fleet.client import FleetClient
from simulators.media.library import prepare_media


class WallClock:
    """The machine's clock."""

    def now_ns(self) -> int:
        """Nanoseconds since 1970, UTC."""
        return time.time_ns()

    def pause(self, seconds: float) -> None:
        """Sleep."""
        time.sleep(seconds)


class Gateways:
    """The gateways' path files, delivered by Ansible, and their recordings on this machine."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def deliver(self, plan: Plan) -> None:
        """Write every gateway's file; MediaMTX reloads it."""
        self._platform.deliver(plan)

    def written_since(self, plan: Plan, since_ns: int) -> int:
        """How many cameras have had something written to disk after an instant."""
        return written_since(plan, since_ns, self._platform.workspace.recordings)

    def collect(self, plan: Plan, run: Run, progress: Progress) -> None:
        """Keep every segment that reaches into the run's window."""
        marks = run.marks()
        for gateway in plan.gateways:
            count = run.collect_archive(gateway, self._platform.workspace.recordings(gateway), marks)
            progress.note(f"{count} segments of {gateway}")


class Fleet:
    """The simulated cameras, through their control socket."""

    def __init__(self, workspace: Workspace, footage: Path | None) -> None:
        self._folder = workspace.fleet
        self._footage = footage
        self._client = FleetClient(workspace.fleet / "control.sock")
        self._run: str | None = None

    def load(self, cameras: Sequence[Camera]) -> None:
        """Encode what they show (once, cached) and have exactly these cameras."""
        prepare_media(cameras, self._footage, cache_folder(), self._folder / "media")
        self._client.set_cameras(cameras)

    def status(self) -> FleetStatus:
        """What it is doing now."""
        status = self._client.status()
        return FleetStatus(
            cameras=status["cameras"],
            playing=status["playing"],
            frames_sent=status["frames_sent"],
            lateness_p99_ms=status["lateness_ms"]["p99"],
        )

    def counts(self) -> dict[str, Count]:
        """What each of its processes has counted until now."""
        return {f"fleet/{number}": Count.of(record) for number, record in enumerate(self._client.counts(), start=1)}

    def open_ledger(self, run_id: str) -> None:
        """Start the ledger of a run."""
        self._client.new_ledger(run_id)
        self._run = run_id

    def flush_ledger(self) -> int:
        """Frames scheduled before the answer (ns) are all in the ledger."""
        return self._client.flush_ledger()

    def copy_ledger(self, destination: Path) -> None:
        """Bring the ledger as it is now to `destination`."""
        self._client.copy_ledger(destination, self._run)

    def start(self, fault: Fault) -> None:
        """Apply a fault, now or when it is due."""
        if fault.at:
            self._client.play([(fault.at, fault.record())])
        else:
            self._client.start_fault(**fault.record())

    def clear_faults(self) -> None:
        """End all faults."""
        self._client.clear_faults()


class Load:
    """Locust: a process of this machine, or services of the nodes that are there for load."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._launch: Launch | NodeLaunch | None = None

    def start(self, campaign: Campaign, plan: Plan, run: Run) -> None:
        """Start viewers and players for as long as the recording takes."""
        settings = load_settings(self._platform, campaign, plan)
        environment = self._platform.environment
        on_nodes = LoadServices(environment) if environment.nodes else None
        self._launch = NodeLaunch(settings, run.evidence, on_nodes) if on_nodes else Launch(settings, run.evidence)
        self._launch.start()

    def finish(self) -> None:
        """Wait for their end and leave their evidence in the run."""
        if self._launch is not None:
            self._launch.wait()

    def stop(self) -> None:
        """End them now."""
        if self._launch is not None:
            self._launch.stop()


class Probes:
    """Playback and monitoring, asked through the edge as users do."""

    def __init__(self, platform: Platform, progress: Progress) -> None:
        self._platform = platform
        self._progress = progress

    def playback(self, campaign: Campaign, plan: Plan, run: Run) -> None:
        """Play one interval of every camera back."""
        probe_playback(
            load_settings(self._platform, campaign, plan),
            plan,
            read_ledger(run.ledger),
            run.marks(),
            campaign.playback.clip,
            run.evidence / "playback.parquet",
            on_progress=lambda done, wanted: self._progress.note(f"{done}/{wanted} clips played back"),
        )

    def metrics(self, campaign: Campaign, plan: Plan, run: Run) -> None:
        """Fetch what monitoring saw during the run."""
        marks = run.marks()
        settings = load_settings(self._platform, campaign, plan)
        collect_metrics(settings, marks.start_ns, marks.stop_ns, run.evidence / "metrics.parquet")


def load_settings(platform: Platform, campaign: Campaign, plan: Plan) -> LoadSettings:
    """What load and probes need to reach the platform as its users do."""
    gateways = plan.gateway_of()
    outputs = platform.outputs
    return LoadSettings(
        edges=edges(platform),
        edge_name=platform.environment.edge.name,
        ca_file=platform.workspace.pki / "ca.crt",
        viewer_password=outputs.secrets["viewer"],
        operator_password=outputs.secrets["operator"],
        cameras=[
            WatchedCamera(camera=camera.id, gateway=gateways[camera.id], fps=camera.stream.fps)
            for camera in plan.cameras
        ],
        viewers=campaign.load.viewers,
        view_time_s=campaign.load.view_time,
        players=campaign.load.players,
        clip_s=campaign.load.clip,
        part_s=platform.environment.gateways.part,
        seconds=campaign.recording,
        seed=campaign.seed,
    )


def edges(platform: Platform) -> list[Edge]:
    """Every edge of the platform, in the order of its pool."""
    environment = platform.environment
    if environment.nodes is None:
        return [Edge(https=platform.outputs.edge_https, rtsps=platform.outputs.edge_rtsps)]
    addresses, ports = roster(environment).addresses, environment.edge
    hosts = [addresses[name] for name in environment.nodes.pools.edge]
    return [Edge(https=f"{host}:{ports.https_port}", rtsps=f"{host}:{ports.rtsps_port}") for host in hosts]


def real_tools(platform: Platform, progress: Progress, footage: Path | None) -> Tools:
    """Everything a campaign drives, for real."""
    nodes = Nodes(platform) if platform.environment.nodes else None
    return Tools(
        stack=platform,
        gateways=NodeGateways(nodes) if nodes else Gateways(platform),
        fleet=NodeFleet(nodes, footage) if nodes else Fleet(platform.workspace, footage),
        load=Load(platform),
        probes=Probes(platform, progress),
        clock=WallClock(),
        progress=progress,
    )
