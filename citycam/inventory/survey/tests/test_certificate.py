from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from citycam.inventory.survey.certificate import read_certificate

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def made(subject: str, issuer: str, key: ec.EllipticCurvePrivateKey, signer: ec.EllipticCurvePrivateKey) -> bytes:
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in (subject, issuer)]
    builder = x509.CertificateBuilder(names[1], names[0], key.public_key(), 1, NOW, NOW + timedelta(days=1))
    return builder.sign(signer, hashes.SHA256()).public_bytes(Encoding.DER)


KEYS = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]


def test_who_signed_himself_is_told_from_who_only_says_so() -> None:
    own = read_certificate(made("IP Camera", "IP Camera", KEYS[0], KEYS[0]), 322, "TLSv1.3")
    assert own is not None
    assert (own.subject, own.self_signed, own.not_after) == ("CN=IP Camera", True, NOW + timedelta(days=1))
    assert (own.port, own.version, len(own.fingerprint)) == (322, "TLSv1.3", 64)
    for subject, signer in (("IP Camera", KEYS[1]), ("Another", KEYS[1])):
        other = read_certificate(made(subject, "IP Camera", KEYS[0], signer), 322, "TLSv1.2")
        assert other is not None
        assert not other.self_signed


@given(st.binary(max_size=100))
def test_what_is_no_certificate_is_none(data: bytes) -> None:
    assert read_certificate(data, 322, "") is None
