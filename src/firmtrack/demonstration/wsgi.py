"""The demonstration's WSGI application: the product's; beside it notices are sent, and it lives."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from firmtrack import wsgi
from firmtrack.demonstration.living import Life
from firmtrack.demonstration.preparation import receiver_origin
from firmtrack.demonstration.receiver import place_of
from firmtrack.notices.dispatcher import dispatch
from firmtrack.wsgi import site

__all__ = ["beside", "site"]

_SENDERS = 2


@contextmanager
def beside() -> Iterator[None]:
    """Run within the block what the product does beside answering, the dispatcher and the world."""
    stopping = Event()
    dispatcher = Thread(
        target=dispatch,
        args=(stopping,),
        kwargs={
            "may_be_private": False,
            "private_receivers": {place_of(receiver_origin())},
            "senders": _SENDERS,
        },
        name="dispatcher",
        daemon=True,
    )
    life = Thread(target=Life(stopping).run, name="the demonstration's world", daemon=True)
    with wsgi.beside():
        dispatcher.start()
        life.start()
        try:
            yield
        finally:
            stopping.set()
            dispatcher.join()
            life.join()
