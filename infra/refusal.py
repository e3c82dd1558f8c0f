"""Why a host could not be looked at: what SSH and Ansible say, in our words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Refusal:
    """Which check failed, what was seen, and what to do."""

    check: str
    seen: str
    fix: str


def refusal(said: str, address: str) -> Refusal:
    """What it means that a host at `address` was not looked at, by what was `said`: ssh(1)'s message, or a module's."""
    for pattern, found in _KNOWN:
        if re.search(pattern, said, re.IGNORECASE):
            return Refusal(found.check, found.seen.format(address=address), found.fix.format(address=address))
    why = said.strip() or "no reason was given"
    return Refusal("host", f"it could not be looked at: {why}", f"try `ssh {address}`, then check again")


_KNOWN: Sequence[tuple[str, Refusal]] = (
    (
        r"REMOTE HOST IDENTIFICATION HAS CHANGED|host key for .* has changed",
        Refusal(
            "key",
            "it shows another host key than the one that is known",
            "find out why; if it was installed anew, forget the old key (`ssh-keygen -R {address}`) and add the new",
        ),
    ),
    (
        r"Host key verification failed|No .* host key is known",
        Refusal(
            "key",
            "its host key is not known",
            "compare its fingerprint at its console, then add it to known_hosts (`ssh-keyscan {address}`)",
        ),
    ),
    (
        r"Permission denied|Too many authentication failures",
        Refusal(
            "key",
            "it refuses our key",
            "add the public half of ansible_ssh_private_key_file to authorized_keys of ansible_user there",
        ),
    ),
    (
        r"Could not resolve hostname|Name or service not known",
        Refusal("host", "no host is called {address}", "correct ansible_host in the inventory"),
    ),
    (
        r"timed out|No route to host|Connection refused|Network is unreachable|Connection closed|reset by peer",
        Refusal(
            "host", "nobody answers by SSH at {address}", "start the machine, or correct ansible_host in the inventory"
        ),
    ),
    (
        r"python\S*: (?:not found|No such file)|interpreter.*not found|No such file or directory.*python",
        Refusal("python", "it has no Python", "install it: `apt-get install python3`"),
    ),
    (
        r"(?:sudo|become).*(?:password|not found|not allowed|required)|Missing sudo password|not in the sudoers",
        Refusal(
            "root",
            "ansible_user may not become root there",
            "install sudo and let the user become root without a password, or name root as ansible_user",
        ),
    ),
)
