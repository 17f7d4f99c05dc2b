"""The words of the audit: what each kind of look-up and of act is called, and the file of it."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from firmtrack.answers.audit import AuditEntry
from firmtrack.presentation.csv import safe_cell
from firmtrack.presentation.known_from import audit_text
from firmtrack.presentation.times import utc_text
from firmtrack.store.acts import ActKind

_BLOCK_CHARACTERS = 64 * 1024

LOOKUP_NAMES: Mapping[str, str] = {
    "service_request": "Looked up a Service Request",
    "service_requests": "Looked up Service Requests",
    "since_last_look": "Looked up what happened",
    "distributions": "Looked up a request’s devices",
    "distributions_csv": "Downloaded a request’s devices",
    "distributions_xlsx": "Downloaded a request’s devices as a spreadsheet",
    "device": "Looked up a device",
    "events": "Looked up a device’s events",
    "peers": "Compared a device",
    "inventory": "Looked up the inventory",
    "first_known": "Looked up since when something is known",
    "delivery_performance": "Looked up delivery performance",
    "causes": "Looked up causes",
    "cause": "Looked up a cause",
    "cause_csv": "Downloaded a cause’s devices",
    "cause_xlsx": "Downloaded a cause’s devices as a spreadsheet",
    "cause_device_list": "Downloaded a new device list",
    "message": "Looked up a message",
    "message_body": "Downloaded a message",
    "message_status": "Looked up what became of a message",
    "notices": "Looked up notices",
    "endpoint": "Looked up an endpoint",
    "endpoints": "Looked up endpoints",
    "watches": "Looked up what they watch",
    "watch": "Asked to watch something",
    "audit": "Read the audit",
    "audit_csv": "Downloaded the audit",
}

ACT_NAMES: Mapping[ActKind, str] = {
    ActKind.SIGNED_IN: "Signed in",
    ActKind.SIGN_IN_FAILED: "Failed to sign in",
    ActKind.SIGNED_OUT: "Signed out",
    ActKind.PASSWORD_CHANGED: "Changed a password",
    ActKind.PASSWORD_RESET_ASKED: "Asked for a new password",
    ActKind.TOTP_ADDED: "Added one-time codes",
    ActKind.TOTP_REMOVED: "Removed one-time codes",
    ActKind.SESSION_ENDED: "Ended sessions",
    ActKind.PERSON_ADDED: "Added a person",
    ActKind.PERSON_INVITED: "Invited a person",
    ActKind.PERSON_DISABLED: "Disabled a person",
    ActKind.PERSON_ENABLED: "Enabled a person",
    ActKind.PERSON_MOVED: "Moved a person",
    ActKind.ROLE_CHANGED: "Changed a role",
    ActKind.TOKEN_CREATED: "Made a token",
    ActKind.TOKEN_REVOKED: "Revoked a token",
    ActKind.PARTY_ADDED: "Added a party",
    ActKind.PARTY_CHANGED: "Changed a party",
    ActKind.USER_ID_ADDED: "Added a User ID",
    ActKind.USER_ID_REMOVED: "Removed a User ID",
    ActKind.PROVIDER_ADDED: "Added a sign-in provider",
    ActKind.PROVIDER_REMOVED: "Removed a sign-in provider",
    ActKind.ENDPOINT_ADDED: "Added an endpoint",
    ActKind.ENDPOINT_CHANGED: "Changed an endpoint",
    ActKind.ENDPOINT_REMOVED: "Removed an endpoint",
    ActKind.WATCH_SET: "Began to watch",
    ActKind.WATCH_ENDED: "Stopped watching",
    ActKind.CAUSE_NOTED: "Noted something about a cause",
    ActKind.WORDING_SET: "Set wording",
    ActKind.WORDING_CLEARED: "Cleared wording",
    ActKind.QUARANTINE_REPLAYED: "Replayed from quarantine",
    ActKind.QUARANTINE_DISCARDED: "Discarded from quarantine",
    ActKind.MESSAGES_WITHDRAWN: "Withdrew messages",
    ActKind.MESSAGES_RESTORED: "Restored messages",
    ActKind.PRUNE_BEGUN: "Began to let go what is old",
    ActKind.PRUNED: "Let go what was old",
}

KIND_NAMES: Mapping[str, str] = {
    **LOOKUP_NAMES,
    **{kind.value: name for kind, name in ACT_NAMES.items()},
}
"""What each kind of entry is called; one that only a newer Firmtrack writes is none of these."""

COLUMNS = ("Time", "Party", "Who", "Kind", "What", "Detail", "Rows", "As of")


def kind_name(kind: str) -> str:
    """Return what a kind of entry is called; one that is not known, as it is."""
    return KIND_NAMES.get(kind, kind)


def audit_csv(
    entries: Iterable[AuditEntry], *, kept_from: datetime | None = None
) -> Iterator[bytes]:
    """Yield the entries as CSV (RFC 4180), in their order, in blocks. No cell begins a formula.

    If older ones are wanted, too, than are kept since ``kept_from``, the last row says so.
    """
    block = _Block()
    block.write(COLUMNS)
    for each in entries:
        if block.is_full:
            yield block.taken()
        block.write(
            (
                utc_text(each.at),
                each.party or "",
                each.who,
                kind_name(each.kind),
                each.subject,
                each.detail,
                "" if each.rows is None else str(each.rows),
                "" if each.as_of is None else utc_text(each.as_of),
            )
        )
    if kept_from is not None:
        note = (utc_text(kept_from), "", "", "", audit_text(kept_from))
        block.write((*note, *[""] * (len(COLUMNS) - len(note))))
    yield block.taken()


class _Block:
    """Lines of the file that leave together."""

    def __init__(self) -> None:
        self._text = io.StringIO(newline="")
        self._rows = csv.writer(self._text)

    @property
    def is_full(self) -> bool:
        return self._text.tell() >= _BLOCK_CHARACTERS

    def write(self, cells: Iterable[str]) -> None:
        self._rows.writerow([safe_cell(cell) for cell in cells])

    def taken(self) -> bytes:
        text = self._text.getvalue()
        self._text.seek(0)
        self._text.truncate()
        return text.encode("utf-8", "backslashreplace")
