"""Django's settings with the demonstration's addresses; `serve --demonstration` alone uses them."""

from dataclasses import replace

from firmtrack.settings import *  # noqa: F403  # the product's settings, but for what follows
from firmtrack.settings import ALLOWED_HOSTS, INSTALLED_APPS, TEMPLATES
from firmtrack.settings import ENVIRONMENT as PRODUCTS_ENVIRONMENT

# Whoever has taken a device over sees how far others' updates of it are: there is something to see.
ENVIRONMENT = replace(PRODUCTS_ENVIRONMENT, change_of_supplier_view=True)
ALLOWED_HOSTS = [*ALLOWED_HOSTS, "127.0.0.1"]  # by which the dispatcher calls the receiver
INSTALLED_APPS = [*INSTALLED_APPS, "firmtrack.demonstration"]
ROOT_URLCONF = "firmtrack.demonstration.urls"
(_JINJA,) = TEMPLATES
TEMPLATES = [
    _JINJA
    | {
        "OPTIONS": {
            "environment": "firmtrack.web.templating.environment",
            "context_processors": ["firmtrack.demonstration.views.receiver_link"],
        }
    }
]
