"""Two members of a database and the repository of its backups, as containers on a network of their own."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import docker
import docker.errors
import psycopg
from docker.models.containers import Container
from docker.models.networks import Network

from infra.images.build import build
from integration_tests.database.certificates import certify
from integration_tests.waiting import wait_for

UID = 10003
LABEL = {"citycam.environment": "test-database"}
MEMBERS = ("database-1", "database-2")
PASSWORDS = ("database-password", "replication-password", "repository-key")
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
"""How many commits wait for the replica."""


@dataclass
class Members:
    """The containers by name; a folder of each outlives it, as a node's does."""

    engine: docker.DockerClient
    network: Network
    folder: Path
    containers: dict[str, Container] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=lambda: {name: f"canary-{name}" for name in PASSWORDS})

    def prepare(self) -> None:
        """Write the secrets, and a folder for each."""
        folder = self.folder / "secrets"
        folder.mkdir()
        for name in PASSWORDS:
            self._write(name)
        members = [f"{name}.service" for name in MEMBERS]
        certify(folder, {"database": members, "backup": ["backup.service"], "stranger": members})
        for file in folder.iterdir():
            _give(file)
        for name in (*MEMBERS, "backup"):
            self.empty(name)

    def renew(self, *names: str) -> None:
        """New passwords of these names, for containers that start from now on."""
        for name in names:
            self.passwords[name] = f"canary-{secrets.token_hex(8)}"
            self._write(name)

    def empty(self, name: str) -> None:
        """An empty folder in the place of what it had."""
        shutil.rmtree(self.folder / name, ignore_errors=True)
        (self.folder / name).mkdir(mode=0o700)
        os.chown(self.folder / name, UID, UID)

    def start(self, name: str, called: str = "") -> None:
        """Start a container anew, on the folder that is there; or beside the one that runs, `called` otherwise."""
        called = called or name
        self.end(called)
        target = "/var/lib/pgbackrest" if name == "backup" else "/var/lib/postgresql/data"
        options: dict[str, Any] = {
            "init": True,
            "name": f"{self.network.name}-{called}",
            "environment": _variables(name),
            "labels": {"citycam.environment": self.network.name, "citycam.part": name},
            "read_only": True,
            "tmpfs": {"/tmp": "mode=1777"},
            "cap_drop": ["ALL"],
            "security_opt": ["no-new-privileges"],
            "restart_policy": {"Name": "on-failure"},
            "volumes": {
                str(self.folder / name): {"bind": target, "mode": "rw"},
                str(self.folder / "secrets"): {"bind": "/run/secrets", "mode": "ro"},
            },
            "network": self.network.name,
            "networking_config": {
                self.network.name: self.engine.api.create_endpoint_config(aliases=[f"{name}.service"])
            },
        }
        image = build(("database",), report=lambda _: None)["database"]
        self.containers[called] = self.engine.containers.run(image, detach=True, **options)

    def end(self, name: str, *, kill: bool = False) -> None:
        """Remove a container, at once or in order; its folder stays."""
        container = self.containers.pop(name, None)
        if container is not None:
            if not kill:
                container.stop(timeout=30)
            container.remove(force=True, v=True)

    def end_all(self) -> None:
        """Remove all of them."""
        for name in list(self.containers):
            self.end(name, kill=True)

    def run(self, name: str, *command: str) -> tuple[int, str, str]:
        """Run a command in a container: exit code, stdout, stderr."""
        try:
            ended: Any = self.containers[name].exec_run(list(command), demux=True)
        except docker.errors.APIError as error:
            return 255, "", str(error.explanation)  # it is starting again
        out, err = ended.output
        return int(ended.exit_code), (out or b"").decode(), (err or b"").decode()

    def call(self, name: str, *command: str) -> Any:
        """The last line of a command that must end well, as JSON."""
        code, out, err = self.run(name, *command)
        assert code == 0, f"{command} ended with {code}: {err}{out}{self.logs(name)}"
        return json.loads(out.splitlines()[-1])

    def logs(self, name: str) -> str:
        """What a container has written, at its end."""
        return self.containers[name].logs(tail=60).decode()

    def ask(self, name: str, query: str) -> str:
        """One value from a member as its superuser, or the reason why there is none."""
        if name not in self.containers:
            return "is not there"
        code, out, err = self.run(name, "psql", "-XAtqU", "postgres", "-d", "citycam", "-c", query)
        return out.strip() if code == 0 else err.strip()

    def await_answer(self, name: str, query: str, wanted: str, what: str) -> None:
        """Wait until a member answers so."""
        try:
            wait_for(lambda: self.ask(name, query), lambda said: said == wanted, what, timeout=120)
        except TimeoutError as error:
            raise TimeoutError(f"{error}\n{self.logs(name)}") from None

    def await_pair(self, primary: str, replica: str) -> None:
        """Wait until commits of the one wait for the other."""
        sync = f"SELECT sync_state FROM pg_stat_replication WHERE application_name = '{replica}'"
        self.await_answer(primary, sync, "sync", f"synchronous replica {replica} of {primary}")
        wait_for(
            lambda: self.run(replica, "cat", "/tmp/synchronous")[0],
            lambda code: code == 0,
            f"declaration of {replica}",
        )

    def dsn(self, password: str = "") -> str:
        """How clients name the database: every member, of which one takes writes. The password is the present one."""
        hosts = []
        for name in MEMBERS:
            if name in self.containers:
                self.containers[name].reload()
                hosts.append(self.containers[name].attrs["NetworkSettings"]["Networks"][self.network.name]["IPAddress"])
        return (
            f"host={','.join(filter(None, hosts))} dbname=citycam user=citycam connect_timeout=2"
            f" password={password or self.passwords['database-password']} target_session_attrs=read-write"
        )

    def execute(self, *statements: str) -> None:
        """Run statements as the platform's own user, each committed."""
        with psycopg.connect(self.dsn(), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def _write(self, name: str) -> None:
        """Write a secret: another file, as another version of a secret is to a container."""
        new = self.folder / f"{name}.new"
        new.write_text(self.passwords[name], encoding="ascii")
        _give(new)
        new.replace(self.folder / "secrets" / name)


def _give(file: Path) -> None:
    """A file for the account of the containers alone."""
    file.chmod(0o400)
    os.chown(file, UID, UID)


def _variables(name: str) -> dict[str, str]:
    if name == "backup":
        return {"DATABASE_MODE": "backup", "DATABASE_MEMBERS": " ".join(f"{member}.service" for member in MEMBERS)}
    (other,) = set(MEMBERS) - {name}
    return {
        "DATABASE_MODE": "primary" if name == MEMBERS[0] else "replica",
        "DATABASE_MEMBER": name,
        "DATABASE_PEER": f"{other}.service",
        "DATABASE_REPOSITORY": "backup.service",
    }
