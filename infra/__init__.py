"""The platform as code: a Pulumi program over Docker Swarm, the images it runs, and what drives it."""

import os

# Playbooks are started by fork from a process in which Pulumi's gRPC has threads. gRPC's own handlers would start those
# threads again in the child, on descriptors that are closed by then, and break the playbook.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
