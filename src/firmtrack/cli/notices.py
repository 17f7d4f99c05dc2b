"""``firmtrack endpoint``, ``notice`` and ``dispatch``: where notices go, and the sending."""

from dataclasses import asdict
from threading import Event
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from firmtrack.cli import stopping
from firmtrack.cli.accounts import PartyName
from firmtrack.cli.options import AsJson, console, errors, minute, print_json
from firmtrack.cli.session import opened
from firmtrack.cli.tables import Table, prose

if TYPE_CHECKING:
    from firmtrack.answers.notices import NoticeAnswer
    from firmtrack.domain.viewer import Viewer

endpoint = typer.Typer(help="Where notices of changes are sent.", no_args_is_help=True)
notice = typer.Typer(help="What parties were notified of.", no_args_is_help=True)

EndpointId = Annotated[int, typer.Argument(metavar="ID", help="The endpoint's number.")]


@endpoint.command("add")
def add_endpoint(
    address: Annotated[
        str, typer.Argument(help="A URL, an email address: what the channel takes.")
    ],
    *,
    party_name: PartyName,
    channel: Annotated[
        str,
        typer.Option(metavar="CHANNEL", help="How to send; a wrong one is answered with a list."),
    ] = "webhook",
    topics: Annotated[
        list[str] | None,
        typer.Option(
            "--topic", help="What to notify of; may be repeated. By default what matters."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Add an endpoint of a party; prints a webhook's secret, which is shown this once."""
    with opened():
        from firmtrack.accounts.parties import party_named
        from firmtrack.domain.topics import DEFAULT_TOPICS
        from firmtrack.notices.channels import channel_named
        from firmtrack.notices.endpoints import add_endpoint as add

        made = add(
            party_named(party_name), channel_named(channel), address, topics or DEFAULT_TOPICS
        )
        if as_json:
            print_json(asdict(made))
            return
        console.print(f"Endpoint {made.endpoint_id} added.")
        if made.secret is not None:
            console.print(f"Its secret, shown this once: {made.secret}", markup=False)


@endpoint.command("list")
def list_endpoints(*, as_json: AsJson = False) -> None:
    """List the endpoints and how they fare."""
    with opened():
        from firmtrack.lookups import notices as lookups

        found = lookups.list_endpoints(_operator())
        if as_json:
            print_json([asdict(each) for each in found])
            return
        table = Table("ID", prose("Party"), "Channel", prose("Address"), "Failures", "Waiting",
                      "Given up", "Last delivered", prose("State"))  # fmt: skip
        for each in found:
            table.add(
                str(each.endpoint_id),
                each.party,
                each.channel,
                each.address,
                str(each.failures),
                str(each.waiting),
                str(each.dead),
                minute(each.last_delivered_at),
                "on" if each.disabled_at is None else f"off: {each.disabled_reason}",
            )
        console.print(table if found else "There are no endpoints: no party is notified.")


@endpoint.command("test")
def test_endpoint(endpoint_id: EndpointId) -> None:
    """Have a test notice sent; `firmtrack notice list` shows what came of it."""
    with opened():
        from firmtrack.notices import endpoints

        notice_id = endpoints.test_endpoint(_operator(), endpoint_id)
        console.print(f"Test notice {notice_id} is to be sent.", markup=False)


@endpoint.command("rotate")
def rotate_secret(endpoint_id: EndpointId, *, as_json: AsJson = False) -> None:
    """Print a new secret, shown this once; the old one stays valid for 24 hours."""
    with opened():
        from firmtrack.notices import endpoints

        secret = endpoints.rotate_secret(_operator(), endpoint_id)
        if as_json:
            print_json({"secret": secret})
        else:
            console.print(secret, markup=False)


@endpoint.command("enable")
def enable_endpoint(endpoint_id: EndpointId) -> None:
    """Switch an endpoint on again that answered 410 Gone."""
    with opened():
        from firmtrack.notices import endpoints

        endpoints.enable_endpoint(_operator(), endpoint_id)
        console.print(f"Endpoint {endpoint_id} is on.")


@endpoint.command("remove")
def remove_endpoint(endpoint_id: EndpointId) -> None:
    """Send an endpoint nothing more; what was sent stays on record."""
    with opened():
        from firmtrack.notices import endpoints

        endpoints.remove_endpoint(_operator(), endpoint_id)
        console.print(f"Endpoint {endpoint_id} removed.")


@notice.command("list")
def list_notices(
    *,
    state: Annotated[
        str | None, typer.Option(help="waiting, delivered or dead; all by default.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="So many of the newest.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List notices, newest first, with what came of the last try."""
    with opened():
        from firmtrack.lookups import notices as lookups
        from firmtrack.presentation.known_from import notices_text

        found = lookups.list_notices(_operator(), limit=limit, state=state).items
        if as_json:
            print_json([asdict(each) for each in found])
            return
        table = Table("ID", "Created", prose("Party"), "About", "Devices", "State", "Tries",
                      prose("Last answer"))  # fmt: skip
        for each in found:
            table.add(
                str(each.notice_id),
                minute(each.created_at),
                each.party,
                each.topic,
                str(each.device_count),
                each.state,
                str(len(each.tries)),
                _last_answer(each),
            )
        console.print(table if found else "There are no such notices.")
        kept_from = lookups.notices_known_from()
        if kept_from is not None:
            errors.print(notices_text(kept_from))


@notice.command("resend")
def resend(
    notice_ids: Annotated[
        list[UUID] | None, typer.Argument(metavar="ID…", help="Notices that were given up.")
    ] = None,
    *,
    all_dead: Annotated[bool, typer.Option("--all", help="All that were given up.")] = False,
) -> None:
    """Have notices sent again that were given up, under their own IDs."""
    if bool(notice_ids) == all_dead:
        raise typer.BadParameter("Name notices, or say --all.")
    with opened():
        from firmtrack.notices import endpoints

        count = endpoints.resend(_operator(), notice_ids or None)
        console.print(f"{count} to be sent again.")


def dispatch(
    *,
    once: Annotated[bool, typer.Option("--once", help="Send what is due now, and return.")] = False,
) -> None:
    """Send notices until interrupted; any number of these may run at once."""
    with opened():
        from django.conf import settings

        from firmtrack.notices import dispatcher

        may_be_private = settings.ENVIRONMENT.notice_private_addresses
        if once:
            dispatcher.dispatch_once(may_be_private=may_be_private)
            return
        is_over = Event()
        stopping.call_when_told(is_over.set)
        console.print("Sending notices. Ctrl-C stops.")
        dispatcher.dispatch(is_over, may_be_private=may_be_private)


def _operator() -> "Viewer":
    from firmtrack.domain.viewer import Viewer

    return Viewer.of_dcc("operator")


def _last_answer(notice: "NoticeAnswer") -> str:
    if not notice.tries:
        return ""
    last = notice.tries[-1]
    return last.problem or str(last.status_code)
