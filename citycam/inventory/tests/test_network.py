from ipaddress import IPv4Address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citycam.inventory.network import Credentials, addresses, link, mac, port, redacted, serial, told
from citycam.inventory.spelling import Unreadable


@settings(deadline=None)
@given(st.ip_addresses(v=4), st.integers(1, 20), st.sampled_from(["-", "–", " - ", " đến ", "~"]))
def test_a_range_is_its_addresses(first: IPv4Address, count: int, dash: str) -> None:
    last = int(first) + count - 1
    if last >= 2**32:
        return
    text = f"{first}{dash}{IPv4Address(last)}"
    assert [address for address, _ in addresses(text)] == [str(first + step) for step in range(count)]
    if str(IPv4Address(last)).rpartition(".")[0] == str(first).rpartition(".")[0]:
        assert addresses(f"{first}{dash}{str(IPv4Address(last)).rpartition('.')[2]}") == addresses(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("192.168.1.10", [("192.168.1.10", None)]),
        ("192.168.001.010:554", [("192.168.1.10", 554)]),
        ("10.0.0.1, 10.0.0.2", [("10.0.0.1", None), ("10.0.0.2", None)]),
        ("10.0.0.1\n10.0.0.2", [("10.0.0.1", None), ("10.0.0.2", None)]),
    ],
)
def test_addresses(text: str, found: list[tuple[str, int | None]]) -> None:
    assert addresses(text) == found


@pytest.mark.parametrize(
    "text", ["192.168.1.300", "10.0.0.9-3", "10.0.0.1-10.0.9.1", "192.168.1", "camera1", "10.0.0.1:99999", "=A1"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        addresses(text)


@pytest.mark.parametrize(
    ("text", "address", "number", "path", "user", "password"),
    [
        ("rtsp://10.0.0.1/live", "10.0.0.1", None, "/live", None, None),
        ("rtsp://admin:12345@10.0.0.1:554/live", "10.0.0.1", 554, "/live", "admin", "12345"),
        ("rtsp://admin:p@ss:w/d@10.0.0.1/a?b=1", "10.0.0.1", None, "/a?b=1", "admin", "p@ss:w/d"),
        ("rtsp://admin:a%40b@10.0.0.1/", "10.0.0.1", None, "/", "admin", "a@b"),
        ("rtsp://10.0.0.1/user@home", "10.0.0.1", None, "/user@home", None, None),
        ("rtsp://10.0.0.1/s?user=admin&password=x1&ch=1", "10.0.0.1", None, "/s?user=&password=&ch=1", "admin", "x1"),
        ("rtsp://cam.local/live", None, None, "/live", None, None),
    ],
)
def test_links(
    text: str, address: str | None, number: int | None, path: str, user: str | None, password: str | None
) -> None:
    found = link(text)
    assert (found.address, found.port, found.path) == (address, number, path)
    assert found.credentials == (None if user is None else Credentials(user, password or ""))
    if password:
        assert password not in redacted(text)


def test_credentials_do_not_print() -> None:
    assert "secret" not in repr(Credentials("admin", "secret"))
    assert "secret" not in repr(link("rtsp://admin:secret@10.0.0.1/"))


@pytest.mark.parametrize(
    "text",
    [
        "pass: 12345",
        "mk:12345",
        "Mật khẩu = 12345, đổi sau",
        "user/pass: admin/12345",
        "user admin pass 12345",
        "mật khẩu là 12345",
        "Cổng (admin/12345)",
        "admin:12345@10.0.0.1",
        "xem rtsp://admin:12345@10.0.0.1/live",
        "root: 12345",
    ],
)
def test_passwords_in_sentences_are_found_and_hidden(text: str) -> None:
    found = told(text)
    assert found is not None
    assert found.password == "12345"
    assert "12345" not in redacted(text)


@pytest.mark.parametrize(
    "text",
    [
        "Admin: Nguyễn Văn An",
        "quên mật khẩu của đầu ghi",
        "passage 12 Lý Thái Tổ",
        "/cgi-bin/admin/stream1",
        "rtsp://10.0.0.1/live",
        "ra vào lúc 12:30",
    ],
)
def test_what_is_no_password_stays(text: str) -> None:
    assert told(text) is None
    assert redacted(text) == text


@settings(deadline=None)
@given(st.binary(min_size=6, max_size=6), st.sampled_from([":", "-", "", ".", " "]), st.booleans())
def test_macs_in_every_writing(raw: bytes, separator: str, upper: bool) -> None:
    text = raw.hex(separator) if separator else raw.hex()
    found = mac(text.upper() if upper else text)
    assert found in {raw.hex(":"), None}


@pytest.mark.parametrize("text", ["00:00:5e:00:00", "GG:00:5e:00:00:01", "02005e0000011"])
def test_what_is_no_mac_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        mac(text)


def test_a_mac_of_zeros_is_unknown() -> None:
    assert mac("00-00-00-00-00-00") is None


@pytest.mark.parametrize(
    ("cell", "text"), [("S/N: A12", "A12"), (123456789.0, "123456789"), (123, "123"), (" a 1 ", "a 1")]
)
def test_serials(cell: str | float, text: str) -> None:
    assert serial(cell) == text


@pytest.mark.parametrize("cell", [1.234567890123e17, 12.5, "1,23457E+14", "x" * 65])
def test_a_spoilt_serial_is_refused(cell: str | float) -> None:
    with pytest.raises(Unreadable):
        serial(cell)


@pytest.mark.parametrize("text", ["0", "65536", "x"])
def test_what_is_no_port_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        port(text)
