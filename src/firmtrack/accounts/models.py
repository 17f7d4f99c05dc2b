"""The accounts' tables: data without behaviour."""

from itertools import combinations
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower

from firmtrack.accounts.kinds import PartyKind, Role, TokenScope

_KIND_NAMES = {
    PartyKind.LARGE_SUPPLIER: "Large supplier",
    PartyKind.SMALL_SUPPLIER: "Small supplier",
    PartyKind.DCC: "DCC",
}
_ROLE_NAMES = {
    Role.VIEWER: "Viewer",
    Role.PARTY_ADMINISTRATOR: "Party administrator",
    Role.DCC_DESK: "DCC desk",
    Role.DCC_ADMINISTRATOR: "DCC administrator",
}
_SCOPES = [
    " ".join(some)
    for count in range(1, len(TokenScope) + 1)
    for some in combinations(TokenScope, count)
]


class Party(models.Model):
    """An organisation: an energy supplier, or DCC.

    ``requires_totp``: its people sign in with a one-time code besides their password.
    """

    name = models.CharField(max_length=100, unique=True)
    kind = models.CharField(max_length=20, choices=_KIND_NAMES)
    requires_totp = models.BooleanField(default=False)

    class Meta:
        """Only the kinds that exist can be stored."""

        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(kind__in=list(PartyKind)), name="party_kind_exists"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PartyUserId(models.Model):
    """A User ID under which a party sends Service Requests: an EUI-64 text in upper case."""

    party = models.ForeignKey(Party, models.CASCADE, related_name="user_ids")
    user_id = models.CharField(max_length=23, unique=True)

    class Meta:
        """Only canonical EUI-64 texts can be stored, so that equal IDs are equal texts."""

        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(user_id__regex=r"^[0-9A-F]{2}(-[0-9A-F]{2}){7}$"),
                name="party_user_id_is_canonical",
            ),
        ]

    def __str__(self) -> str:
        return self.user_id


class UserManager(BaseUserManager["User"]):
    """Finds people by email address, however it is typed."""

    def get_by_natural_key(self, username: str | None) -> "User":
        """Return the person who signs in as ``username``. Raises User.DoesNotExist."""
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser):
    """A person who signs in with an email address and belongs to one party.

    The address is kept in lower case, which makes it unique whatever the case it is typed in.
    People are never removed, only disabled: what they did stays theirs. ``invited_at`` is None for
    who was added with a password; who was invited has none until they choose it.
    """

    email = models.EmailField("e-mail address", max_length=254, unique=True)
    party = models.ForeignKey(Party, models.PROTECT, related_name="people")
    role = models.CharField(max_length=20, choices=_ROLE_NAMES)
    is_active = models.BooleanField(default=True)
    added_at = models.DateTimeField(auto_now_add=True)
    invited_at = models.DateTimeField(null=True)
    disabled_at = models.DateTimeField(null=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["party"]

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        """Only lower-case addresses and roles that exist can be stored."""

        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")), name="user_email_is_lower_case"
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=list(Role)), name="user_role_exists"
            ),
        ]

    def __str__(self) -> str:
        return self.email


class Provider(models.Model):
    """An OpenID Connect provider by which the people of one party may sign in.

    ``slug`` names it in addresses. ``client_secret`` is encrypted. ``role_claim`` is the claim that
    tells a person's role, ``roles`` the role of each of its values that has one; ``email_claim`` is
    the claim that holds their email address. ``trusts_email``: it is believed even where the
    provider does not say that it was verified.
    """

    party = models.ForeignKey(Party, models.PROTECT, related_name="providers")
    slug = models.CharField(max_length=50, unique=True)
    issuer = models.CharField(max_length=500)
    client_id = models.CharField(max_length=191)
    client_secret = models.TextField()
    role_claim = models.CharField(max_length=100)
    roles = models.JSONField()
    email_claim = models.CharField(max_length=100, default="email")
    trusts_email = models.BooleanField(default=False)
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        """Only slugs that are words of an address can be stored."""

        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(slug__regex=r"^[a-z0-9]+(-[a-z0-9]+)*$"),
                name="provider_slug_is_a_slug",
            ),
        ]

    def __str__(self) -> str:
        return self.slug


class ApiToken(models.Model):
    """A bearer token of the API. Its secret is not stored: only the SHA-256 of it is.

    ``scopes`` are its scopes in their own order, divided by spaces. ``ending`` is the secret's
    last characters, by which people tell one token from another. ``created_by`` is who made it and
    so has seen its secret, None for an operator: it ends with their account. ``last_used_at`` is
    right to a minute.
    """

    party = models.ForeignKey(Party, models.CASCADE, related_name="tokens")
    scopes = models.CharField(max_length=40)
    digest = models.BinaryField(max_length=32, unique=True)
    ending = models.CharField(max_length=4)
    name = models.CharField(max_length=100, default="")
    created_by = models.ForeignKey(User, models.PROTECT, related_name="tokens", null=True)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        """Only the scopes that exist can be stored."""

        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(scopes__in=_SCOPES), name="api_token_scopes_exist"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scopes} token …{self.ending} of {self.party}"
