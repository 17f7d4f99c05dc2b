"""``firmtrack migrate``: a database brought to this version of Firmtrack."""

from firmtrack.cli.options import AsJson, console, print_json
from firmtrack.cli.session import opened


def migrate(*, as_json: AsJson = False) -> None:
    """Bring the database to this version, and read again what an older one read otherwise.

    Only this command does that to a database server whose tables an older Firmtrack made. It can be
    interrupted: to run it again does the rest.
    """
    with opened(may_migrate=True):
        from firmtrack.store.database import pool
        from firmtrack.store.schema import schema_version

        with pool().connection() as connection:
            version = schema_version(connection)
    if as_json:
        print_json({"schema_version": version})
    else:
        console.print(f"The database is up to date: schema {version}.")
