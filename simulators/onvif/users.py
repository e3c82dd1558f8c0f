"""The users of a device, as the device service changes them (ONVIF Core specification, 8.4)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from simulators.onvif.access import Access
from simulators.onvif.estate import LEVELS, User
from simulators.onvif.service import Call, wrong
from simulators.onvif.soap import Fault, Xml, many, tag

MOST = 16


def _get(call: Call) -> Xml:
    return many(
        tag("tds:User", tag("tt:Username", user.name), tag("tt:UserLevel", user.level)) for user in call.host.users()
    )


def _given(call: Call) -> list[User]:
    found = []
    for element in call.all("User"):
        name, level = element.findtext("{*}Username", ""), element.findtext("{*}UserLevel", "User")
        if not re.fullmatch(r"[A-Za-z0-9._-]{1,32}", name):
            raise wrong("UsernameTooShort" if not name else "InvalidArgs", "a user name is 1 to 32 letters or digits")
        known = next((one for one in LEVELS if one == level), None)
        if known is None:
            raise wrong("InvalidArgs", f"no user level {level[:40]!r}")
        password = element.findtext("{*}Password", "")
        if len(password) > 64:
            raise Fault("Sender", "OperationProhibited", "PasswordTooLong", reason="a password has up to 64 characters")
        found.append(User(name, password, known))
    return found


def _create(call: Call) -> Xml:
    users = {user.name: user for user in call.host.users()}
    for user in _given(call):
        if user.name in users:
            raise Fault("Sender", "OperationProhibited", "UsernameClash", reason=f"there is a user {user.name}")
        if not user.password:
            raise Fault("Sender", "OperationProhibited", "Password", reason="a user needs a password")
        users[user.name] = user
    if len(users) > MOST:
        raise Fault("Receiver", "Action", "TooManyUsers", reason=f"there are {MOST} users at most")
    call.host.set_users(list(users.values()))
    return Xml("")


def _set(call: Call) -> Xml:
    users = {user.name: user for user in call.host.users()}
    for user in _given(call):
        if user.name not in users:
            raise wrong("UsernameMissing", f"no user {user.name}")
        users[user.name] = replace(user, password=user.password or users[user.name].password)
    _keep_an_administrator(list(users.values()))
    call.host.set_users(list(users.values()))
    return Xml("")


def _delete(call: Call) -> Xml:
    names = {element.text for element in call.all("Username")}
    users = list(call.host.users())
    if names - {user.name for user in users}:
        raise wrong("UsernameMissing", "no such user")
    kept = [user for user in users if user.name not in names]
    _keep_an_administrator(kept)
    call.host.set_users(kept)
    return Xml("")


def _keep_an_administrator(users: list[User]) -> None:
    if not any(user.level == "Administrator" for user in users):
        raise Fault("Sender", "OperationProhibited", "FixedUser", reason="there must be an administrator")


OPERATIONS: Mapping[str, tuple[Access, Callable[[Call], Xml]]] = {
    "GetUsers": (Access.READ_SYSTEM_SECRET, _get),
    "CreateUsers": (Access.WRITE_SYSTEM, _create),
    "SetUser": (Access.WRITE_SYSTEM, _set),
    "DeleteUsers": (Access.WRITE_SYSTEM, _delete),
}
"""Operations of the device service."""
