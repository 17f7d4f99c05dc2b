"""The Django application that holds the accounts."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Parties, people and tokens."""

    name = "firmtrack.accounts"
    label = "accounts"
    verbose_name = "Accounts"
