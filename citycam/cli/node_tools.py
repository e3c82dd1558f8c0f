"""The tools of a campaign whose gateways and fleet are on nodes: the same ports, reached over SSH."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path

from citycam.campaign.ports import FleetStatus, Progress
from citycam.campaign.schema import Fault
from citycam.cli.platform import Platform
from citycam.evidence.punctuality import Count
from citycam.evidence.run import Run, overlaps
from citycam.model.camera import Camera
from citycam.model.environment import FleetShard
from citycam.model.errors import EnvironmentFailure
from citycam.model.workspace import Workspace, cache_folder
from citycam.plan.plan import Plan
from infra.nodes import Node, Roster, roster
from infra.reach import forwarded
from infra.recordings import fetch, recorded, send
from simulators.fleet.client import FleetClient
from simulators.fleet.merged import merge
from simulators.media.library import prepare_media

FLEET_UID = 10001


class Nodes:
    """The nodes of a platform, and the folders of its environment on each."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.folders = Workspace.on_node(platform.environment.name)

    @cached_property
    def roster(self) -> Roster:
        """Who is where."""
        return roster(self.platform.environment)

    @property
    def recording(self) -> list[Node]:
        """Those that record."""
        nodes = self.platform.environment.nodes
        return [self.roster.nodes[name] for name in nodes.pools.recording] if nodes else []


class NodeGateways:
    """The gateways' path files, at home and standby, and what was recorded on all nodes."""

    def __init__(self, nodes: Nodes) -> None:
        self._nodes = nodes
        self._recordings = nodes.folders.root / "recordings"

    def deliver(self, plan: Plan) -> None:
        """Write every gateway's file where it runs and where it may have to."""
        self._nodes.platform.deliver(plan)

    def written_since(self, plan: Plan, since_ns: int) -> int:
        """How many cameras have had something written on any node that answers."""
        planned = {f"{gateway}/{camera}" for camera, gateway in plan.gateway_of().items()}
        found: set[str] = set()
        for node in self._nodes.recording:
            try:
                files = recorded(node, self._recordings, since_ns)
            except EnvironmentFailure:
                continue  # a lost node writes nothing
            found |= {file.path.rpartition("/")[0] for file in files}
        return len(planned & found)

    def collect(self, plan: Plan, run: Run, progress: Progress) -> None:  # noqa: ARG002 - all there is is brought
        """Bring the segments of every node; what lies on one that does not answer is missing, and said to be."""
        marks = run.marks()
        for node in self._nodes.recording:
            try:
                files = recorded(node, self._recordings)
                chosen = [file.path for file in files if overlaps(file.name, file.written_ns, marks)]
                count = fetch(node, self._recordings, chosen, run.node_archive(node.name))
            except EnvironmentFailure as error:
                progress.warn(f"the recordings of {node.name} are not here: {error.why or error}")
                continue
            progress.note(f"{count} segments of {node.name}")


class NodeFleet:
    """The simulated cameras on the nodes of the fleet: a part of them on each."""

    def __init__(self, nodes: Nodes, footage: Path | None) -> None:
        self._nodes = nodes
        self._footage = footage
        self._open = ExitStack()
        self._run = ""
        self._home: dict[str, FleetShard] = {}

    def load(self, cameras: Sequence[Camera]) -> None:
        """Encode what they show (once, cached), bring it to where they are, and have exactly these cameras."""
        media = self._nodes.platform.workspace.fleet / "media"
        prepare_media(cameras, self._footage, cache_folder(), media)
        for shard, client in self._shards.items():
            send(self._node(shard), media, self._nodes.folders.fleet / "media", FLEET_UID)
            here = [camera for camera in cameras if camera.address in shard.cameras]
            client.set_cameras(here)
            self._home |= {camera.id: shard for camera in here}

    def status(self) -> FleetStatus:
        """What all parts are doing now."""
        parts = [client.status() for client in self._clients]
        return FleetStatus(
            cameras=sum(part["cameras"] for part in parts),
            playing=sum(part["playing"] for part in parts),
            frames_sent=sum(part["frames_sent"] for part in parts),
            lateness_p99_ms=max(part["lateness_ms"]["p99"] for part in parts),
        )

    def counts(self) -> dict[str, Count]:
        """What each process of all parts has counted until now."""
        return {
            f"{shard.name}/{number}": Count.of(record)
            for shard, client in self._shards.items()
            for number, record in enumerate(client.counts(), start=1)
        }

    def open_ledger(self, run_id: str) -> None:
        """Start the ledgers of a run."""
        for client in self._clients:
            client.new_ledger(run_id)
        self._run = run_id

    def flush_ledger(self) -> int:
        """Frames scheduled before the answer (ns) are all in the ledgers."""
        return min(client.flush_ledger() for client in self._clients)

    def copy_ledger(self, destination: Path) -> None:
        """Bring the ledgers as they are now, and make one of them."""
        self.flush_ledger()
        local = self._nodes.platform.workspace.fleet / "ledgers"
        shutil.rmtree(local, ignore_errors=True)
        with ExitStack() as files, destination.open("wb") as whole:
            parts: dict[str, Iterator[bytes]] = {}
            for shard in self._shards:
                name = f"{self._run}.jsonl"
                fetch(self._node(shard), self._nodes.folders.fleet / "ledger", [name], local / shard.name)
                parts[shard.name] = iter(files.enter_context((local / shard.name / name).open("rb")))
            whole.writelines(merge(self._run, parts))
        shutil.rmtree(local, ignore_errors=True)

    def start(self, fault: Fault) -> None:
        """Apply a fault, now or when it is due, where its cameras are."""
        for shard, client in self._shards.items():
            here = [camera for camera in fault.cameras if self._home.get(camera) == shard]
            record = fault.record() | {"cameras": here}
            if here and fault.at:
                client.play([(fault.at, record)])
            elif here:
                client.start_fault(**record)

    def clear_faults(self) -> None:
        """End all faults."""
        for client in self._clients:
            client.clear_faults()

    @property
    def _clients(self) -> list[FleetClient]:
        return list(self._shards.values())

    @cached_property
    def _shards(self) -> dict[FleetShard, FleetClient]:
        """Each part's control socket, as a socket of ours."""
        # As long as we live; and the path of a socket is short.
        atexit.register(self._open.close)
        local = Path(self._open.enter_context(tempfile.TemporaryDirectory(prefix="citycam-fleet-")))
        found = {}
        for shard in self._nodes.platform.environment.fleet_shards:
            socket = local / f"{shard.name}.sock"
            remote = str(self._nodes.folders.fleet / "control.sock")
            client = FleetClient(socket)
            self._open.enter_context(forwarded(self._node(shard), remote, str(socket), client.health))
            found[shard] = client
        return found

    def _node(self, shard: FleetShard) -> Node:
        return self._nodes.roster.nodes[shard.node]
