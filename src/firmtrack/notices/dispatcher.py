"""The dispatcher: one thread that composes, and some that send; any number of processes may run it.

What they agree on is in the database: locks that end with the connection that holds them.
"""

import logging
from collections.abc import Collection
from random import SystemRandom
from threading import Event, Thread

import psycopg

from firmtrack.notices.calling import Caller
from firmtrack.notices.composing import compose_due
from firmtrack.notices.periodic_jobs import PeriodicJobs
from firmtrack.notices.sending import send_next
from firmtrack.notices.signs_of_life import giving_signs
from firmtrack.store.database import SERVER_FAILURES, connected

SENDERS = 8
"""Threads that send. Half of them call only endpoints whose last call succeeded: however many
parties hang, those that answer do not wait for them."""

_IDLE_SECONDS = 0.3
_COMPOSE_SECONDS = 0.5
_AFTER_FAILURE_SECONDS = 2.0
_logger = logging.getLogger(__name__)


def dispatch(
    stopping: Event,
    *,
    may_be_private: bool,
    private_receivers: Collection[tuple[str, int]] = (),
    senders: int = SENDERS,
) -> None:
    """Send notices until ``stopping`` is set; then what is being sent is ended and recorded.

    ``private_receivers`` are hosts and ports that may be private even without ``may_be_private``.
    """
    threads = [
        Thread(
            target=_send,
            args=(stopping,),
            kwargs={
                "is_healthy": number % 2 == 1,
                "may_be_private": may_be_private,
                "private_receivers": private_receivers,
            },
            name=f"sender {number}",
            daemon=True,
        )
        for number in range(senders)
    ]
    with giving_signs():
        for thread in threads:
            thread.start()
        _compose(stopping)
        for thread in threads:
            thread.join()


def dispatch_once(*, may_be_private: bool) -> None:
    """Compose and send what is due now, in this thread, and return."""
    caller = Caller(may_be_private=may_be_private)
    chance = SystemRandom()
    try:
        with connected() as connection:
            while compose_due(connection):
                pass
            while send_next(connection, caller, chance=chance):
                pass
    finally:
        caller.close()


def _compose(stopping: Event) -> None:
    jobs = PeriodicJobs()
    while not stopping.is_set():
        try:
            with connected() as connection:
                while not stopping.wait(_COMPOSE_SECONDS):
                    compose_due(connection)
                    jobs.do_what_is_due(connection)
        except SERVER_FAILURES as error:
            _wait_for_database(stopping, error)


def _send(
    stopping: Event,
    *,
    is_healthy: bool,
    may_be_private: bool,
    private_receivers: Collection[tuple[str, int]],
) -> None:
    caller = Caller(may_be_private=may_be_private, private_receivers=private_receivers)
    chance = SystemRandom()
    while not stopping.is_set():
        try:
            with connected() as connection:
                while not stopping.is_set():
                    if not send_next(connection, caller, is_healthy=is_healthy, chance=chance):
                        stopping.wait(_IDLE_SECONDS)
        except SERVER_FAILURES as error:
            _wait_for_database(stopping, error)
    caller.close()


def _wait_for_database(stopping: Event, error: psycopg.Error) -> None:
    _logger.warning("The database cannot be reached, trying again: %s", str(error).strip())
    stopping.wait(_AFTER_FAILURE_SECONDS)
