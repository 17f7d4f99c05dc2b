"""The accounts' tables: data without behaviour."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower

from firmtrack.accounts.kinds import PartyKind

_KIND_NAMES = {
    PartyKind.LARGE_SUPPLIER: "Large supplier",
    PartyKind.SMALL_SUPPLIER: "Small supplier",
    PartyKind.DCC: "DCC",
}


class Party(models.Model):
    """An organisation: an energy supplier, or DCC."""

    name = models.CharField(max_length=100, unique=True)
    kind = models.CharField(max_length=20, choices=_KIND_NAMES)

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
    """Finds people by e-mail address, however it is typed."""

    def get_by_natural_key(self, username: str | None) -> "User":
        """Return the person who signs in as ``username``. Raises User.DoesNotExist."""
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser):
    """A person who signs in with an e-mail address and belongs to one party.

    The address is kept in lower case, which makes it unique whatever the case it is typed in.
    """

    email = models.EmailField("e-mail address", max_length=254, unique=True)
    party = models.ForeignKey(Party, models.PROTECT, related_name="people")
    is_active = models.BooleanField(default=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["party"]

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        """Only lower-case addresses can be stored."""

        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")), name="user_email_is_lower_case"
            ),
        ]

    def __str__(self) -> str:
        return self.email


class ApiToken(models.Model):
    """A bearer token of the API. Its secret is not stored: only the SHA-256 of it is.

    ``scopes`` are its scopes in their own order, divided by spaces. ``ending`` is the secret's
    last characters, by which people tell one token from another.
    """

    party = models.ForeignKey(Party, models.CASCADE, related_name="tokens")
    scopes = models.CharField(max_length=40)
    digest = models.BinaryField(max_length=32, unique=True)
    ending = models.CharField(max_length=4)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        """Only the scopes that exist can be stored."""

        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(scopes__in=["read", "intake", "read intake"]),
                name="api_token_scopes_exist",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scopes} token …{self.ending} of {self.party}"
