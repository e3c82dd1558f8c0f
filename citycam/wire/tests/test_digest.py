from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycam.wire.digest import Challenge, authorization, verify

HEADERS = [
    'Basic realm="camera"',
    'Digest realm="camera", nonce="8b84a3b789283a8bea8da7fa7d41f08b"',
    'Digest realm="camera", nonce="8b84a3b7", algorithm=MD5, qop="auth"',
    'Digest realm="camera", nonce="8b84a3b7", algorithm=SHA-256, qop="auth"',
]
words = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=':"\\,'), min_size=1, max_size=20)


@pytest.mark.parametrize("header", HEADERS)
@given(username=words, password=words, other=words)
def test_only_the_right_password_opens(header: str, username: str, password: str, other: str) -> None:
    challenge = Challenge.parse(header)
    answer = authorization(challenge, "DESCRIBE", "rtsp://198.18.64.1/", username, password, cnonce="0a4f113b")
    assert verify(challenge, answer, "DESCRIBE", username, password)
    assert verify(challenge, answer, "DESCRIBE", username, other) == (other == password)


@pytest.mark.parametrize("header", HEADERS)
def test_a_challenge_survives_its_header(header: str) -> None:
    challenge = Challenge.parse(header)
    assert Challenge.parse(challenge.header()) == challenge


@pytest.mark.parametrize("header", HEADERS[1:])
def test_a_digest_is_bound_to_its_method_and_nonce(header: str) -> None:
    challenge = Challenge.parse(header)
    answer = authorization(challenge, "DESCRIBE", "rtsp://198.18.64.1/", "admin", "secret", cnonce="0a4f113b")
    assert not verify(challenge, answer, "TEARDOWN", "admin", "secret")
    assert not verify(Challenge.parse(header.replace("8b84", "0000")), answer, "DESCRIBE", "admin", "secret")


@given(st.text(max_size=100))
def test_any_answer_is_judged(answer: str) -> None:
    assert not verify(Challenge.parse(HEADERS[2]), answer, "DESCRIBE", "admin", "secret")
