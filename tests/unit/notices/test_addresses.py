"""Notices go to the public Internet, and nowhere else unless the operator allows it."""

import pytest

from firmtrack.notices.addresses import PrivateAddress, UnfitAddress, check_address, resolve


@pytest.mark.parametrize(
    "url",
    [
        "https://receiver.example/notices",
        "https://receiver.example:8443/notices?party=alpha",
        "https://93.184.215.14/",
        "https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/",
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
        resolve(host, 80, may_be_private=False)
