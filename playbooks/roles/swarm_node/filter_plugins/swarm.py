"""What `docker_swarm_info` returns, in the words of `citycam.plan.labels` and `citycam.plan.votes`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from citycam.plan import votes
from citycam.plan.labels import NODE, Berth, Policy, Swarm, away, relabel
from citycam.plan.votes import Voter

PART = "citycam.part"


def node_ids(info: Mapping[str, Any], own: Mapping[str, str] | None = None) -> dict[str, str]:
    """The engine's id of every node of ours by name; `own` are ids that nodes told themselves.

    A node that was lost and came back anew is in the list twice: the one that is ready counts.
    """
    found: dict[str, str] = {}
    for node in sorted(info.get("nodes", []), key=_ready):
        if name := node["Spec"].get("Labels", {}).get(NODE):
            found[name] = node["ID"]
    return found | dict(own or {})


def own_ids(hosts: Iterable[Mapping[str, Any]], results: Sequence[str]) -> dict[str, str]:
    """Node ids that hosts told themselves, in results of `docker_host_info` among their variables; the last counts."""
    found: dict[str, str] = {}
    for host in hosts:
        for result in results:
            info = (host.get(result) or {}).get("host_info") or {}
            if id_ := info.get("Swarm", {}).get("NodeID"):
                found[host["inventory_hostname"]] = id_
    return found


def spokesman(hosts: Iterable[Mapping[str, Any]], leaving: Collection[str], recording: Collection[str]) -> str:
    """The manager that is asked and told, which makes the Swarm if there is none.

    One that answers and has a vote comes first, then one that stays, then one that does not record; else the first.
    """

    def order(host: Mapping[str, Any]) -> tuple[bool, bool, bool]:
        info = (host.get("swarm_node_look") or {}).get("host_info") or {}
        name = host["inventory_hostname"]
        return not info.get("Swarm", {}).get("ControlAvailable"), name in leaving, name in recording

    return str(min(hosts, key=order)["inventory_hostname"])


def yielding(info: Mapping[str, Any], recording: Collection[str]) -> list[dict[str, str]]:
    """What becomes of a leader that records: a worker, and a manager again; nothing where no other can lead."""
    leader = votes.yielding(_voters(info), recording)
    return [{"name": leader.name, "id": leader.id, "role": role} for role in ("worker", "manager")] if leader else []


def objections(
    info: Mapping[str, Any], leaving: Collection[str], platform: str, database: Collection[str]
) -> list[str]:
    """What stands against nodes leaving for good."""
    return votes.objections(leaving, platform, database, _voters(info))


def swarm_labels(
    info: Mapping[str, Any],
    node: str,
    pools: Sequence[str],
    gateways: Sequence[Mapping[str, str]],
    policy: str,
    own: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """What to set and to take off a node: `{set: {...}, unset: [...]}`."""
    change = relabel(node, pools, _berths(gateways), _swarm(info, own), Policy(policy))
    return {"set": dict(change.set), "unset": list(change.unset)}


def gateways_away(info: Mapping[str, Any], gateways: Sequence[Mapping[str, str]]) -> list[str]:
    """Gateways that do not run at their home although it is ready."""
    return away(_berths(gateways), _swarm(info, None))


def gateway_nodes(info: Mapping[str, Any], gateways: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Node that each gateway runs on, for those that run."""
    running = _swarm(info, None).running
    return {each["name"]: running[each["name"]] for each in gateways if running.get(each["name"])}


def gateways_nowhere(info: Mapping[str, Any], gateways: Sequence[Mapping[str, str]]) -> list[str]:
    """Gateways that have a service and run on none of our nodes; one without a service is not made yet."""
    running = _swarm(info, None).running
    return [each["name"] for each in gateways if running.get(each["name"]) == ""]


def is_ready(info: Mapping[str, Any], node: str) -> bool:
    """Whether the Swarm hears from the node, drained or not."""
    id_ = node_ids(info).get(node)
    return any(each["ID"] == id_ and each["Status"]["State"] == "ready" for each in info["nodes"])


def tasks_on(info: Mapping[str, Any], id_: str) -> list[str]:
    """Ids of the tasks that are not over on a node."""
    over = {"complete", "shutdown", "failed", "rejected", "orphaned", "remove"}
    return [task["ID"] for task in info["tasks"] if task.get("NodeID") == id_ and task["Status"]["State"] not in over]


def _voters(info: Mapping[str, Any]) -> list[Voter]:
    return [
        Voter(
            name=node["Spec"].get("Labels", {}).get(NODE) or node["Description"]["Hostname"],
            id=node["ID"],
            answers=status.get("Reachability") == "reachable",
            leads=bool(status.get("Leader")),
        )
        for node in info["nodes"]
        if (status := node.get("ManagerStatus"))
    ]


def _berths(gateways: Sequence[Mapping[str, str]]) -> list[Berth]:
    return [Berth(each["name"], each["home"], each.get("standby") or "") for each in gateways]


def _swarm(info: Mapping[str, Any], own: Mapping[str, str] | None) -> Swarm:
    ids = node_ids(info, own)
    names = {id_: name for name, id_ in ids.items()}
    nodes = {names[node["ID"]]: node for node in info["nodes"] if node["ID"] in names}
    running = {
        part: _where(info["tasks"], service["ID"], names)
        for service in info["services"]
        if (part := service["Spec"].get("Labels", {}).get(PART))
    }
    return Swarm(
        labels={name: node["Spec"].get("Labels", {}) for name, node in nodes.items()},
        ready=frozenset(name for name, node in nodes.items() if _ready(node)),
        running=running,
    )


def _ready(node: Mapping[str, Any]) -> bool:
    return bool(node["Status"]["State"] == "ready" and node["Spec"]["Availability"] == "active")


def _where(tasks: Sequence[Mapping[str, Any]], service: str, names: Mapping[str, str]) -> str:
    for task in tasks:
        if (task["ServiceID"], task["DesiredState"], task["Status"]["State"]) == (service, "running", "running"):
            return names.get(task.get("NodeID", ""), "")
    return ""


class FilterModule:
    """Ansible's way of finding them."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters by name."""
        return {
            "node_ids": node_ids,
            "own_ids": own_ids,
            "spokesman": spokesman,
            "yielding": yielding,
            "objections": objections,
            "swarm_labels": swarm_labels,
            "gateways_away": gateways_away,
            "gateway_nodes": gateway_nodes,
            "gateways_nowhere": gateways_nowhere,
            "is_ready": is_ready,
            "tasks_on": tasks_on,
        }
