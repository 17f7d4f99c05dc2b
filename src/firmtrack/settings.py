"""Firmtrack's settings: the environment, read strictly, and what Django needs to know.

An environment variable ``FIRMTRACK_…`` that is not in the table, or whose value is bad, stops the
start. ``docs/settings.md`` is the same table for people.
"""

import os
import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
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
_MAIL_PORTS = {"smtp": 25, "smtps": 465}
_KNOWN = frozenset(
    {
        "FIRMTRACK_DATA_DIR",
        "FIRMTRACK_SECRET_KEY",
        "FIRMTRACK_ALLOWED_HOSTS",
        "FIRMTRACK_TRUST_STORE",
        "FIRMTRACK_DCC_IDS",
        "FIRMTRACK_RETENTION_MONTHS",
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
    }
)


_ELSEWHERE_KNOWN = frozenset({"DATABASE_URL", "NATS_URL"})


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
    checked. ``dcc_ids`` are EUI-64 texts in upper case. ``alert_signer`` and ``mail_server`` are
    None when not set: no DCC Alerts and no mail are sent. So may ``slow_after_hours``.
    ``earliest_time`` is aware and in UTC. ``log`` is ``text`` or ``json``.
    ``quarantine_megabytes`` is of each submitter. Calls are those of a minute, None for no limit.
    ``public_address`` is without a path and a slash at its end, None when not set.
    """

    database_url: str | None
    data_dir: Path
    secret_key: str | None
    allowed_hosts: tuple[str, ...]
    trust_store: Path | None
    dcc_ids: tuple[str, ...]
    nats_url: str | None
    retention_months: int
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
        database_url=_database_url(environ.get("DATABASE_URL") or None),
        data_dir=_path("FIRMTRACK_DATA_DIR", environ.get("FIRMTRACK_DATA_DIR") or "var"),
        secret_key=_secret_key(environ.get("FIRMTRACK_SECRET_KEY") or None),
        allowed_hosts=_hosts(
            "FIRMTRACK_ALLOWED_HOSTS",
            environ.get("FIRMTRACK_ALLOWED_HOSTS") or "127.0.0.1,localhost,[::1]",
        ),
        trust_store=_directory("FIRMTRACK_TRUST_STORE", environ.get("FIRMTRACK_TRUST_STORE")),
        dcc_ids=_euis("FIRMTRACK_DCC_IDS", environ.get("FIRMTRACK_DCC_IDS") or _DCC_TEST_SYSTEMS),
        nats_url=environ.get("NATS_URL") or None,
        retention_months=_whole_number(
            "FIRMTRACK_RETENTION_MONTHS", environ.get("FIRMTRACK_RETENTION_MONTHS") or "13", 120
        ),
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


def _database_url(value: str | None) -> str | None:
    if value is None:
        return None
    if value.partition("://")[0] not in {"postgres", "postgresql"}:
        raise BadSetting("DATABASE_URL", "must begin with postgresql://.")
    from psycopg import ProgrammingError, conninfo  # for this alone

    try:
        conninfo.conninfo_to_dict(value)
    except ProgrammingError:  # which may hold the password
        raise BadSetting(
            "DATABASE_URL", "is not as postgresql://user:password@host:port/database?option=value."
        ) from None
    return value


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


def _kept_secret_key(data_dir: Path) -> str:
    """Return the secret key in the data directory, made at first need and readable by us alone.

    Raises BadSetting.
    """
    path = data_dir / "secret-key"
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            _make_secret_key(path)
        key = path.read_bytes()
    except OSError as error:
        place = error.filename or data_dir
        raise BadSetting(
            "FIRMTRACK_DATA_DIR",
            f"the secret key cannot be kept in {data_dir}: {error.strerror} ({place}).",
        ) from None
    if not key.strip() or not key.isascii():
        raise BadSetting(
            "FIRMTRACK_DATA_DIR",
            f"{path} holds no secret key. Put back the one that it held, or remove the file: then "
            "a new one is made, people must sign in again, and secrets of webhooks be made anew.",
        )
    return key.decode("ascii")


def _make_secret_key(path: Path) -> None:
    """Make the file whole or not at all, whatever ends this process or the machine."""
    fresh = path.with_name(f".secret-key-{os.getpid()}")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
            file.flush()
            os.fsync(file.fileno())
        with suppress(
            FileExistsError
        ):  # another process made it in this very moment: theirs counts
            os.link(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)


ENVIRONMENT = read_environment(os.environ)

SECRET_KEY = ENVIRONMENT.secret_key or _kept_secret_key(ENVIRONMENT.data_dir)
ALLOWED_HOSTS = list(ENVIRONMENT.allowed_hosts)
DEBUG = False

ROOT_URLCONF = "firmtrack.urls"
WSGI_APPLICATION = "firmtrack.wsgi.application"
AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.usersessions",
    "firmtrack.accounts",
    "firmtrack.store",
    "firmtrack.web",
]

MIDDLEWARE = [
    "firmtrack.watching.calls.watched",  # first: it sees every answer
    "firmtrack.api.shortcut.api_shortcut",  # before all others: API calls pass none of those below
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "firmtrack.web.security.PageHeaders",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "firmtrack.web.admission.admission",  # what is static was answered before
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "firmtrack.web.session_limits.session_limits",
    "firmtrack.web.second_factor.second_factor_required",
]

# firmtrack.store.database.use() says which database it is.
DATABASES = {
    "default": {
        "ENGINE": "firmtrack.store.django_backend",
        "CONN_MAX_AGE": 600,
        "DISABLE_SERVER_SIDE_CURSORS": True,  # they outlive a transaction
    }
}

_VALIDATION = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"{_VALIDATION}.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": f"{_VALIDATION}.UserAttributeSimilarityValidator"},
    {"NAME": f"{_VALIDATION}.CommonPasswordValidator"},
    {"NAME": f"{_VALIDATION}.NumericPasswordValidator"},
]
# Passwords are kept by scrypt, which costs an attacker memory as well as time.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]

# Whether a page came by https the web server tells, by the word of FIRMTRACK_TRUSTED_PROXIES alone.
# Without it the forms of an https page would be taken for those of another site.
CSRF_FAILURE_VIEW = "firmtrack.web.admission.refuse_form"

# What fails is told on standard error, with its traceback; what a visitor got wrong is not.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {"()": "firmtrack.logs.lines.TextLines"},
        "json": {"()": "firmtrack.logs.lines.lines_of_json"},
    },
    "filters": {
        "faults": {"()": "firmtrack.web.failures.Faults"},
        "no_paths": {"()": "firmtrack.logs.lines.WithoutPaths"},
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": ENVIRONMENT.log,
            "filters": ["faults"],
        }
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": [], "level": "ERROR"},
        # Which page failed is told by firmtrack.watching.calls, without what was looked for.
        "django.request": {"filters": ["no_paths"]},
        # Of a database that is away the process tells once, not for each connection.
        "psycopg.pool": {"level": "ERROR"},
        # An upgrade that takes its time says how far it is.
        "firmtrack.intake.rereading": {"level": "INFO"},
        "firmtrack.access": {"level": "INFO" if ENVIRONMENT.access_log else "ERROR"},
    },
}

# The digests of notices. Without a server none can be set up, so that nothing is ever sent.
DEFAULT_FROM_EMAIL = ENVIRONMENT.mail_from
EMAIL_TIMEOUT = 10
if ENVIRONMENT.mail_server is not None:
    EMAIL_HOST = ENVIRONMENT.mail_server.host
    EMAIL_PORT = ENVIRONMENT.mail_server.port
    EMAIL_HOST_USER = ENVIRONMENT.mail_server.user
    EMAIL_HOST_PASSWORD = ENVIRONMENT.mail_server.password
    EMAIL_USE_SSL = ENVIRONMENT.mail_server.is_secure

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "APP_DIRS": True,
        "OPTIONS": {"environment": "firmtrack.web.templating.environment"},
    }
]

# The built files lie in the package; their directory's name changes with their content.
STATIC_URL = "/static/"
STATIC_ROOT = Path(__file__).parent / "web" / "static"
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/static/firmtrack/[0-9a-f]{16}/"

CSRF_COOKIE_HTTPONLY = True

# No form is larger; the web server reads no more of a body that is sent to a page.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1 << 20

LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "firmware-distribution"

# How long people stay signed in is said by firmtrack.accounts.session_store; their browsers forget
# the session when they are closed.
SESSION_ENGINE = "firmtrack.accounts.session_store"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
# A link by which a password is chosen is good for an invitation's time at most: web/invitations.py.
PASSWORD_RESET_TIMEOUT = 7 * 24 * 60 * 60

# What servers share and may lose: which one-time codes were used, and how often they were tried.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "web_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

# Signing in is django-allauth's: by email address and password, with a one-time code, or by a
# party's own provider. Nobody signs up. How passwords are slowed is firmtrack.web.attempts.
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
ACCOUNT_ADAPTER = "firmtrack.web.account_adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_REDIRECT_URL = "sign-in"
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_FORMS = {
    "login": "firmtrack.web.sign_in.SignInForm",
    "change_password": "firmtrack.web.passwords.ChangePasswordForm",
    "reset_password": "firmtrack.web.passwords.ForgottenPasswordForm",
    "reset_password_from_key": "firmtrack.web.passwords.NewPasswordForm",
    "user_token": "firmtrack.web.passwords.LinkForm",
    "reauthenticate": "firmtrack.web.account.ConfirmForm",
}
ACCOUNT_RATE_LIMITS = {
    "login": None,
    "login_failed": "5/15m/key",  # one-time codes; of passwords, firmtrack.web.attempts decides
    "change_password": "10/15m/user",
    "reauthenticate": "10/15m/user",
    "reset_password": "100/15m/ip,3/15m/key",
    "reset_password_from_key": "100/15m/ip",
}
MFA_ADAPTER = "firmtrack.web.second_factor.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_FORMS = {
    "authenticate": "firmtrack.web.second_factor.CodeForm",
    "reauthenticate": "firmtrack.web.second_factor.ConfirmCodeForm",
    "activate_totp": "firmtrack.web.second_factor.AddForm",
    "deactivate_totp": "firmtrack.web.second_factor.RemoveForm",
}
MFA_TOTP_ISSUER = "Firmtrack"
MFA_TOTP_TOLERANCE = 1  # clocks differ, and people type
MFA_RECOVERY_CODES_SHOW_ONCE = True
SOCIALACCOUNT_ADAPTER = "firmtrack.web.providers.ProviderAdapter"
