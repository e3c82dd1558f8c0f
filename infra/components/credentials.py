"""Every secret the platform generates for itself, and the Swarm secrets that carry them (or their hashes)."""

from __future__ import annotations

import pulumi

from citycam.model.camera import CAMERA_ID
from citycam.model.environment import Environment
from infra.components.hashing import Right, gateway_users, htpasswd, salt
from infra.provider.random import Random, RandomArgs
from infra.provider.secret import Secret, SecretArgs

CAMERAS = f"~^{CAMERA_ID}$"

GATEWAY_RIGHTS = {
    "viewer": (Right("read", CAMERAS), Right("playback", CAMERAS)),
    "prometheus": (Right("metrics"),),
    "operator": (Right("api"),),
}
"""Who may do what on a gateway. Nobody may publish, and nobody is anonymous."""

DATABASE_PASSWORDS = ("database-password", "replication-password")
"""Generated secrets that are passwords of the database; the second exists on many nodes alone. The key of the
repository of backups is none: backups that are there need it.
"""


class Credentials(pulumi.ComponentResource):
    """Generated secrets: they outlive the services, as the data does that they protect."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("citycam:Credentials", name, None, opts)
        self._inside = pulumi.ResourceOptions(parent=self)
        self.viewer = self._random("viewer")
        self.prometheus = self._random("prometheus")
        self.gateway_operator = self._random("gateway-operator")
        self.operator = self._random("operator")
        self.database = self._random("database-password")
        self.camera_key = self._random("camera-key", size=32)
        self.seal = self._random("seal", size=32)
        self.register_outputs({})

    def shared(self) -> dict[str, pulumi.Output[str]]:
        """What the tools beside the platform need, by the names of `infra.outputs.SECRETS`."""
        return {
            "viewer": self.viewer,
            "operator": self.operator,
            "gateway-operator": self.gateway_operator,
            "camera-key": self.camera_key,
            "database-password": self.database,
        }

    def _random(self, name: str, size: int = 24) -> pulumi.Output[str]:
        return Random(name, RandomArgs(size=size), self._inside).value


class Secrets(pulumi.ComponentResource):
    """The Swarm secrets: what the parts read under `/run/secrets`."""

    def __init__(
        self,
        name: str,
        environment: Environment,
        credentials: Credentials,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("citycam:Secrets", name, None, opts)
        self._environment = environment
        self._seal = credentials.seal
        self._inside = pulumi.ResourceOptions(parent=self)
        self.gateway_users = self.sealed("gateway-users", _gateway_users(credentials))
        self.prometheus_password = self.sealed("prometheus-password", credentials.prometheus)
        self.operator_htpasswd = self.sealed("operator-htpasswd", _operator_htpasswd(credentials))
        self.camera_key = self.sealed("camera-key", credentials.camera_key)
        self.database_password = self.sealed("database-password", credentials.database)
        self.register_outputs({})

    def sealed(self, name: str, content: pulumi.Input[str]) -> Secret:
        """A Swarm secret of this environment."""
        full = self._environment.service_name(name)
        return Secret(name, SecretArgs(full, self._environment.name, content, self._seal), self._inside)


def _gateway_users(credentials: Credentials) -> pulumi.Output[str]:
    def written(values: list[str]) -> str:
        viewer, prometheus, operator, seal = values
        return gateway_users({"viewer": viewer, "prometheus": prometheus, "operator": operator}, GATEWAY_RIGHTS, seal)

    parts = (credentials.viewer, credentials.prometheus, credentials.gateway_operator, credentials.seal)
    return pulumi.Output.all(*parts).apply(written)


def _operator_htpasswd(credentials: Credentials) -> pulumi.Output[str]:
    def written(values: list[str]) -> str:
        password, seal = values
        return htpasswd("operator", password, salt(seal, "edge operator"))

    return pulumi.Output.all(credentials.operator, credentials.seal).apply(written)
