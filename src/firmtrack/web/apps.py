"""The portal as a Django application."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """The portal's pages, templates and its record of sign-in attempts."""

    name = "firmtrack.web"
    label = "web"
    default_auto_field = "django.db.models.BigAutoField"
