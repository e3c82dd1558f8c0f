import pytest

from citycam.inventory.choices import choice, choices, labels, words
from citycam.inventory.record import Codec, Kind, OnvifProfile, Protection, Purpose, State, Tier, UplinkKind
from citycam.inventory.spelling import Unreadable
from citycam.model.camera import Auth


def test_the_values_are_those_of_a_record() -> None:
    known = {
        "agency_tier": Tier,
        "kind": Kind,
        "codec": Codec,
        "auth": Auth,
        "protection": Protection,
        "uplink_kind": UplinkKind,
        "purpose": Purpose,
        "state": State,
    }
    for field, enum in known.items():
        assert set(words()[field].values()) == {str(member.value) for member in enum}
    assert {"S", "T", "G", "M", "Q", "A", "C", "D"} == {member.value for member in OnvifProfile}


def test_what_the_form_offers_is_understood() -> None:
    for field in words():
        for value, label in labels(field).items():
            assert choice(field, label) == (value, "")
            assert choice(field, value)[0] == value


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("kind", "Speed dome", "ptz"),
        ("kind", "CỐ ĐỊNH", "fixed"),
        ("codec", "h.265+", "h265"),
        ("state", "hoat dông", "working"),
    ],
)
def test_words_people_use(field: str, text: str, value: str) -> None:
    assert choice(field, text)[0] == value


def test_a_word_written_badly_is_noted() -> None:
    value, note = choice("kind", "quay quett")
    assert value == "ptz"
    assert "read as ptz" in note


@pytest.mark.parametrize("text", ["kính lúp", "x", "12"])
def test_other_words_are_refused(text: str) -> None:
    with pytest.raises(Unreadable, match="not one of the choices"):
        choice("kind", text)


def test_several_in_one_cell() -> None:
    assert choices("auth", "Digest, Basic")[0] == ("basic", "digest")
    assert choices("protection", "RTSPS + VLAN riêng")[0] == ("rtsps", "isolated-vlan")
