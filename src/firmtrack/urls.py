"""Every address of Firmtrack: the API under ``api/v1/``, the pages everywhere else."""

from django.urls import include, path

from firmtrack.api.application import api

urlpatterns = [
    path("api/v1/", api.urls),
    path("", include("firmtrack.web.urls")),
]

handler500 = "firmtrack.web.failures.failed"
