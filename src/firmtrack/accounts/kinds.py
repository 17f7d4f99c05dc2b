"""The kinds of party and the scopes of tokens; importable before Django is set up."""

from django.db import models


class PartyKind(models.TextChoices):
    """What a party is, which decides what it sees."""

    LARGE_SUPPLIER = "large_supplier", "Large supplier"
    SMALL_SUPPLIER = "small_supplier", "Small supplier"
    DCC = "dcc", "DCC"


class TokenScope(models.TextChoices):
    """What an API token may be used for."""

    READ = "read", "Look up requests and devices"
    INTAKE = "intake", "Submit messages"
