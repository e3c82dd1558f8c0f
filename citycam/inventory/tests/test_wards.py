import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vietnam_provinces import ProvinceCode, Ward

from citycam.inventory.outline import kilometres_outside
from citycam.inventory.spelling import Unreadable
from citycam.inventory.wards import old_units, read_ward, todays_wards, wards


def test_todays_wards_are_the_published_ones() -> None:
    published = {int(ward.code): ward.name for ward in Ward.iter_by_province(ProvinceCode(1))}
    assert dict(wards()) == published
    assert len(published) == 126


def test_every_old_unit_became_something_and_every_ward_came_from_something() -> None:
    assert len(old_units()) == 526
    assert {code for unit in old_units() for code in unit.today} == set(todays_wards())


def test_centres_lie_in_the_outline() -> None:
    assert not [ward for ward in todays_wards().values() if kilometres_outside(ward.latitude, ward.longitude)]


@settings(deadline=None)
@given(st.sampled_from(wards()), st.sampled_from(["NFC", "NFD"]), st.booleans())
def test_every_name_of_today_is_read_in_any_spelling(ward: tuple[int, str], form: str, shout: bool) -> None:
    code, name = ward
    text = unicodedata.normalize(form, name.upper() if shout else name)  # type: ignore[arg-type]
    assert read_ward(text).ward == todays_wards()[code]
    short = text.replace("Phường ", "P.").replace("Xã ", "X. ")
    assert read_ward(short).ward == todays_wards()[code]


@settings(deadline=None)
@given(st.sampled_from(old_units()))
def test_every_old_name_with_its_district_is_mapped_or_asked(unit: object) -> None:
    from citycam.inventory.wards import OldUnit

    assert isinstance(unit, OldUnit)
    found = read_ward(unit.name, unit.district)
    codes = {found.ward.code} if found.ward else {ward.code for ward in found.candidates}
    assert codes == set(unit.today)
    assert found.note or (found.ward and found.ward.name == unit.name)


@pytest.mark.parametrize(
    ("text", "district", "name", "note"),
    [
        ("Phường Tây Hồ", "", "Phường Tây Hồ", ""),
        ("tay ho", "", "Phường Tây Hồ", ""),
        ("Phúc Xá", "Q. Ba Đình", "Phường Hồng Hà", "since July 2025"),
        ("P. Phúc Xá, Q. Ba Đình, Hà Nội", "", "Phường Hồng Hà", "since July 2025"),
        ("Phường Tâyy Hồ", "", "Phường Tây Hồ", "read as"),
        ("Phường Tây Hồ", "Hà Nội", "Phường Tây Hồ", ""),
    ],
)
def test_names_that_mean_one_ward(text: str, district: str, name: str, note: str) -> None:
    found = read_ward(text, district)
    assert found.ward is not None
    assert found.ward.name == name
    assert note in found.note
    assert bool(note) == bool(found.note)


@pytest.mark.parametrize(("text", "district"), [("Láng Hạ", "Đống Đa"), ("Quận Ba Đình", ""), ("Quang Trung", "")])
def test_ambiguous_names_are_never_guessed(text: str, district: str) -> None:
    found = read_ward(text, district)
    assert found.ward is None
    assert len(found.candidates) > 1


@pytest.mark.parametrize(("text", "district"), [("Phường Bến Nghé", "Quận 1"), ("Xóm Trại Gà Bến Đò", "")])
def test_names_of_elsewhere_are_refused(text: str, district: str) -> None:
    with pytest.raises(Unreadable, match="there is no"):
        read_ward(text, district)
