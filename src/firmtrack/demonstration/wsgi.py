"""The demonstration's WSGI application: the product's, and beside it a dispatcher of notices."""

import atexit
from threading import Event, Thread

from firmtrack.demonstration.preparation import receiver_origin
from firmtrack.demonstration.receiver import place_of
from firmtrack.notices.dispatcher import dispatch
from firmtrack.wsgi import application

__all__ = ["application"]

_SENDERS = 2

_stopping = Event()
_dispatcher = Thread(
    target=dispatch,
    args=(_stopping,),
    kwargs={
        "may_be_private": False,
        "private_receivers": {place_of(receiver_origin())},
        "senders": _SENDERS,
    },
    name="dispatcher",
    daemon=True,
)


def _stop() -> None:
    _stopping.set()
    _dispatcher.join()


_dispatcher.start()
atexit.register(_stop)  # ends before the database closes: what was registered last is called first
