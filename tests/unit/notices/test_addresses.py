"""Notices go to the public Internet, and nowhere else unless the operator allows it."""

import socket
from collections.abc import Iterable
from contextlib import closing
from typing import Any

import httpcore
import pytest

from firmtrack.notices.addresses import (
    GetAddrInfo,
    PrivateAddress,
    UnfitAddress,
    check_address,
    resolve,
)
from firmtrack.notices.calling import Caller
from firmtrack.notices.special_networks import (
    SPECIAL_IPV4,
    SPECIAL_IPV6,
    SpecialNetwork,
    special_network_of,
)


@pytest.mark.parametrize(
    "url",
    [
        "https://receiver.example/notices",
        "https://receiver.example:8443/notices?party=alpha",
        "https://93.184.215.14/",
        "https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/",
        "https://[64:ff9b::5db8:d70e]/",
        "https://RECEIVER.Example/",
        "https://xn--rceiver-bya.example/",
        "https://my_receiver.example:443/",
    ],
)
def test_public_https_addresses_are_taken(url: str) -> None:
    check_address(url, may_be_private=False)


@pytest.mark.parametrize(
    "url",
    [
        "http://receiver.example/",
        "ftp://receiver.example/",
        "file:///etc/passwd",
        "https:///notices",
        "receiver.example",
        "https://user:password@receiver.example/",
        "https://receiver.example/#part",
        "https://receiver.example:99999/",
        "https://[::1/",
        "https://receiver.example/a b",
        "https://receiver.example/\r\nx: y",
        "https://réceiver.example/",
        "https://receiver.example/" + "a" * 500,
        "https://127.0.0.1/",
        "https://10.1.2.3/",
        "https://169.254.169.254/latest/meta-data",
        "https://192.168.0.1/",
        "https://100.64.0.1/",
        "https://0.0.0.0/",
        "https://224.0.0.1/",
        "https://[::1]/",
        "https://[fe80::1]/",
        "https://[fd00::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[2002:7f00:1::]/",
        "https://[64:ff9b::7f00:1]/",
        "https://receiver.example:80/",
        "https://receiver.example:22/",
        "https://receiver.example:0/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.0.0.1/",
        "https://0177.0.0.1/",
        "https://127.1/",
        "https://127.0.0.1./",
        "https://93.184.215.14./",
        "https://93.184.215.256/",
        "https://093.184.215.14/",
        "https://receiver.example./",
        "https://receiver.0x0/",
        "https://%31%32%37.0.0.1/",
        "https://receiver%2eexample/",
        "https://receiver.example\\@127.0.0.1/",
        "https://@receiver.example/",
        "https://LOCALHOST/",
        "https://[fe80::1%25eth0]/",
        "https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c%1]/",
        "https://[v1.fe80]/",
        "https://[127.0.0.1]/",
    ],
)
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(UnfitAddress):
        check_address(url, may_be_private=False)


def test_the_operator_may_allow_private_networks() -> None:
    check_address("http://127.0.0.1:9000/notices", may_be_private=True)
    assert resolve("127.0.0.1", 80, may_be_private=True) == ["127.0.0.1"]


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "127.1", "2130706433", "0x7f000001", "::1"]
)
def test_a_host_that_stands_for_a_private_address_is_refused_however_it_is_written(
    host: str,
) -> None:
    with pytest.raises(PrivateAddress):
        resolve(host, 443, may_be_private=False)


@pytest.mark.parametrize(
    "special", [*SPECIAL_IPV4, *SPECIAL_IPV6], ids=lambda special: str(special.network)
)
def test_no_address_of_a_special_network_is_called(special: SpecialNetwork) -> None:
    network = special.network
    for address in (network[0], network[-1], network[network.num_addresses // 2]):
        assert special_network_of(address) is not None
        with pytest.raises(PrivateAddress):
            resolve("receiver.example", 443, may_be_private=False, getaddrinfo=answering(address))


@pytest.mark.parametrize(
    ("outside", "is_public"),
    [
        ("9.255.255.255", True),
        ("11.0.0.0", True),
        ("100.63.255.255", True),
        ("100.128.0.0", True),
        ("172.32.0.0", True),
        ("192.0.1.0", True),
        ("198.20.0.0", True),
        ("223.255.255.255", True),
        ("192.0.0.192", False),
        ("64:ff9b:1::a00:1", False),
        ("64:ff9b::a00:1", False),
        ("64:ff9b::808:808", True),
        ("::127.0.0.1", False),
        ("::ffff:8.8.8.8", False),
        ("2001::1", False),
        ("2001:200::", True),
        ("2003::", True),
        ("4000::", False),
        ("1fff:ffff::", False),
        ("2a00:1450::1", True),
        ("fe80::1%lo", False),
        ("2a00:1450::1%1", False),
    ],
)
def test_the_edges_of_what_is_public(outside: str, is_public: bool) -> None:
    if is_public:
        resolve("receiver.example", 8443, may_be_private=False, getaddrinfo=answering(outside))
    else:
        with pytest.raises(PrivateAddress):
            resolve("receiver.example", 8443, may_be_private=False, getaddrinfo=answering(outside))


class _Network(httpcore.NetworkBackend):
    """Reaches nothing, and remembers what it was to reach."""

    def __init__(self) -> None:
        self.called: list[tuple[str, int]] = []

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        del timeout, local_address, socket_options
        self.called.append((host, port))
        raise httpcore.ConnectError("nothing is there")


class _Resolver:
    """Answers with the next of some addresses each time."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = list(addresses)

    def __call__(self, host: str, port: int, **_: object) -> list[tuple[Any, ...]]:
        del host
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (self.addresses.pop(0), port))]


def test_the_address_that_was_judged_is_the_one_that_is_called() -> None:
    network, resolver = _Network(), _Resolver("93.184.215.14", "127.0.0.1", "127.0.0.1")
    with closing(Caller(may_be_private=False, getaddrinfo=resolver, network=network)) as caller:
        first = caller.post("https://receiver.example/", {}, b"")
        asked_once = resolver.addresses == ["127.0.0.1", "127.0.0.1"]
        second = caller.post("https://receiver.example/", {}, b"")

    assert network.called == [("93.184.215.14", 443)]
    assert asked_once
    assert (first.is_refused, second.is_refused) == (False, True)


def test_an_address_that_was_taken_before_the_ports_were_bounded_is_not_called() -> None:
    network, resolver = _Network(), _Resolver("93.184.215.14")
    with closing(Caller(may_be_private=False, getaddrinfo=resolver, network=network)) as caller:
        answer = caller.post("https://receiver.example:6379/", {}, b"")

    assert answer.is_refused
    assert network.called == []


def answering(address: object) -> GetAddrInfo:
    def getaddrinfo(host: str, port: int, **_: object) -> list[tuple[Any, ...]]:
        del host
        public = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.215.14", port))
        return [public, (*public[:4], (str(address), port))]

    return getaddrinfo
