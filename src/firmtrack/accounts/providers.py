"""The OpenID Connect providers of parties, and whom a provider's word lets in."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from firmtrack.accounts.acting import record
from firmtrack.accounts.kinds import PartyKind, Role
from firmtrack.accounts.models import Party, Provider, User
from firmtrack.accounts.people import checked_role, follow_role
from firmtrack.accounts.permissions import ROLES
from firmtrack.accounts.sealing import sealed
from firmtrack.accounts.sessions import end_sessions_of
from firmtrack.errors import FirmtrackError
from firmtrack.store.acts import ActKind

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_SLUG_CHARACTERS = 50
LARGEST_SUBJECT: Final = 191
"""So many characters of a provider's subject are kept; a longer one is refused."""


class UnfitSlug(FirmtrackError):
    """A provider's name has 1 to 50 lower-case letters and digits, with single hyphens between."""


class SlugTaken(FirmtrackError):
    """A provider of this name exists already."""


class UnknownProvider(FirmtrackError):
    """No provider has this name."""

    def __init__(self, slug: str) -> None:
        self.slug = slug
        super().__init__(f"There is no provider named {slug!r}.")


class Refusal(StrEnum):
    """Why a provider's word lets nobody in."""

    NO_EMAIL = "no email address"
    EMAIL_UNVERIFIED = "email address not verified"
    NO_ROLE = "no role"
    NOT_THEIRS = "not of the party"
    DISABLED = "disabled"


class Refused(FirmtrackError):
    """A provider's word lets nobody in. ``email`` is whom it told of, empty if it did not."""

    def __init__(self, refusal: Refusal, email: str = "") -> None:
        self.refusal = refusal
        self.email = email
        super().__init__(f"The provider's word lets nobody in: {refusal}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProvider:
    """A provider as an operator describes it: as in the model."""

    slug: str
    issuer: str
    client_id: str
    client_secret: str
    role_claim: str
    roles: Mapping[str, Role]
    email_claim: str = "email"
    trusts_email: bool = False


def add_provider(party: Party, new: NewProvider) -> Provider:
    """Return a new provider of ``party``. Raises UnfitSlug, SlugTaken, RoleNotOfParty."""
    if len(new.slug) > _SLUG_CHARACTERS or _SLUG.fullmatch(new.slug) is None:
        raise UnfitSlug
    for role in new.roles.values():
        checked_role(role, party)
    with transaction.atomic():
        provider, is_new = Provider.objects.get_or_create(
            slug=new.slug,
            defaults={
                "party": party,
                "issuer": new.issuer,
                "client_id": new.client_id,
                "client_secret": sealed(new.client_secret),
                "role_claim": new.role_claim,
                "roles": {value: str(role) for value, role in new.roles.items()},
                "email_claim": new.email_claim,
                "trusts_email": new.trusts_email,
            },
        )
        if not is_new:
            raise SlugTaken
        record(None, party.name, ActKind.PROVIDER_ADDED, new.slug, new.issuer)
    return provider


def list_providers() -> Sequence[Provider]:
    """Return all providers, by party and name."""
    return list(Provider.objects.select_related("party").order_by("party__name", "slug"))


def remove_provider(slug: str) -> int:
    """Remove a provider; end the sessions of whom it let in, and return how many there were.

    A provider that gets this name later is another one, and knows none of them. Raises
    UnknownProvider.
    """
    with transaction.atomic():
        provider = Provider.objects.select_related("party").filter(slug=slug).first()
        if provider is None:
            raise UnknownProvider(slug)
        known = SocialAccount.objects.filter(provider=slug)
        ended = sum(end_sessions_of(user) for user in {each.user for each in known})
        known.delete()
        provider.delete()
        record(None, provider.party.name, ActKind.PROVIDER_REMOVED, slug, provider.issuer)
    return ended


def admitted(provider: Provider, subject: str, claims: Mapping[str, Any]) -> User:
    """Return whom the provider's claims let in, with the role that they give.

    It is a person of the provider's party: the one that the subject is known to be, or who has the
    email address, or else a new one. Raises Refused.
    """
    email = _email_in(provider, claims)
    role = _role_in(provider, claims)
    if role is None:
        raise Refused(Refusal.NO_ROLE, email)
    with transaction.atomic():
        # One at a time: of two first sign-ins at once, the second finds whom the first made.
        Party.objects.select_for_update(no_key=True).get(pk=provider.party_id)
        by_subject = SocialAccount.objects.filter(provider=provider.slug, uid=subject).first()
        by_email = User.objects.filter(email=email).first()
        if by_subject is not None and by_email is not None and by_subject.user != by_email:
            raise Refused(Refusal.NOT_THEIRS, email)
        user = by_email if by_subject is None else by_subject.user
        if user is None:
            user = _made(provider, email, role)
        if user.party_id != provider.party_id:
            raise Refused(Refusal.NOT_THEIRS, email)
        if not user.is_active:
            raise Refused(Refusal.DISABLED, email)
        if by_subject is None:
            SocialAccount.objects.create(provider=provider.slug, uid=subject, user=user)
        follow_role(user, role, provider.slug)
    return user


def _email_in(provider: Provider, claims: Mapping[str, Any]) -> str:
    email = claims.get(provider.email_claim)
    try:
        validate_email(email)
    except ValidationError:
        raise Refused(Refusal.NO_EMAIL) from None
    assert isinstance(email, str), "nothing else is an email address"
    # Some providers write it as a text.
    is_verified = claims.get("email_verified") in (True, "true")
    if not is_verified and not provider.trusts_email:
        raise Refused(Refusal.EMAIL_UNVERIFIED, email)
    return email.lower()


def _role_in(provider: Provider, claims: Mapping[str, Any]) -> Role | None:
    """Return the role by the claim, of several the one that may do more; None if there is none."""
    told = claims.get(provider.role_claim)
    values = told if isinstance(told, list) else [told]
    given = {provider.roles.get(value) for value in values if isinstance(value, str)}
    kind = PartyKind(provider.party.kind)
    return next((role for role in reversed(ROLES[kind]) if role in given), None)


def _made(provider: Provider, email: str, role: Role) -> User:
    user = User.objects.create(
        email=email, party=provider.party, role=role, password=make_password(None)
    )
    record(user, provider.party.name, ActKind.PERSON_ADDED, email, f"{role}, by {provider.slug}")
    return user
