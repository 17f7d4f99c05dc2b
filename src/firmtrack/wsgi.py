"""The WSGI application: what a web server calls.

One callable serves pages and API. They part in the first middleware (firmtrack.api.shortcut).
"""

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
