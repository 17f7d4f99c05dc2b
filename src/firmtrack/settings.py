"""Firmtrack's settings: the environment, read strictly, and what Django needs to know.

An environment variable ``FIRMTRACK_…`` that is not in the table, or whose value is bad, stops the
start. ``docs/settings.md`` is the same table for people.
"""

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from firmtrack.errors import FirmtrackError

_EUI = re.compile(r"[0-9A-F]{2}(?:-[0-9A-F]{2}){7}")
_DCC_TEST_SYSTEMS = "90-B3-D5-1F-30-00-00-02"
_BEFORE_DCC = "2013-01-01T00:00:00Z"
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
    }
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
    checked. ``dcc_ids`` are EUI-64 texts in upper case. ``alert_signer`` and ``mail_server`` are
    None when not set: no DCC Alerts and no mail are sent. So may ``slow_after_hours``.
    ``earliest_time`` is aware and in UTC.
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

    @property
    def slow_after_seconds(self) -> int | None:
        """How long an update may wait at a stage before it is slow, None if that is not set."""
        return None if self.slow_after_hours is None else self.slow_after_hours * 60 * 60


def read_environment(environ: Mapping[str, str]) -> Environment:
    """Return the settings in ``environ``. Raises BadSetting, naming the first bad variable."""
    for name in sorted(environ):
        if name.startswith("FIRMTRACK_") and name not in _KNOWN:
            raise BadSetting(name, "is not a setting of Firmtrack.")
    return Environment(
        database_url=_database_url(environ.get("DATABASE_URL") or None),
        data_dir=Path(environ.get("FIRMTRACK_DATA_DIR") or "var").absolute(),
        secret_key=_secret_key(environ.get("FIRMTRACK_SECRET_KEY") or None),
        allowed_hosts=_words(environ.get("FIRMTRACK_ALLOWED_HOSTS") or "127.0.0.1,localhost,[::1]"),
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
        mail_from=environ.get("FIRMTRACK_MAIL_FROM") or "firmtrack@localhost",
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
    )


def _database_url(value: str | None) -> str | None:
    if value is not None and urlsplit(value).scheme not in {"postgres", "postgresql"}:
        raise BadSetting("DATABASE_URL", "must begin with postgresql://.")
    return value


def _secret_key(value: str | None) -> str | None:
    if value is not None and len(value) < 32:
        raise BadSetting("FIRMTRACK_SECRET_KEY", "must have at least 32 characters.")
    return value


def _words(value: str) -> tuple[str, ...]:
    return tuple(word for word in re.split(r"[,\s]+", value) if word)


def _directory(name: str, value: str | None) -> Path | None:
    if not value:
        return None
    path = Path(value).absolute()
    if not path.is_dir():
        raise BadSetting(name, f"{path} is not a directory.")
    return path


def _file(name: str, value: str | None) -> Path | None:
    if not value:
        return None
    path = Path(value).absolute()
    if not path.is_file():
        raise BadSetting(name, f"{path} is not a file.")
    return path


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


def _switch(name: str, value: str | None) -> bool:
    if (value or "off") not in {"on", "off"}:
        raise BadSetting(name, "must be on or off.")
    return value == "on"


def _kept_secret_key(data_dir: Path) -> str:
    """Return the secret key in the data directory, made at first need and readable by us alone."""
    path = data_dir / "secret-key"
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = data_dir / f".secret-key-{os.getpid()}"
    if not path.exists():
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass  # another process made it in this very moment: theirs counts
        finally:
            fresh.unlink()
    return path.read_text(encoding="ascii")


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
    "firmtrack.api.shortcut.api_shortcut",  # first: API calls pass none of those below
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "firmtrack.web.security.PageHeaders",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "firmtrack.web.session_limits.session_limits",
    "firmtrack.web.second_factor.second_factor_required",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

# firmtrack.store.database.use() says which database it is.
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "CONN_MAX_AGE": 600}}

_VALIDATION = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"{_VALIDATION}.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": f"{_VALIDATION}.UserAttributeSimilarityValidator"},
    {"NAME": f"{_VALIDATION}.CommonPasswordValidator"},
    {"NAME": f"{_VALIDATION}.NumericPasswordValidator"},
]
# Passwords are kept by scrypt, which costs an attacker memory as well as time.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]

# A proxy in front of Firmtrack ends TLS and says so; without it the forms of an https page would be
# taken for those of another site. Who sets the header without a proxy only misleads themselves.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# What fails is told on standard error, with its traceback; what a visitor got wrong is not.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": [], "level": "ERROR"},
        # An upgrade that takes its time says how far it is.
        "firmtrack.intake.rereading": {"level": "INFO"},
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

# Signing in is django-allauth's: by e-mail address and password, with a one-time code, or by a
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
