"""The WSGI application: what a web server calls.

One callable serves pages and API. They part in the first middleware (firmtrack.api.shortcut).
Each process of the server opens the database when it loads this, and leaves it when it ends; so
does its upkeep.
"""

import atexit
import os
from contextlib import ExitStack

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "firmtrack.settings")
application = get_wsgi_application()

from firmtrack.intake.rereading import reread  # noqa: E402  # Django must be set up before
from firmtrack.store import database  # noqa: E402  # the same
from firmtrack.store.ledger import rereading  # noqa: E402  # the same
from firmtrack.upkeep import Upkeep  # noqa: E402  # the same

_open = ExitStack()
_open.enter_context(database.opened())
if rereading.is_due():
    reread()
_upkeep = Upkeep()
_upkeep.start()
_open.callback(_upkeep.stop)
atexit.register(_open.close)
