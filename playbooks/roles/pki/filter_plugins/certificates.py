"""Which certificates must be issued, asked in the controller's own process: a run with nothing to do takes a moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature


def certificates_due(services: Sequence[Mapping[str, Any]], folder: str, days: int) -> list[Mapping[str, Any]]:
    """Services (`name`, `names`) whose key or certificate in `folder` is absent, or that need another certificate.

    They do when it ends within `days`, is for other names, or was not issued by the authority there.
    """
    authority = _read(Path(folder) / "ca.crt")
    soon = datetime.now(UTC) + timedelta(days=days)
    return [service for service in services if not _serves(service, Path(folder), authority, soon)]


def _serves(service: Mapping[str, Any], folder: Path, authority: x509.Certificate | None, soon: datetime) -> bool:
    found = _read(folder / f"{service['name']}.crt")
    if found is None or authority is None or not (folder / f"{service['name']}.key").is_file():
        return False
    try:
        found.verify_directly_issued_by(authority)
    except (InvalidSignature, ValueError):
        return False
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return found.not_valid_after_utc > soon and set(names.get_values_for_type(x509.DNSName)) == set(service["names"])


def _read(path: Path) -> x509.Certificate | None:
    return x509.load_pem_x509_certificate(path.read_bytes()) if path.is_file() else None


class FilterModule:
    """Ansible's way of finding them."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters by name."""
        return {"certificates_due": certificates_due}
