"""The store as a Django application: it has migrations and no models."""

from django.apps import AppConfig


class StoreConfig(AppConfig):
    """Registers the store's migrations."""

    name = "firmtrack.store"
    label = "store"
