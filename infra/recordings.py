"""What gateways recorded on nodes: what is new there, and bringing it here. `find` and `tar` of the node, over SSH."""

from __future__ import annotations

import shlex
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from citycam.model.errors import EnvironmentFailure
from infra.nodes import Node
from infra.reach import run_on


@dataclass(frozen=True)
class RemoteFile:
    """A recorded file below a folder of a node: `<gateway>/<camera>/<segment>`, and when it was last written (ns)."""

    path: str
    written_ns: int

    @property
    def name(self) -> str:
        """The segment's own name."""
        return self.path.rpartition("/")[2]


def recorded(node: Node, folder: Path, since_ns: int = 0) -> list[RemoteFile]:
    """Files of a node below `folder` that were written after an instant (ns since 1970 UTC), by path.

    Raises:
        EnvironmentFailure: the node does not let us in, or has no such folder.
    """
    newer = f"-newermt @{since_ns / 1e9:.9f}" if since_ns else ""
    said = run_on(node, f"find {shlex.quote(str(folder))} -mindepth 3 -type f {newer} -printf '%T@ %P\\n'")
    return sorted((parse(line) for line in said.decode().splitlines()), key=lambda file: file.path)


def parse(line: str) -> RemoteFile:
    """A line of `find -printf '%T@ %P'`: seconds with their fraction, and the path."""
    time, _, path = line.partition(" ")
    seconds, _, fraction = time.partition(".")
    return RemoteFile(path, int(seconds) * 10**9 + int(fraction[:9].ljust(9, "0")))


def fetch(node: Node, folder: Path, paths: Collection[str], destination: Path) -> int:
    """Bring files of a node below `folder` to `destination`, times included; how many came.

    A file that retention takes meanwhile does not come.

    Raises:
        EnvironmentFailure: the node does not let us in, or its answer broke off.
    """
    if not paths:
        return 0
    destination.mkdir(parents=True, exist_ok=True)
    quoted = shlex.quote(str(folder))
    command = f"tar -C {quoted} --ignore-failed-read --null --verbatim-files-from -T - -cf -"
    listed = "".join(f"{path}\0" for path in paths).encode()
    return _streamed(node, command, listed, lambda archive: _unpack(archive, destination))


def send(node: Node, source: Path, folder: Path, owner: int) -> None:
    """Bring the files below `source` that the node lacks below `folder` there; they belong to `owner` (uid).

    Files that lie directly in `source` are lists of the others, and always go.

    Raises:
        EnvironmentFailure: the node does not let us in, or cannot take them.
    """
    target = shlex.quote(str(folder))
    said = run_on(node, f"mkdir -p {target} && cd {target} && find . -type f -printf '%P\\n'")
    there = set(said.decode().splitlines())
    files = [path for path in sorted(source.rglob("*")) if path.is_file()]
    wanted = [path for path in files if str(path.relative_to(source)) not in there or path.parent == source]
    command = f"tar -C {target} -xf - && chown -R {owner}:{owner} {target}"
    with tempfile.TemporaryFile() as packed:
        with tarfile.open(fileobj=packed, mode="w") as archive:
            for path in wanted:
                archive.add(path, arcname=str(path.relative_to(source)))
        packed.seek(0)
        done = subprocess.run([*node.ssh(), command], stdin=packed, capture_output=True, check=False)
    if done.returncode:
        raise _failed(node, done.stderr)


def _streamed(node: Node, command: str, listed: bytes, take: Callable[[tarfile.TarFile], int]) -> int:
    with subprocess.Popen(
        [*node.ssh(), command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as remote:
        assert remote.stdin is not None
        assert remote.stdout is not None
        assert remote.stderr is not None
        try:
            # tar reads the whole list before it writes.
            remote.stdin.write(listed)
            remote.stdin.close()
            with tarfile.open(fileobj=remote.stdout, mode="r|") as archive:
                count = take(archive)
        except (tarfile.TarError, OSError) as error:
            remote.kill()
            raise _failed(node, remote.stderr.read() or str(error).encode()) from error
        said = remote.stderr.read()
    if remote.returncode > 1:  # 1: a file changed or went while it was read
        raise _failed(node, said)
    return count


def _unpack(archive: tarfile.TarFile, destination: Path) -> int:
    count = 0
    for member in archive:
        archive.extract(member, destination, filter="data")
        count += 1
    return count


def _failed(node: Node, said: bytes) -> EnvironmentFailure:
    return EnvironmentFailure(
        f"files of {node.name} could not be brought",
        where=f"ssh {node.address}",
        why=said.decode(errors="replace")[-500:],
    )
