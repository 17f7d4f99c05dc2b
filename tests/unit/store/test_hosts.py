"""Connection strings that name several hosts."""

import pytest
from psycopg.conninfo import conninfo_to_dict

from firmtrack.store.hosts import in_order, led_by, one_by_one

THREE = "postgresql://ada:word@one:5433,two,three:5435/firmtrack?target_session_attrs=read-write"
ONE = "postgresql://ada:word@one:5433/firmtrack?connect_timeout=3"


@pytest.mark.parametrize(
    ("first", "hosts", "ports"),
    [
        (0, "one,two,three", "5433,,5435"),
        (1, "two,three,one", ",5435,5433"),
        (2, "three,one,two", "5435,5433,"),
    ],
)
def test_the_host_that_answers_comes_first_with_its_own_port(
    first: int, hosts: str, ports: str
) -> None:
    assert in_order(THREE, first) == {"host": hosts, "port": ports}
    usual = conninfo_to_dict(THREE)
    assert conninfo_to_dict(led_by(THREE, first)) == {**usual, "host": hosts, "port": ports}


def test_each_host_has_a_string_of_its_own_that_says_all_else() -> None:
    usual = {name: value for name, value in conninfo_to_dict(THREE).items() if name != "port"}
    assert [conninfo_to_dict(each) for each in one_by_one(THREE)] == [
        {**usual, "host": "one", "port": "5433"},
        {**usual, "host": "two", "port": ""},
        {**usual, "host": "three", "port": "5435"},
    ]


def test_one_port_is_that_of_all_hosts() -> None:
    assert [
        (each["host"], each["port"])
        for each in map(conninfo_to_dict, one_by_one("host=one,two port=5433"))
    ] == [("one", "5433"), ("two", "5433")]


@pytest.mark.parametrize("url", [ONE, "", "dbname=firmtrack", "host=/var/run/postgresql"])
def test_where_there_is_one_host_nothing_changes(url: str) -> None:
    assert in_order(url, 0) == {}
    assert led_by(url, 0) == url
    assert one_by_one(url) == [url]
