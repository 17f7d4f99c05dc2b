"""What is looked at on this machine: settings, keys, disks, certificates, the mail server."""

import os
import shutil
import smtplib
import stat
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509

from firmtrack.duis.trust import BadTrustStore, TrustStore
from firmtrack.environment import Environment
from firmtrack.notices.alert_signing import alert_signer
from firmtrack.notices.channel import ChannelUnusable
from firmtrack.watching.doctor.findings import Finding, fail, ok, warn

ENDS_SOON = timedelta(days=30)
"""So long before its end a certificate is to be replaced."""

_GIBIBYTE = 1024**3
_DATA_WARN_BYTES, _DATA_FAIL_BYTES = 5 * _GIBIBYTE, _GIBIBYTE // 4
_SPOOL_BYTES = 2 * _GIBIBYTE
_MAIL_SECONDS = 5.0
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
_MOUNTS = Path("/proc/mounts")


def check_settings(environment: Environment) -> Finding:
    """Return whether the settings fit each other; that each can be read is known by now."""
    if environment.database_url is not None and _LOOPBACK.issuperset(environment.allowed_hosts):
        return warn(
            "The portal answers to this machine's own names only.",
            "Name the host by which people call it in FIRMTRACK_ALLOWED_HOSTS.",
        )
    return ok("Every setting can be read.")


def check_secret_key(environment: Environment) -> Finding:
    """Return whether the secret key is there, and nobody else's to read."""
    if environment.secret_key is not None:
        return ok("FIRMTRACK_SECRET_KEY is set.")
    path = environment.data_dir / "secret-key"
    try:
        mode = path.stat().st_mode
    except OSError as error:
        return fail(f"{path} cannot be read: {error.strerror}.", "Give it back to its owner.")
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        return fail(
            f"Others may read {path}.", f"Run chmod 600 {path}; if they did, make a new key."
        )
    if environment.database_url is not None:
        return warn(
            f"The secret key is in {path} alone: another server would have another.",
            "Set FIRMTRACK_SECRET_KEY to what the file holds, the same on every server.",
        )
    return ok(f"The secret key is in {path}, and only its owner can read it.")


def check_data_directory(environment: Environment) -> Finding:
    """Return whether the data directory can be written, and has room."""
    directory = environment.data_dir
    if not os.access(directory, os.W_OK | os.X_OK):
        return fail(
            f"{directory} cannot be written.",
            "Give it to the user that runs Firmtrack, or set FIRMTRACK_DATA_DIR.",
        )
    free = shutil.disk_usage(directory).free
    sentence = f"{directory} has {_gibibytes(free)} left."
    if environment.database_url is None and free < _DATA_FAIL_BYTES:
        return fail(sentence, "Make room: the database stops when there is none.")
    if environment.database_url is None and free < _DATA_WARN_BYTES:
        return warn(sentence, "Make room before it is full.")
    return ok(sentence)


def check_temporary_directory(environment: Environment) -> Finding:
    """Return whether large requests and answers have room, on a disk."""
    del environment
    directory = Path(tempfile.gettempdir())
    free = shutil.disk_usage(directory).free
    if free < _SPOOL_BYTES:
        return warn(
            f"{directory} has {_gibibytes(free)} left, for large requests and answers.",
            "Make room, or set TMPDIR to a directory on a larger disk.",
        )
    if _file_system_of(directory) == "tmpfs":
        return warn(
            f"{directory} is in memory: large requests and answers take it from the machine.",
            "Set TMPDIR to a directory on a disk.",
        )
    return ok(f"{directory} has {_gibibytes(free)} left, for large requests and answers.")


def check_trust_store(environment: Environment) -> Finding:
    """Return whether the certificates of the trust store are valid, and stay so for a while."""
    if environment.trust_store is None:
        return ok("Signatures are not checked: FIRMTRACK_TRUST_STORE is not set.")
    try:
        store = TrustStore.load(environment.trust_store)
    except BadTrustStore as error:
        return fail(f"The trust store cannot be used: {error}.", "Correct or remove that file.")
    ends = {str(each.eui): each.valid_to for each in store.certificates.values()}
    return _by_ends(
        f"the {len(store.certificates)} certificates of the trust store",
        ends,
        "Put their successors into FIRMTRACK_TRUST_STORE, and start again.",
    )


def check_alert_signer(environment: Environment) -> Finding:
    """Return whether DCC Alerts can be signed, and for a while."""
    path = environment.alert_signer
    if path is None:
        return ok("No DCC Alerts are sent: FIRMTRACK_ALERT_SIGNER is not set.")
    try:
        sender = alert_signer().sender
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
    except (ChannelUnusable, OSError, ValueError):
        return fail(
            f"{path} holds no P-256 key with its certificate.",
            "Put both into it, as PEM, and start again.",
        )
    return _by_ends(
        "the alert signer's certificate",
        {str(sender): certificate.not_valid_after_utc},
        "Put a new key and certificate into FIRMTRACK_ALERT_SIGNER, and start again.",
    )


def check_mail_server(environment: Environment) -> Finding:
    """Return whether the mail server answers, and takes our name and password."""
    server = environment.mail_server
    if server is None:
        return ok("No mail is sent: FIRMTRACK_MAIL_SERVER is not set.")
    connect = smtplib.SMTP_SSL if server.is_secure else smtplib.SMTP
    try:
        with connect(server.host, server.port, timeout=_MAIL_SECONDS) as connection:
            connection.ehlo()
            if server.user:
                connection.login(server.user, server.password)
    except (OSError, smtplib.SMTPException) as error:
        return fail(
            f"The mail server {server.host}:{server.port} does not take our mail:"
            f" {type(error).__name__}.",
            "See that it runs, and that FIRMTRACK_MAIL_SERVER names it with the right password.",
        )
    return ok(f"The mail server {server.host}:{server.port} answers.")


def _by_ends(what: str, ends: dict[str, datetime], advice: str) -> Finding:
    """Return how certificates are, each named by its EUI-64, by when they end."""
    now = datetime.now(UTC)
    ended = sorted(eui for eui, end in ends.items() if end <= now)
    ending = sorted(eui for eui, end in ends.items() if now < end <= now + ENDS_SOON)
    if ended and len(ended) == len(ends):
        return fail(f"Of {what} all have ended: {_some(ended)}.", advice)
    if ended:
        return warn(f"Of {what} have ended: {_some(ended)}.", advice)
    if ending:
        return warn(f"Of {what} end within 30 days: {_some(ending)}.", advice)
    first = min(ends.values())
    return ok(f"Of {what} the first ends on {first:%d %B %Y}.")


def _some(names: Iterable[str]) -> str:
    listed = list(names)
    more = f" and {len(listed) - 5} more" if len(listed) > 5 else ""
    return ", ".join(listed[:5]) + more


def _file_system_of(directory: Path) -> str | None:
    """Return the kind of file system that a directory is on, None where that is not known."""
    try:
        lines = _MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    mounts = {fields[1]: fields[2] for fields in map(str.split, lines) if len(fields) > 2}
    place = directory.resolve()
    return next(
        (mounts[str(each)] for each in (place, *place.parents) if str(each) in mounts), None
    )


def _gibibytes(size: int) -> str:
    return f"{size / _GIBIBYTE:,.1f} GiB"
