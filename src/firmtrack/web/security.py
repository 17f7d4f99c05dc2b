"""The headers that tell a browser how little a page of the portal needs."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

_ALLOWED_SOURCES = {
    "default-src": "'none'",
    "style-src": "'self'",
    "script-src": "'self'",
    "connect-src": "'self'",
    "img-src": "'self'",
    "font-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
_UNUSED_FEATURES = ("camera", "display-capture", "geolocation", "microphone", "payment", "usb")

CONTENT_SECURITY_POLICY = "; ".join(f"{name} {value}" for name, value in _ALLOWED_SOURCES.items())
PERMISSIONS_POLICY = ", ".join(f"{feature}=()" for feature in _UNUSED_FEATURES)


class PageHeaders:
    """Middleware that sets what Django's SecurityMiddleware does not.

    A page shows one party's data to one person, so nothing on the way may keep it, nor the
    browser after signing out. The cookies of a page that came by https go back by https alone.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Return the response with these headers."""
        response = self.get_response(request)
        if request.is_secure():
            for cookie in response.cookies.values():
                cookie["secure"] = True
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        response.headers["Cache-Control"] = "no-store"
        return response
