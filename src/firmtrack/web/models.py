"""The portal's own table: attempts to sign in, counted to slow the guessing of passwords."""

from typing import ClassVar

from django.db import models


class SignInAttempt(models.Model):
    """One attempt to sign in that did not succeed, or not yet.

    ``account`` is the SHA-256 of the email address that was typed, in hexadecimal: people type
    passwords into the wrong field. ``browser`` is the one that made it, if the account has signed
    in with it before, else empty.
    """

    account = models.CharField(max_length=64)
    address = models.GenericIPAddressField()
    browser = models.CharField(max_length=32, default="")
    tried_at = models.DateTimeField()

    class Meta:
        """Attempts are counted by account, by address and by age."""

        indexes: ClassVar = [
            models.Index(fields=["account", "tried_at"], name="sign_in_attempt_account"),
            models.Index(fields=["address", "tried_at"], name="sign_in_attempt_address"),
            models.Index(fields=["tried_at"], name="sign_in_attempt_age"),
        ]

    def __str__(self) -> str:
        return f"{self.address} at {self.tried_at}"
