"""What Django needs to know, from the environment that firmtrack.environment reads."""

import os
from pathlib import Path

from firmtrack.environment import read_environment
from firmtrack.secret_key import kept_secret_key

ENVIRONMENT = read_environment(os.environ)

SECRET_KEY = ENVIRONMENT.secret_key or kept_secret_key(ENVIRONMENT.data_dir)
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
    "firmtrack.web.read_from.read_from",
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
