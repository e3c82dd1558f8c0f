"""The certificate of a TLS service, read; whether it is valid is for whoever judges."""

from __future__ import annotations

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.hashes import SHA256

from citycam.inventory.survey.visit import Certificate

_LONGEST = 200


def read_certificate(der: bytes, port: int, version: str) -> Certificate | None:
    """What a certificate in DER says; None if it is none."""
    try:
        found = x509.load_der_x509_certificate(der)
        return Certificate(
            port=port,
            subject=found.subject.rfc4514_string()[:_LONGEST],
            issuer=found.issuer.rfc4514_string()[:_LONGEST],
            self_signed=_self_signed(found),
            not_before=found.not_valid_before_utc,
            not_after=found.not_valid_after_utc,
            version=version,
            fingerprint=found.fingerprint(SHA256()).hex(),
        )
    except (ValueError, x509.InvalidVersion, UnsupportedAlgorithm):
        return None


def _self_signed(certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(certificate)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True
