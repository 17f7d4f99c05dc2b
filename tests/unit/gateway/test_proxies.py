"""Who a client is, by the word of proxies that are named; no other word is heard."""

from ipaddress import ip_network

import pytest
from asgiref.typing import HTTPScope
from hypothesis import given
from hypothesis import strategies as st

from firmtrack.gateway.environ import environ_of
from firmtrack.gateway.proxies import NO_PROXIES, Proxies, read_address, undeclared_proxy

_PROXIES = Proxies(map(ip_network, ["10.0.0.0/24", "fd00::/8"]))
_CLIENT, _PROXY, _STRANGER = "203.0.113.9", "10.0.0.7", "198.51.100.1"


def client(peer: str, *forwarded_for: str, proxies: Proxies = _PROXIES) -> str:
    return proxies.client(peer, {b"x-forwarded-for": list(forwarded_for)}).address


@pytest.mark.parametrize(
    ("spelt", "address"),
    [
        ("203.0.113.9", "203.0.113.9"),
        (" 203.0.113.9\t", "203.0.113.9"),
        ("203.0.113.9:1234", "203.0.113.9"),
        ("2001:DB8::0:1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ('"[2001:db8::1]:443"', "2001:db8::1"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("[::ffff:203.0.113.9]:1", "203.0.113.9"),
        ("fe80::1%eth0", "fe80::1"),
    ],
)
def test_an_address_is_read_in_every_spelling(spelt: str, address: str) -> None:
    assert str(read_address(spelt)) == address


@pytest.mark.parametrize(
    "text",
    ["", "unknown", "_hidden", "203.0.113", "203.0.113.09", "203.0.113.9:", "203.0.113.9:x", "[::1",
     "[::1]x", "[::1]443", "[::1]:", "[::1]:٣", "1.2.3.4:999999", "2130706433", "<script>",
     "203.0.113.9 10.0.0.1", "[203.0.113.9", "::1]", ":::", "a" * 70_000],
)  # fmt: skip
def test_what_is_no_address_is_none(text: str) -> None:
    assert read_address(text) is None


@given(st.ip_addresses(), st.none() | st.integers(0, 65_535), st.booleans())
def test_any_address_is_read_with_and_without_port_and_brackets(
    address: object,
    port: int | None,
    has_brackets: bool,
) -> None:
    text = str(address)
    if ":" in text and (has_brackets or port is not None):
        text = f"[{text}]"
    if port is not None:
        text += f":{port}"
    read = read_address(text)
    assert read in {address, getattr(address, "ipv4_mapped", None)}


@given(st.text(max_size=100))
def test_no_text_is_too_odd_to_be_read(text: str) -> None:
    read_address(text)
    assert read_address(client(_PROXY, text)) is not None


def test_the_client_is_the_last_that_is_no_proxy() -> None:
    assert client(_PROXY, _CLIENT) == _CLIENT
    assert client(_PROXY, f"{_CLIENT}, 10.0.0.8") == _CLIENT
    assert client(_PROXY, _CLIENT, "10.0.0.8", "fd00::1") == _CLIENT
    assert client("::ffff:10.0.0.7", f"[2001:db8::1]:99, {_PROXY}:80") == "2001:db8::1"


@given(st.lists(st.text(alphabet="0123456789abcdef.:[]%, \"'<>-_", max_size=50), max_size=20))
def test_whatever_stands_left_of_the_client_changes_nothing(spoofed: list[str]) -> None:
    assert client(_PROXY, *spoofed, _CLIENT) == _CLIENT
    assert client(_PROXY, ",".join([*spoofed, _CLIENT, "10.0.0.8"])) == _CLIENT


def test_where_a_proxy_has_no_address_to_tell_it_is_the_client_itself() -> None:
    assert client(_PROXY) == _PROXY
    assert client(_PROXY, f"{_CLIENT}, unknown") == _PROXY
    assert client(_PROXY, f"{_CLIENT}, unknown, 10.0.0.8") == "10.0.0.8"
    assert client(_PROXY, " , ,") == _PROXY
    assert client(_PROXY, "10.0.0.9, 10.0.0.8") == "10.0.0.9"
    assert client(_PROXY, f",{_CLIENT},,") == _CLIENT


def test_no_more_proxies_are_walked_through_than_there_may_be() -> None:
    """A header of 64 KiB costs no more than a short one."""
    assert client(_PROXY, f"{_CLIENT}," + "10.0.0.8," * 6_000) == "10.0.0.8"


@pytest.mark.parametrize("peer", [_STRANGER, "10.0.1.7", "", "socket"])
def test_a_stranger_is_not_believed(peer: str) -> None:
    said = {b"x-forwarded-for": [_CLIENT], b"x-forwarded-proto": ["https"]}
    assert _PROXIES.client(peer, said) == (peer, "http")
    assert NO_PROXIES.client(_PROXY, said) == (_PROXY, "http")


@pytest.mark.parametrize(
    ("values", "scheme"),
    [
        (["https"], "https"),
        (["HTTPS "], "https"),
        (["http"], "http"),
        (["https, http"], "http"),
        (["http", "https"], "https"),
        (["ftp"], "http"),
        ([""], "http"),
        ([], "http"),
    ],
)
def test_the_scheme_is_what_the_nearest_proxy_says(values: list[str], scheme: str) -> None:
    assert _PROXIES.client(_PROXY, {b"x-forwarded-proto": values}).scheme == scheme


def scope(peer: tuple[str, int] | None, *headers: tuple[bytes, bytes]) -> HTTPScope:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/",
        "raw_path": b"/",
        "query_string": b"",
        "root_path": "",
        "headers": headers,
        "client": peer,
        "server": ("127.0.0.1", 8000),
        "state": {},
        "extensions": {},
    }


_HEADERS = (
    (b"x-forwarded-for", b"203.0.113.9"),
    (b"x-forwarded-proto", b"https"),
    (b"x-forwarded-host", b"evil.example"),
    (b"x_forwarded_proto", b"https"),
    (b"forwarded", b"for=203.0.113.8;proto=https;host=evil.example"),
    (b"x-real-ip", b"203.0.113.8"),
)


def test_the_application_is_told_the_client_and_sees_nothing_that_proxies_write() -> None:
    through = environ_of(scope((_PROXY, 99), *_HEADERS), _PROXIES)
    assert (through["REMOTE_ADDR"], through["wsgi.url_scheme"]) == (_CLIENT, "https")
    spoofed = environ_of(scope((_STRANGER, 99), *_HEADERS), _PROXIES)
    assert (spoofed["REMOTE_ADDR"], spoofed["wsgi.url_scheme"]) == (_STRANGER, "http")
    unnamed = environ_of(scope(None, *_HEADERS), _PROXIES)
    assert (unnamed["REMOTE_ADDR"], unnamed["wsgi.url_scheme"]) == ("", "http")
    for environ in (through, spoofed, unnamed):
        assert not [name for name in environ if "FORWARDED" in name or "REAL_IP" in name]


def test_a_proxy_that_is_not_named_is_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(3):
        _PROXIES.client("198.51.100.77", {b"x-forwarded-proto": ["https"]})
        _PROXIES.client("198.51.100.78", {b"x-forwarded-host": ["portal.example"]})
        _PROXIES.client("198.51.100.79", {})
    (line,) = caplog.messages
    assert line.startswith("FIRMTRACK_TRUSTED_PROXIES does not name 198.51.100.77, which sends")
    assert undeclared_proxy() == "198.51.100.77"
