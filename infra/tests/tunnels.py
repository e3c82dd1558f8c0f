"""A stand-in for `ssh` that leads to sockets of this machine, and an engine that says what it is told to say."""

from __future__ import annotations

import json
import socket
import socketserver
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

SSH = f"""#!{sys.executable}
import os, select, socket, sys, threading
words = sys.argv[1:]
where = words[words.index("--") + 1]
command = " ".join(words[words.index("--") + 2:])
host = where.partition("@")[2]
with open({{log!r}}, "a") as log:
    log.write(host + chr(10))
if host in {{dead!r}}:
    sys.exit("ssh: connect to host " + host + " port 22: No route to host")
if "-L" not in words:
    os.execvp("sh", ["sh", "-c", command])
local, remote = words[words.index("-L") + 1].split(":/", 1)
remote = {{root!r}} + "/" + host + "/" + remote
server = socket.socket(socket.AF_UNIX)
server.bind(local)
server.listen()
def pump(one, other):
    while data := one.recv(65536):
        other.sendall(data)
    other.shutdown(socket.SHUT_WR)
def serve():
    while True:
        near, _ = server.accept()
        far = socket.socket(socket.AF_UNIX)
        try:
            far.connect(remote)
        except OSError:
            near.close()
            continue
        for pair in ((near, far), (far, near)):
            threading.Thread(target=pump, args=pair, daemon=True).start()
threading.Thread(target=serve, daemon=True).start()
sys.stdin.read()
"""


def put_ssh(folder: Path, dead: tuple[str, ...] = ()) -> Path:
    """Put `ssh` into `folder/bin`; on a host `a`, the path `/x` is `folder/a/x`. Its log tells who was called."""
    log = folder / "called"
    program = folder / "bin" / "ssh"
    program.parent.mkdir(exist_ok=True)
    program.write_text(SSH.format(log=str(log), dead=dead, root=str(folder)), encoding="utf-8")
    program.chmod(0o755)
    return log


@contextmanager
def engine(path: Path, info: Mapping[str, Any]) -> Iterator[None]:
    """An engine at the end of a socket, which knows its version and what it is."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"ApiVersion": "1.41"} if self.path.endswith("/version") else info).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def address_string(self) -> str:
            return "socket"

        def log_message(self, *_: object) -> None:
            pass

    path.parent.mkdir(parents=True, exist_ok=True)
    with socketserver.ThreadingUnixStreamServer(str(path), Answers) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()


def listening(path: Path) -> socket.socket:
    """A socket of the file system that accepts."""
    path.parent.mkdir(parents=True, exist_ok=True)
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    server.listen()
    return server
