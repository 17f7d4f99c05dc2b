"""Settings are read strictly: a value that cannot be used is refused by its name."""

from ipaddress import ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmtrack.environment import BadSetting, read_environment


def trusted(value: str) -> list[str]:
    settings = read_environment({"FIRMTRACK_TRUSTED_PROXIES": value})
    return [str(each) for each in settings.trusted_proxies]


def test_proxies_are_addresses_and_networks() -> None:
    assert trusted("") == []
    assert trusted("10.0.0.7, 10.1.0.0/16  fd00::/8,::1") == [
        "10.0.0.7/32", "10.1.0.0/16", "fd00::/8", "::1/128"
    ]  # fmt: skip
    assert trusted("::ffff:10.0.0.7,::ffff:10.1.0.0/112") == ["10.0.0.7/32", "10.1.0.0/16"]


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("", None),
        ("https://portal.example", "https://portal.example"),
        ("https://portal.example/", "https://portal.example"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
    ],
)
def test_where_people_reach_the_portal_is_scheme_host_and_port(
    value: str, read: str | None
) -> None:
    assert read_environment({"FIRMTRACK_PUBLIC_ADDRESS": value}).public_address == read


def test_the_streams_servers_are_urls_of_one_cluster() -> None:
    settings = read_environment(
        {"NATS_URL": "nats://one:4222,tls://me:secret@two", "FIRMTRACK_INTAKE": "stream"}
    )
    assert settings.nats_url == ("nats://one:4222", "tls://me:secret@two")
    assert settings.intake == "stream"
    assert read_environment({}).nats_url == ()


@pytest.mark.parametrize(
    "value", ["one:4222", "http://one", "nats://", "nats://one:no", "nats://one/path", "ws://one"]
)
def test_a_server_of_the_stream_that_is_none_is_refused_without_its_password(value: str) -> None:
    with pytest.raises(BadSetting, match=r"^NATS_URL: must be as nats://host:4222") as refusal:
        read_environment({"NATS_URL": f"nats://me:secret@well,{value}"})
    assert "secret" not in str(refusal.value)


def test_intake_by_a_stream_needs_one() -> None:
    with pytest.raises(BadSetting, match=r"^FIRMTRACK_INTAKE: .* NATS_URL names no server"):
        read_environment({"FIRMTRACK_INTAKE": "stream"})


@given(st.ip_addresses())
def test_any_address_may_be_a_proxy(address: object) -> None:
    (network,) = read_environment({"FIRMTRACK_TRUSTED_PROXIES": str(address)}).trusted_proxies
    mapped = getattr(address, "ipv4_mapped", None)
    assert network == ip_network(str(mapped or address))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FIRMTRACK_INTAKE", "streams"),
        ("FIRMTRACK_STREAM_UNSAFE", "on"),
        ("NATS_CA", "/nowhere"),
        ("FIRMTRACK_TRUSTED_PROXIES", "10.0.0.1/8"),
        ("FIRMTRACK_TRUSTED_PROXIES", "10.0.0.0/33"),
        ("FIRMTRACK_TRUSTED_PROXIES", "proxy.example"),
        ("FIRMTRACK_TRUSTED_PROXIES", "*"),
        ("FIRMTRACK_TRUSTED_PROXIES", "0.0.0.0/0"),
        ("FIRMTRACK_TRUSTED_PROXIES", "::/0"),
        ("FIRMTRACK_CALLS_PER_TOKEN", "0"),
        ("FIRMTRACK_CALLS_PER_TOKEN", "none"),
        ("FIRMTRACK_CALLS_PER_ADDRESS", "10000001"),
        ("FIRMTRACK_CALLS_PER_ADDRESS", "\u0661"),
        ("FIRMTRACK_ALLOWED_HOSTS", "https://portal.example"),
        ("FIRMTRACK_ALLOWED_HOSTS", "portal.example:8000"),
        ("FIRMTRACK_ALLOWED_HOSTS", "portal.example/firmtrack"),
        ("FIRMTRACK_ALLOWED_HOSTS", "::1"),
        ("FIRMTRACK_ALLOWED_HOSTS", ","),
        ("FIRMTRACK_PUBLIC_ADDRESS", "portal.example"),
        ("FIRMTRACK_PUBLIC_ADDRESS", "ftp://portal.example"),
        ("FIRMTRACK_PUBLIC_ADDRESS", "https://portal.example/firmtrack"),
        ("FIRMTRACK_PUBLIC_ADDRESS", "https://portal.example?a=b"),
        ("FIRMTRACK_PUBLIC_ADDRESS", "https://ada@portal.example"),
        ("FIRMTRACK_PUBLIC_ADDRESS", "https://portal.example:0"),
        ("FIRMTRACK_PUBLIC_ADDRESS", "https://portal.example:65536"),
        ("FIRMTRACK_PUBLIC_ADDRESS", "https://portal.example:\u0661"),
        ("FIRMTRACK_PUBLIC_ADDRESS", "https://*.example"),
        ("FIRMTRACK_PUBLIC_ADDRESS", "https://::1"),
        ("FIRMTRACK_PUBLIC_ADDRESS", "https://"),
        ("FIRMTRACK_PUBLIC_ADDRESS", "https://portal.example\n"),
        ("FIRMTRACK_RETENTION_MONTHS", "0"),
        ("FIRMTRACK_LOOKUP_MONTHS", "121"),
        ("FIRMTRACK_NOTICE_MONTHS", "a year"),
        ("FIRMTRACK_QUARANTINE_MONTHS", "-1"),
        ("FIRMTRACK_BODY_MONTHS", "14"),
        ("FIRMTRACK_MAIL_FROM", "nobody"),
        ("FIRMTRACK_MAIL_FROM", "a@b\nBcc: c@d"),
        ("FIRMTRACK_SECRET_KEY", "\udcff" * 40),
        ("FIRMTRACK_DATA_DIR", "var\udcff"),
        ("DATABASE_URL", "mysql://db.example/firmtrack"),
        ("DATABASE_REPLICA_URL", "postgresql://replica.example/firmtrack"),  # without a database
        ("DATABASE_REPLICA_URL", "mysql://db.example/firmtrack"),
        ("DATABASE_URL", "postgresql://user:a%zz@db.example/firmtrack"),
        ("DATABASE_URL", "postgresql://[::1/firmtrack"),
        ("DATABASE_URL", "postgresql://db.example/firmtrack?nosuch=1"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_by_its_name(name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=rf"^{name}: ") as refused:
        read_environment({name: value})
    assert "a%zz" not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_replica_is_one_server_beside_the_database() -> None:
    said = {"DATABASE_URL": "postgresql://db.example/firmtrack"}
    for hosts in ("one.example,two.example", "?host=one.example,two.example"):
        several = said | {"DATABASE_REPLICA_URL": f"postgresql://ada:geheim@{hosts}"}
        with pytest.raises(BadSetting, match=r"^DATABASE_REPLICA_URL: names several") as refused:
            read_environment(several)
        assert "geheim" not in str(refused.value)

    one = "postgresql://one.example/firmtrack"
    assert read_environment(said | {"DATABASE_REPLICA_URL": one}).database_replica_url == one
    assert read_environment(said | {"DATABASE_REPLICA_URL": ""}).database_replica_url is None


@pytest.mark.parametrize("value", ["portal.example", ".portal.example,10.0.0.7", "*", "[fd00::1]"])
def test_hosts_are_names_and_addresses(value: str) -> None:
    assert ",".join(read_environment({"FIRMTRACK_ALLOWED_HOSTS": value}).allowed_hosts) == value


def test_limits_can_be_lifted() -> None:
    settings = read_environment(
        {"FIRMTRACK_CALLS_PER_TOKEN": "off", "FIRMTRACK_CALLS_PER_ADDRESS": "7"}
    )
    assert (settings.calls_per_token, settings.calls_per_address) == (None, 7)


@pytest.mark.parametrize("name", ["FIRMTRACK_TRUST_STORE", "FIRMTRACK_ALERT_SIGNER"])
def test_a_path_that_cannot_be_read_is_refused_by_its_name(tmp_path: Path, name: str) -> None:
    file = tmp_path / "file"
    file.touch()
    for path in (tmp_path / "missing", file / "below", tmp_path / ("x" * 300)):
        with pytest.raises(BadSetting, match=f"^{name}: "):
            read_environment({name: str(path)})


def test_bodies_are_kept_as_long_as_their_messages_unless_that_is_set_and_never_longer() -> None:
    def body_months(**environ: str) -> int:
        return read_environment({f"FIRMTRACK_{k}": v for k, v in environ.items()}).body_months

    assert body_months(RETENTION_MONTHS="20") == 20
    assert body_months(RETENTION_MONTHS="20", BODY_MONTHS="3") == 3
    with pytest.raises(BadSetting, match=r"^FIRMTRACK_BODY_MONTHS: .*RETENTION_MONTHS, which is 6"):
        body_months(RETENTION_MONTHS="6", BODY_MONTHS="7")
