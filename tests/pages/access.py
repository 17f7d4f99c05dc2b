"""Who may do what at which address: the table that the access matrix holds Firmtrack against.

A new address is a row here, by its name; without one a test fails. Nothing here is recorded output:
what is expected follows from the kind of the address and from who asks.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from firmtrack.accounts.kinds import Role, TokenScope
from firmtrack.accounts.permissions import Permission, may
from firmtrack.web.guidance import TOPICS

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS")
LOOKING = frozenset({"GET", "HEAD"})
_AND_FORMS = LOOKING | {"POST"}


class Whose(Enum):
    """Whose the object is that an address names."""

    ALPHAS = auto()
    BRAVOS = auto()
    NOBODYS = auto()
    """There is none of this ID."""


class Reach(Enum):
    """Who is shown the object that an address names; to all others it is not there."""

    SEEN = auto()
    """Its party, and DCC's staff, who see every request and device."""
    OWN = auto()
    """Its party alone: what is managed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Somebody at the pages; one who is not signed in has no party."""

    party: Whose | None = None
    is_dcc: bool = False
    role: Role | None = None

    @property
    def is_signed_in(self) -> bool:
        """Whether the pages know who it is."""
        return self.role is not None

    def may(self, permission: Permission) -> bool:
        """Return whether the table of permissions lets them."""
        return self.role is not None and may(self.role, permission)

    def sees(self, reach: Reach, whose: Whose) -> bool:
        """Return whether an object is there for them."""
        if whose is Whose.NOBODYS:
            return False
        return self.party is whose or (self.is_dcc and reach is Reach.SEEN)


NOBODY = Visitor()
VISITORS: Mapping[str, Visitor] = {
    "anonymous": NOBODY,
    "owner": Visitor(party=Whose.ALPHAS, role=Role.PARTY_ADMINISTRATOR),
    "colleague": Visitor(party=Whose.ALPHAS, role=Role.PARTY_ADMINISTRATOR),
    "viewer": Visitor(party=Whose.ALPHAS, role=Role.VIEWER),
    "party administrator": Visitor(party=Whose.BRAVOS, role=Role.PARTY_ADMINISTRATOR),
    "other supplier": Visitor(party=Whose.BRAVOS, role=Role.VIEWER),
    "DCC desk": Visitor(is_dcc=True, role=Role.DCC_DESK),
    "DCC administrator": Visitor(is_dcc=True, role=Role.DCC_ADMINISTRATOR),
    "disabled person": NOBODY,
    "ended session": NOBODY,
    "person moved to another party": NOBODY,
    "moved person, signed in again": Visitor(party=Whose.BRAVOS, role=Role.VIEWER),
    "person who may do less now": NOBODY,
    "caller with a token at a page": NOBODY,
}
"""Everyone at the pages; the session of who was moved, or demoted, has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """An address of the portal: ``reach`` is None where it names nothing.

    ``permission`` is asked for; with ``to_look`` False only of who sends a form. ``sent`` is the
    answer to an empty form. A public one answers whoever asks with one of ``answers``; what is of
    one's own account whoever has signed in with one of ``own``: that depends on the account.
    """

    methods: frozenset[str] = LOOKING
    reach: Reach | None = None
    permission: Permission | None = None
    to_look: bool = True
    sent: int = 400
    answers: frozenset[int] = frozenset()
    own: frozenset[int] = frozenset()

    def expected(self, visitor: Visitor, method: str, whose: Whose) -> frozenset[int]:
        """Return the statuses with which it may answer."""
        if method not in self.methods:
            return frozenset({405})
        if self.answers:
            return self.answers
        if not visitor.is_signed_in:
            return frozenset({302, 405}) if self.own else frozenset({302})
        if self.own:
            return self.own
        asks = self.permission is not None and (self.to_look or method not in LOOKING)
        if asks and self.permission is not None and not visitor.may(self.permission):
            return frozenset({403})
        if self.reach is not None and not visitor.sees(self.reach, whose):
            return frozenset({404})
        return frozenset({200 if method in LOOKING else self.sent})


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """An address of the API: for tokens of ``scope``; ``found`` is what a right one answers."""

    scope: TokenScope
    methods: frozenset[str] = frozenset({"GET"})
    reach: Reach | None = None
    found: int = 200


def _looked_up() -> Page:
    return Page(reach=Reach.SEEN)


def _managed(sent: int = 302) -> Page:
    people = Permission.MANAGE_PEOPLE
    return Page(methods=_AND_FORMS, reach=Reach.OWN, permission=people, sent=sent)


def _to_sign_in() -> Page:
    return Page(methods=frozenset(METHODS), answers=frozenset({200, 302, 400, 404, 405, 429}))


def _of_account() -> Page:
    return Page(methods=frozenset(METHODS), own=frozenset({200, 302, 400, 404, 405, 429}))


_NOTICES = Permission.MANAGE_NOTICES
_TOKENS = Permission.MANAGE_TOKENS

PAGES: Mapping[str, Page] = {
    "start": Page(methods=frozenset(METHODS), answers=frozenset({302})),
    "sign-in": _to_sign_in(),
    "account_login": _to_sign_in(),
    "sign-out": Page(methods=_AND_FORMS, answers=frozenset({302, 405})),
    "account_logout": Page(methods=_AND_FORMS, answers=frozenset({302, 405})),
    "mfa_authenticate": _to_sign_in(),
    "organisation": _to_sign_in(),
    "provider": _to_sign_in(),
    "provider-begin": _to_sign_in(),
    "openid_connect_callback": _to_sign_in(),
    "account_reset_password": _to_sign_in(),
    "account_reset_password_done": _to_sign_in(),
    "account_reset_password_from_key": _to_sign_in(),
    "account_reset_password_from_key_done": _to_sign_in(),
    "account": _of_account(),
    "account_reauthenticate": _of_account(),
    "mfa_reauthenticate": _of_account(),
    "account_change_password": _of_account(),
    "mfa_index": _of_account(),
    "mfa_activate_totp": _of_account(),
    "mfa_deactivate_totp": _of_account(),
    "mfa_view_recovery_codes": _of_account(),
    "mfa_generate_recovery_codes": _of_account(),
    "firmware-distribution": Page(),
    "service-requests": Page(),
    "delivery-performance": Page(),
    "delivery-performance-csv": Page(),
    "causes": Page(),
    "cause": Page(
        methods=_AND_FORMS, reach=Reach.SEEN, permission=Permission.NOTE_CAUSES, to_look=False
    ),
    "cause-devices": _looked_up(),
    "cause-devices-xlsx": _looked_up(),
    "cause-device-list": _looked_up(),
    "guidance": Page(),
    **{f"guidance-{topic}": Page() for topic in TOPICS},
    "service-request": _looked_up(),
    "service-request-csv": _looked_up(),
    "service-request-xlsx": _looked_up(),
    "service-request-status": _looked_up(),
    "device": _looked_up(),
    "device-status": _looked_up(),
    "device-events": _looked_up(),
    "inventory": _looked_up(),
    "message": _looked_up(),
    "message-body": _looked_up(),
    "notices": Page(methods=_AND_FORMS, permission=_NOTICES, to_look=False),
    "new-endpoint": Page(methods=_AND_FORMS, permission=_NOTICES),
    "endpoint": Page(methods=_AND_FORMS, reach=Reach.OWN, permission=_NOTICES, to_look=False),
    "endpoint-topics": Page(methods=_AND_FORMS, reach=Reach.OWN, permission=_NOTICES),
    "remove-endpoint": Page(methods=_AND_FORMS, reach=Reach.OWN, permission=_NOTICES, sent=302),
    "watching": Page(methods=_AND_FORMS),
    "people": Page(permission=Permission.MANAGE_PEOPLE),
    "invite-person": Page(methods=_AND_FORMS, permission=Permission.MANAGE_PEOPLE),
    "person": _managed(sent=400),
    "disable-person": _managed(),
    "enable-person": _managed(),
    "tokens": Page(permission=_TOKENS),
    "new-token": Page(methods=_AND_FORMS, permission=_TOKENS),
    "revoke-token": Page(methods=_AND_FORMS, reach=Reach.OWN, permission=_TOKENS, sent=302),
    "audit": Page(permission=Permission.READ_AUDIT),
    "audit-csv": Page(permission=Permission.READ_AUDIT),
}
"""Every address of the portal, by its name."""


def _read(reach: Reach | None = None) -> Call:
    return Call(scope=TokenScope.READ, reach=reach)


_SUBMISSION = Call(scope=TokenScope.INTAKE, methods=frozenset({"POST"}), found=415)

CALLS: Mapping[str, Call] = {
    "service-requests/{service_request_id}": _read(Reach.SEEN),
    "service-requests/{service_request_id}/distributions": _read(Reach.SEEN),
    "service-requests/{service_request_id}/distributions.csv": _read(Reach.SEEN),
    "service-requests/{service_request_id}/distributions.xlsx": _read(Reach.SEEN),
    "devices/{device_id}": _read(Reach.SEEN),
    "devices/{device_id}/peers": _read(Reach.SEEN),
    "devices/{device_id}/events": _read(Reach.SEEN),
    "inventory/{device_id}": _read(Reach.SEEN),
    "messages/{message_id}": _read(Reach.SEEN),
    "messages/{message_id}/body": _read(Reach.SEEN),
    "messages/{message_id}/status": Call(scope=TokenScope.INTAKE, reach=Reach.OWN),
    "delivery-performance": _read(),
    "delivery-performance.csv": _read(),
    "service-requests": _read(),
    "causes": _read(),
    "freshness": _read(),
    "notices": _read(),
    "endpoints": _read(),
    "messages": _SUBMISSION,
    "messages/batch": _SUBMISSION,
}
"""Every call of the API, by its path in the published document."""

NOT_IN_THE_DOCUMENT = {"", "openapi.json"}
"""What else begins with the API's address: nothing, and the document, which anyone may read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Somebody at the API: what their token is good for; None is no token, or one that is not."""

    party: Whose | None = None
    is_dcc: bool = False
    scopes: frozenset[TokenScope] | None = None

    def expected(self, call: Call, method: str, whose: Whose) -> int:
        """Return the status with which the API answers."""
        # HEAD is answered as GET is, which the description says once for all.
        if ("GET" if method == "HEAD" else method) not in call.methods:
            return 405
        if self.scopes is None:
            return 401
        if call.scope not in self.scopes:
            return 403
        seen = Visitor(party=self.party, is_dcc=self.is_dcc)
        if call.reach is not None and not seen.sees(call.reach, whose):
            return 404
        return call.found


_READ, _INTAKE = frozenset({TokenScope.READ}), frozenset({TokenScope.INTAKE})
NO_TOKEN = Caller()
CALLERS: Mapping[str, Caller] = {
    "anonymous": NO_TOKEN,
    "owner": Caller(party=Whose.ALPHAS, scopes=_READ | _INTAKE),
    "token that only reads": Caller(party=Whose.ALPHAS, scopes=_READ),
    "token that only submits": Caller(party=Whose.ALPHAS, scopes=_INTAKE),
    "token for metrics": Caller(party=Whose.ALPHAS, scopes=frozenset({TokenScope.METRICS})),
    "other supplier": Caller(party=Whose.BRAVOS, scopes=_READ | _INTAKE),
    "DCC": Caller(is_dcc=True, scopes=_READ | _INTAKE),
    "revoked token": NO_TOKEN,
    "expired token": NO_TOKEN,
    "token of a disabled person": NO_TOKEN,
    "token of a person moved to another party": NO_TOKEN,
    "token of a person who may do less now": NO_TOKEN,
    "person with a session and no token": NO_TOKEN,
}
"""Everyone at the API."""
