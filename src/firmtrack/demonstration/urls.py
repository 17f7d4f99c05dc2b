"""The product's addresses, and those of the demonstration's receiver."""

from django.urls import path

from firmtrack.demonstration import views
from firmtrack.urls import handler500
from firmtrack.urls import urlpatterns as addresses_of_the_product

__all__ = ["handler500", "urlpatterns"]

urlpatterns = [
    path("demonstration/receiver", views.receiver, name="demonstration-receiver"),
    path("demonstration/receiver/<int:party_id>", views.take_call, name="demonstration-call"),
    *addresses_of_the_product,
]
