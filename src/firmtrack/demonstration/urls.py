"""The product's addresses, those of the demonstration's receiver, and a sign-in page of its own."""

from django.urls import path

from firmtrack.demonstration import views
from firmtrack.urls import handler500
from firmtrack.urls import urlpatterns as addresses_of_the_product

__all__ = ["handler500", "urlpatterns"]

_sign_in = views.SignIn.as_view()

urlpatterns = [
    path("sign-in", _sign_in, name="sign-in"),
    path("demonstration/receiver", views.receiver, name="demonstration-receiver"),
    path("demonstration/receiver/<int:party_id>", views.take_call, name="demonstration-call"),
    *addresses_of_the_product,
]
