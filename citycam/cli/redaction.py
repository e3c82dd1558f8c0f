"""Keep secrets out of logs: a filter on the root handlers, so that nobody has to remember it."""

from __future__ import annotations

import logging
import re
import threading

_KEEP = 6
"""Shorter values are not redacted: they would blot out ordinary words."""

_URL_PASSWORD = re.compile(r"(\w+://[^\s:/@]+):[^\s@/]+@")
_HEADER = re.compile(r"(?i)(authorization:\s*\w+\s+)\S.*")


class Redaction(logging.Filter):
    """Replaces known secrets, passwords in URLs and Authorization headers in every record."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._secrets: frozenset[str] = frozenset()

    def learn(self, *secrets: str) -> None:
        """Redact these values from now on."""
        with self._lock:
            self._secrets |= {secret for secret in secrets if len(secret) >= _KEEP}

    def scrub(self, text: str) -> str:
        """`text` without secrets."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return _HEADER.sub(r"\1***", _URL_PASSWORD.sub(r"\1:***@", text))

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record's message; always lets it pass."""
        record.msg, record.args = self.scrub(record.getMessage()), None
        if record.exc_info:
            record.exc_text = self.scrub(logging.Formatter().formatException(record.exc_info))
            record.exc_info = None
        return True


redaction = Redaction()
"""The process's one redaction; `learn` every secret as soon as it is known."""


def configure_logging(verbose: bool) -> None:
    """Logs on stderr, warnings and up (`verbose`: everything of ours), always redacted."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    handler.addFilter(redaction)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    # A program that fails leaves its engine without its caller; what failed is in the events.
    logging.getLogger("grpc").setLevel(logging.DEBUG if verbose else logging.CRITICAL)
    logging.getLogger("citycam").setLevel(logging.DEBUG if verbose else logging.INFO)
    for name in ("infra", "simulators", "loadtests"):
        logging.getLogger(name).setLevel(logging.DEBUG if verbose else logging.WARNING)
