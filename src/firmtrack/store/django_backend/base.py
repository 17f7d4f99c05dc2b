"""Django's PostgreSQL backend, but that nobody waits for a database that does not answer."""

from functools import partial
from typing import Any

from django.db.backends.postgresql import base

from firmtrack.store import database, reachability


class DatabaseWrapper(base.DatabaseWrapper):
    """A thread's connection, which it keeps from one request to the next."""

    _is_known_to_be_well = False

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Return a new connection of the driver. Raises DatabaseAway."""
        conn_params = {**conn_params, **database.hosts_in_use()}
        return database.made_in_time(partial(super().get_new_connection, conn_params))

    def close_if_health_check_failed(self) -> None:
        """Close the connection if the server has ended it since the last request.

        Django would ask by a statement before each request.
        """
        is_first_use = self.connection is not None and not self._is_known_to_be_well
        if is_first_use and not self.in_atomic_block:
            if reachability.is_broken(self.connection):
                self.close()
            self._is_known_to_be_well = True

    def close_if_unusable_or_obsolete(self) -> None:
        """Begin another request."""
        self._is_known_to_be_well = False
        super().close_if_unusable_or_obsolete()
