"""The environment that Firmtrack is told its settings by, read strictly.

An environment variable ``FIRMTRACK_…`` that is not in the table, or whose value is bad, stops the
start. ``docs/settings.md`` is the same table for people.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import unquote, urlsplit

from firmtrack.errors import FirmtrackError

_HOST = re.compile(r"\*|\.?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?|\[[0-9A-Fa-f:.]+\]")
_PUBLIC_ADDRESS = re.compile(
    r"(?P<address>https?://(?:[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*|\[[0-9A-Fa-f:.]+\])"
    r"(?::(?P<port>[0-9]{1,5}))?)/?"
)
_LAST_PORT = 65_535
_EUI = re.compile(r"[0-9A-F]{2}(?:-[0-9A-F]{2}){7}")
_DCC_TEST_SYSTEMS = "90-B3-D5-1F-30-00-00-02"
_BEFORE_DCC = "2013-01-01T00:00:00Z"
_MAPPED_BITS = 96
_MOST_CALLS = 10_000_000
_MOST_MONTHS = 120
_NATS_SCHEMES = frozenset({"nats", "tls"})
_MAIL_PORTS = {"smtp": 25, "smtps": 465}
_KNOWN = frozenset(
    {
        "FIRMTRACK_DATA_DIR",
        "FIRMTRACK_SECRET_KEY",
        "FIRMTRACK_ALLOWED_HOSTS",
        "FIRMTRACK_TRUST_STORE",
        "FIRMTRACK_DCC_IDS",
        "FIRMTRACK_RETENTION_MONTHS",
        "FIRMTRACK_BODY_MONTHS",
        "FIRMTRACK_LOOKUP_MONTHS",
        "FIRMTRACK_NOTICE_MONTHS",
        "FIRMTRACK_QUARANTINE_MONTHS",
        "FIRMTRACK_CHANGE_OF_SUPPLIER_VIEW",
        "FIRMTRACK_NOTICE_PRIVATE_ADDRESSES",
        "FIRMTRACK_ALERT_SIGNER",
        "FIRMTRACK_MAIL_SERVER",
        "FIRMTRACK_MAIL_FROM",
        "FIRMTRACK_SLOW_AFTER_HOURS",
        "FIRMTRACK_EARLIEST_TIME",
        "FIRMTRACK_SESSION_HOURS",
        "FIRMTRACK_SESSION_IDLE_MINUTES",
        "FIRMTRACK_PROVIDER_PRIVATE_ADDRESSES",
        "FIRMTRACK_LOG",
        "FIRMTRACK_ACCESS_LOG",
        "FIRMTRACK_QUARANTINE_MEGABYTES",
        "FIRMTRACK_TRUSTED_PROXIES",
        "FIRMTRACK_CALLS_PER_TOKEN",
        "FIRMTRACK_CALLS_PER_ADDRESS",
        "FIRMTRACK_PUBLIC_ADDRESS",
        "FIRMTRACK_INTAKE",
        "FIRMTRACK_STREAM_UNSAFE",
        "FIRMTRACK_STREAM_MONITORING",
    }
)


_ELSEWHERE_KNOWN = frozenset(
    {"DATABASE_URL", "DATABASE_REPLICA_URL", "NATS_URL", "NATS_CREDS", "NATS_CA"}
)


class BadSetting(FirmtrackError):
    """An environment variable has a value that Firmtrack cannot use."""

    def __init__(self, name: str, problem: str) -> None:
        self.name = name
        super().__init__(f"{name}: {problem}")


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """An SMTP server; ``is_secure``: TLS from the start."""

    host: str
    port: int
    user: str
    password: str
    is_secure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """The environment variables of docs/settings.md, parsed.

    ``database_url`` and ``trust_store`` are None when not set: embedded PostgreSQL, signatures not
    checked. ``database_replica_url`` is None when there is no replica, as where ``database_url``
    is. ``dcc_ids`` are EUI-64 texts in upper case. ``alert_signer`` and ``mail_server`` are
    None when not set: no DCC Alerts and no mail are sent. So may ``slow_after_hours``.
    ``earliest_time`` is aware and in UTC. ``log`` is ``text`` or ``json``.
    ``quarantine_megabytes`` is of each submitter. Calls are those of a minute, None for no limit.
    ``body_months`` is never more than ``retention_months``.
    ``public_address`` is without a path and a slash at its end, None when not set.
    ``nats_url`` has URLs, none when there is no stream; ``intake`` is ``direct`` or ``stream``.
    ``stream_monitoring`` are URLs without a slash at their end, none when not set.
    """

    database_url: str | None
    database_replica_url: str | None
    data_dir: Path
    secret_key: str | None
    allowed_hosts: tuple[str, ...]
    trust_store: Path | None
    dcc_ids: tuple[str, ...]
    nats_url: tuple[str, ...]
    nats_creds: Path | None
    nats_ca: Path | None
    intake: str
    stream_unsafe: bool
    stream_monitoring: tuple[str, ...]
    retention_months: int
    body_months: int
    lookup_months: int
    notice_months: int
    quarantine_months: int
    change_of_supplier_view: bool
    notice_private_addresses: bool
    alert_signer: Path | None
    mail_server: MailServer | None
    mail_from: str
    slow_after_hours: int | None
    earliest_time: datetime
    session_hours: int
    session_idle_minutes: int
    provider_private_addresses: bool
    log: str
    access_log: bool
    quarantine_megabytes: int
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...]
    calls_per_token: int | None
    calls_per_address: int | None
    public_address: str | None

    @property
    def slow_after_seconds(self) -> int | None:
        """How long an update may wait at a stage before it is slow, None if that is not set."""
        return None if self.slow_after_hours is None else self.slow_after_hours * 60 * 60

    @property
    def quarantine_bytes(self) -> int:
        """How many octets of one submitter may wait in quarantine."""
        return self.quarantine_megabytes * 1_000_000


def read_environment(environ: Mapping[str, str]) -> Environment:
    """Return the settings in ``environ``. Raises BadSetting, naming the first bad variable."""
    for name in sorted(environ):
        if name.startswith("FIRMTRACK_") and name not in _KNOWN:
            raise BadSetting(name, "is not a setting of Firmtrack.")
        if name.startswith("FIRMTRACK_") or name in _ELSEWHERE_KNOWN:
            _check_text(name, environ[name])
    return Environment(
        database_url=_database_url("DATABASE_URL", environ.get("DATABASE_URL") or None),
        database_replica_url=_database_replica_url(environ),
        data_dir=_path("FIRMTRACK_DATA_DIR", environ.get("FIRMTRACK_DATA_DIR") or "var"),
        secret_key=_secret_key(environ.get("FIRMTRACK_SECRET_KEY") or None),
        allowed_hosts=_hosts(
            "FIRMTRACK_ALLOWED_HOSTS",
            environ.get("FIRMTRACK_ALLOWED_HOSTS") or "127.0.0.1,localhost,[::1]",
        ),
        trust_store=_directory("FIRMTRACK_TRUST_STORE", environ.get("FIRMTRACK_TRUST_STORE")),
        dcc_ids=_euis("FIRMTRACK_DCC_IDS", environ.get("FIRMTRACK_DCC_IDS") or _DCC_TEST_SYSTEMS),
        nats_url=_nats_servers(environ.get("NATS_URL") or ""),
        nats_creds=_file("NATS_CREDS", environ.get("NATS_CREDS")),
        nats_ca=_file("NATS_CA", environ.get("NATS_CA")),
        intake=_intake(environ),
        stream_unsafe=_flag("FIRMTRACK_STREAM_UNSAFE", environ.get("FIRMTRACK_STREAM_UNSAFE")),
        stream_monitoring=_monitoring(
            "FIRMTRACK_STREAM_MONITORING", environ.get("FIRMTRACK_STREAM_MONITORING") or ""
        ),
        retention_months=_retention_months(environ),
        body_months=_body_months(environ),
        lookup_months=_months("FIRMTRACK_LOOKUP_MONTHS", environ, "24"),
        notice_months=_months("FIRMTRACK_NOTICE_MONTHS", environ, "13"),
        quarantine_months=_months("FIRMTRACK_QUARANTINE_MONTHS", environ, "13"),
        change_of_supplier_view=_switch(
            "FIRMTRACK_CHANGE_OF_SUPPLIER_VIEW", environ.get("FIRMTRACK_CHANGE_OF_SUPPLIER_VIEW")
        ),
        notice_private_addresses=_switch(
            "FIRMTRACK_NOTICE_PRIVATE_ADDRESSES", environ.get("FIRMTRACK_NOTICE_PRIVATE_ADDRESSES")
        ),
        alert_signer=_file("FIRMTRACK_ALERT_SIGNER", environ.get("FIRMTRACK_ALERT_SIGNER")),
        mail_server=_mail_server(environ.get("FIRMTRACK_MAIL_SERVER") or None),
        mail_from=_mail_address(
            "FIRMTRACK_MAIL_FROM", environ.get("FIRMTRACK_MAIL_FROM") or "firmtrack@localhost"
        ),
        slow_after_hours=_hours(
            "FIRMTRACK_SLOW_AFTER_HOURS", environ.get("FIRMTRACK_SLOW_AFTER_HOURS")
        ),
        earliest_time=_past_time(
            "FIRMTRACK_EARLIEST_TIME", environ.get("FIRMTRACK_EARLIEST_TIME") or _BEFORE_DCC
        ),
        session_hours=_whole_number(
            "FIRMTRACK_SESSION_HOURS", environ.get("FIRMTRACK_SESSION_HOURS") or "12", 168
        ),
        session_idle_minutes=_whole_number(
            "FIRMTRACK_SESSION_IDLE_MINUTES",
            environ.get("FIRMTRACK_SESSION_IDLE_MINUTES") or "30",
            1440,
        ),
        provider_private_addresses=_switch(
            "FIRMTRACK_PROVIDER_PRIVATE_ADDRESSES",
            environ.get("FIRMTRACK_PROVIDER_PRIVATE_ADDRESSES"),
        ),
        log=_one_of("FIRMTRACK_LOG", environ.get("FIRMTRACK_LOG") or "text", ("text", "json")),
        access_log=_switch("FIRMTRACK_ACCESS_LOG", environ.get("FIRMTRACK_ACCESS_LOG")),
        quarantine_megabytes=_whole_number(
            "FIRMTRACK_QUARANTINE_MEGABYTES",
            environ.get("FIRMTRACK_QUARANTINE_MEGABYTES") or "100",
            1_000_000,
        ),
        trusted_proxies=_networks(
            "FIRMTRACK_TRUSTED_PROXIES", environ.get("FIRMTRACK_TRUSTED_PROXIES") or ""
        ),
        calls_per_token=_calls(
            "FIRMTRACK_CALLS_PER_TOKEN", environ.get("FIRMTRACK_CALLS_PER_TOKEN") or "200000"
        ),
        calls_per_address=_calls(
            "FIRMTRACK_CALLS_PER_ADDRESS", environ.get("FIRMTRACK_CALLS_PER_ADDRESS") or "30000"
        ),
        public_address=_public_address(
            "FIRMTRACK_PUBLIC_ADDRESS", environ.get("FIRMTRACK_PUBLIC_ADDRESS") or None
        ),
    )


def _database_url(name: str, value: str | None) -> str | None:
    if value is None:
        return None
    if value.partition("://")[0] not in {"postgres", "postgresql"}:
        raise BadSetting(name, "must begin with postgresql://.")
    from psycopg import ProgrammingError, conninfo  # for this alone

    try:
        conninfo.conninfo_to_dict(value)
    except ProgrammingError:  # which may hold the password
        raise BadSetting(
            name, "is not as postgresql://user:password@host:port/database?option=value."
        ) from None
    return value


def _database_replica_url(environ: Mapping[str, str]) -> str | None:
    name = "DATABASE_REPLICA_URL"
    url = _database_url(name, environ.get(name) or None)
    if url is None:
        return None
    if not environ.get("DATABASE_URL"):
        raise BadSetting(
            name, "is of no use without DATABASE_URL: what is embedded has no replica."
        )
    from psycopg import conninfo  # for this alone

    said = conninfo.conninfo_to_dict(url)
    if "," in f"{said.get('host', '')}{said.get('hostaddr', '')}":
        raise BadSetting(name, "names several servers: how far each has come would not be known.")
    return url


def _nats_servers(value: str) -> tuple[str, ...]:
    """Return the URLs of the stream's servers, each with scheme and host."""
    servers = _words(value)
    for server in servers:
        try:
            parts = urlsplit(server)
            port = parts.port
        except ValueError:
            parts, port = urlsplit(""), None
        is_bare = not parts.path and not parts.query and not parts.fragment
        if parts.scheme not in _NATS_SCHEMES or not parts.hostname or port == 0 or not is_bare:
            # The value may hold a password.
            raise BadSetting(
                "NATS_URL",
                "must be as nats://host:4222 or tls://user:password@host:4222; several servers of "
                "one cluster are separated by commas.",
            )
    return servers


def _monitoring(name: str, value: str) -> tuple[str, ...]:
    """Return where the stream's servers tell of themselves, each without a slash at its end."""
    found = [_PUBLIC_ADDRESS.fullmatch(each) for each in _words(value)]
    if any(each is None or not 1 <= int(each["port"] or 1) <= _LAST_PORT for each in found):
        raise BadSetting(
            name,
            "must be as http://host:8222, the monitoring of a server of the stream; several are "
            "separated by commas.",
        )
    return tuple(each["address"] for each in found if each is not None)


def _intake(environ: Mapping[str, str]) -> str:
    intake = _one_of(
        "FIRMTRACK_INTAKE", environ.get("FIRMTRACK_INTAKE") or "direct", ("direct", "stream")
    )
    if intake == "stream" and not environ.get("NATS_URL"):
        raise BadSetting("FIRMTRACK_INTAKE", "is stream, but NATS_URL names no server of one.")
    return intake


def _flag(name: str, value: str | None) -> bool:
    if (value or "0") not in {"0", "1"}:
        raise BadSetting(name, "must be 0 or 1.")
    return value == "1"


def _secret_key(value: str | None) -> str | None:
    if value is not None and len(value) < 32:
        raise BadSetting("FIRMTRACK_SECRET_KEY", "must have at least 32 characters.")
    return value


def _words(value: str) -> tuple[str, ...]:
    return tuple(word for word in re.split(r"[,\s]+", value) if word)


def _check_text(name: str, value: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise BadSetting(name, "is not text in UTF-8.") from None


def _hosts(name: str, value: str) -> tuple[str, ...]:
    hosts = _words(value)
    if not hosts:
        raise BadSetting(name, "names no host.")
    for host in hosts:
        if _HOST.fullmatch(host) is None:
            raise BadSetting(
                name,
                f"{host[:80]!r} is not a host name, such as portal.example: without https://, port "
                "and path; an IPv6 address in brackets.",
            )
    return hosts


def _public_address(name: str, value: str | None) -> str | None:
    """Return where people reach the portal, without the slash at its end."""
    if value is None:
        return None
    found = _PUBLIC_ADDRESS.fullmatch(value)
    if found is None or not 1 <= int(found["port"] or 1) <= _LAST_PORT:
        raise BadSetting(
            name,
            "must be as https://portal.example or https://portal.example:8443: scheme, host and "
            "port, without a path.",
        )
    return found["address"]


def _mail_address(name: str, value: str) -> str:
    if "@" not in value or not value.isprintable():
        raise BadSetting(name, "must be an email address.")
    return value


def _path(name: str, value: str) -> Path:
    try:
        return Path(value).absolute()
    except OSError:
        raise BadSetting(
            name, "is a relative path, and there is no working directory any more."
        ) from None


def _directory(name: str, value: str | None) -> Path | None:
    if not value:
        return None
    path = _path(name, value)
    try:
        os.scandir(path).close()
    except NotADirectoryError:
        raise BadSetting(name, f"{path} is not a directory.") from None
    except OSError as error:
        raise BadSetting(name, f"{path} cannot be read: {error.strerror}.") from None
    return path


def _file(name: str, value: str | None) -> Path | None:
    if not value:
        return None
    path = _path(name, value)
    try:
        with path.open("rb"):
            return path
    except IsADirectoryError:
        raise BadSetting(name, f"{path} is not a file.") from None
    except OSError as error:
        raise BadSetting(name, f"{path} cannot be read: {error.strerror}.") from None


def _mail_server(value: str | None) -> MailServer | None:
    if value is None:
        return None
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in _MAIL_PORTS or not parts.hostname:
        raise BadSetting("FIRMTRACK_MAIL_SERVER", "must be as smtps://user:password@host:port.")
    return MailServer(
        host=parts.hostname,
        port=port or _MAIL_PORTS[parts.scheme],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        is_secure=parts.scheme == "smtps",
    )


def _euis(name: str, value: str) -> tuple[str, ...]:
    euis = tuple(word.upper() for word in _words(value))
    for eui in euis:
        if _EUI.fullmatch(eui) is None:
            raise BadSetting(name, f"{eui[:40]!r} is not an EUI-64 such as {_DCC_TEST_SYSTEMS}.")
    return euis


def _whole_number(name: str, value: str, greatest: int) -> int:
    if not value.isascii() or not value.isdigit() or not 1 <= int(value) <= greatest:
        raise BadSetting(name, f"must be a whole number from 1 to {greatest}.")
    return int(value)


def _months(name: str, environ: Mapping[str, str], default: str) -> int:
    return _whole_number(name, environ.get(name) or default, _MOST_MONTHS)


def _retention_months(environ: Mapping[str, str]) -> int:
    return _months("FIRMTRACK_RETENTION_MONTHS", environ, "13")


def _body_months(environ: Mapping[str, str]) -> int:
    """Return for how long bodies are kept: where that is not set, as long as their messages."""
    name = "FIRMTRACK_BODY_MONTHS"
    most = _retention_months(environ)
    months = _months(name, environ, str(most))
    if months > most:
        raise BadSetting(
            name,
            f"must not be more than FIRMTRACK_RETENTION_MONTHS, which is {most}: no body is kept "
            "for longer than its message.",
        )
    return months


def _hours(name: str, value: str | None) -> int | None:
    return _whole_number(name, value, 10_000) if value else None


def _past_time(name: str, value: str) -> datetime:
    problem = BadSetting(name, f"must be a past time with its zone, such as {_BEFORE_DCC}.")
    try:
        at = datetime.fromisoformat(value)
        if at.tzinfo is None:
            raise problem
        at = at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise problem from None
    if at > datetime.now(UTC):
        raise problem
    return at


def _one_of(name: str, value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise BadSetting(name, f"must be {' or '.join(known)}.")
    return value


def _networks(name: str, value: str) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(_network(name, word) for word in _words(value))


def _network(name: str, word: str) -> IPv4Network | IPv6Network:
    """Return the network; one of IPv4 addresses within IPv6 is that of the IPv4 addresses."""
    try:
        network = ip_network(word)
    except ValueError:
        raise BadSetting(
            name,
            f"{word[:50]!r} is not an address or a network, such as 10.0.0.7 or 10.0.0.0/24 "
            "(of which the rest must be 0).",
        ) from None
    if network.prefixlen == 0:
        raise BadSetting(name, f"{word} is every address: then clients could make up theirs.")
    mapped = getattr(network.network_address, "ipv4_mapped", None)
    if mapped is not None and network.prefixlen > _MAPPED_BITS:
        return IPv4Network((mapped, network.prefixlen - _MAPPED_BITS))
    return network


def _calls(name: str, value: str) -> int | None:
    if value == "off":
        return None
    try:
        return _whole_number(name, value, _MOST_CALLS)
    except BadSetting:
        raise BadSetting(name, f"must be a whole number from 1 to {_MOST_CALLS}, or off.") from None


def _switch(name: str, value: str | None) -> bool:
    if (value or "off") not in {"on", "off"}:
        raise BadSetting(name, "must be on or off.")
    return value == "on"
