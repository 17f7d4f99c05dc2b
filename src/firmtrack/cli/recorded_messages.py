"""``firmtrack message``: recorded messages, who handed them in, and taking them back."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from firmtrack.cli.lookups import viewer_as
from firmtrack.cli.options import AsJson, console, errors, minute, print_json
from firmtrack.cli.session import opened
from firmtrack.cli.tables import Table, prose
from firmtrack.errors import FirmtrackError

if TYPE_CHECKING:
    from firmtrack.answers.messages import MessageAnswer
    from firmtrack.intake.withdrawing import Moved
    from firmtrack.store.reading.messages import CameAgain, RecordedMessage

_SOME_REFUSED = 3
_LISTED_AT_MOST = 1_000
_NAMED_AT_MOST = 10

message = typer.Typer(help="Recorded messages: seen, and taken back.", no_args_is_help=True)


class NoSuchMessage(FirmtrackError):
    """No message of this ID is recorded."""


class NothingKept(FirmtrackError):
    """No message of this ID was recorded, or what it said is not kept any more."""


def _not_found() -> NoSuchMessage:
    """Return the error that there is no such message, with from when on they are kept."""
    from firmtrack.lookups.known_from import Kind, known_from
    from firmtrack.presentation.known_from import messages_text

    kept_from = known_from(Kind.FACTS)
    if kept_from is None:
        return NoSuchMessage()
    return NoSuchMessage(f"{NoSuchMessage()} {messages_text(kept_from)}")


def read_since(text: str) -> datetime:
    """Return the time that an option gives, as people type it."""
    from firmtrack.presentation.as_of import MalformedMoment, read_typed_beginning

    try:
        return read_typed_beginning(text)
    except MalformedMoment as error:
        raise typer.BadParameter(str(error)) from None


Submitter = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", help="Only what this party handed in; `operator` is the command line."
    ),
]
Token = Annotated[
    str | None,
    typer.Option(metavar="ENDING", help="Only what came by the token with this ending."),
]
Since = Annotated[
    datetime | None,
    typer.Option(
        metavar="TIME", parser=read_since, help="Only what was recorded at or after this time."
    ),
]
MessageId = Annotated[UUID, typer.Argument(metavar="ID", help="The ID of a recorded message.")]
MessageIds = Annotated[
    list[UUID] | None, typer.Argument(metavar="[ID]…", help="The IDs of recorded messages.")
]
Because = Annotated[str, typer.Option("--because", metavar="TEXT", help="Why; kept on record.")]


@message.command("list")
def list_messages(
    *,
    submitter: Submitter = None,
    token: Token = None,
    since: Since = None,
    withdrawn_only: Annotated[
        bool, typer.Option("--withdrawn", help="Only those that were taken back.")
    ] = False,
    limit: Annotated[
        int, typer.Option(min=1, help="At most so many.", show_default=True)
    ] = _LISTED_AT_MOST,
    as_json: AsJson = False,
) -> None:
    """List recorded messages, the last recorded first."""
    with opened():
        from firmtrack.lookups.known_from import Kind, known_from
        from firmtrack.presentation.known_from import messages_text
        from firmtrack.store.reading import messages

        found = messages.list_messages(
            submitter=submitter,
            token=token,
            since=since,
            withdrawn_only=withdrawn_only,
            limit=limit,
        )
        if as_json:
            print_json(
                [asdict(each) | {"response_id": _text_or_none(each.response_id)} for each in found]
            )
            return
        _print_table(found)
        kept_from = known_from(Kind.FACTS)
        if kept_from is not None:
            errors.print(messages_text(kept_from))


@message.command("show")
def show(
    message_id: MessageId,
    *,
    body_only: Annotated[
        bool, typer.Option("--body", help="Write the octets that are kept, and nothing else.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show one message: what it says, who handed it in, whether it counts, what is kept of it.

    A firmware image is never kept, and long lists are cut; --body writes all that there is.
    """
    with opened():
        from firmtrack.lookups.message import download_message, find_message
        from firmtrack.store.reading import messages

        viewer = viewer_as(None)
        if body_only:
            kept = download_message(viewer, message_id)
            if kept is None:
                raise NothingKept
            sys.stdout.buffer.write(kept.octets)
            return
        found = find_message(viewer, message_id)
        if found is None:
            raise _not_found()
        again = messages.came_again(message_id)
        if as_json:
            _print_json(found, again)
        else:
            _print_message(found, again)


@message.command("withdraw")
def withdraw(
    message_ids: MessageIds = None,
    *,
    because: Because,
    submitter: Submitter = None,
    token: Token = None,
    since: Since = None,
    as_json: AsJson = False,
) -> None:
    """Take messages back: what they say counts no more, and all is derived anew.

    Name them, or say who handed them in: by --submitter, --token, --since. Exit status 0, or 3 if
    any could not be taken back.
    """
    is_chosen_otherwise = submitter is not None or token is not None
    if bool(message_ids) == is_chosen_otherwise:
        raise typer.BadParameter(
            "Give IDs, or else --submitter or --token, with or without --since."
        )
    with opened():
        from firmtrack.intake import withdrawing
        from firmtrack.store.reading import messages

        wanted = message_ids or [
            each.message_id
            for each in messages.list_messages(submitter=submitter, token=token, since=since)
            if each.withdrawn_at is None
        ]
        _move(withdrawing.withdraw, wanted, because, "withdrawn", as_json=as_json)


@message.command("restore")
def restore(
    message_ids: Annotated[
        list[UUID], typer.Argument(metavar="ID…", help="The IDs of withdrawn messages.")
    ],
    *,
    because: Because,
    as_json: AsJson = False,
) -> None:
    """Let withdrawn messages count again. Exit status 0, or 3 if any could not be restored."""
    with opened():
        from firmtrack.intake import withdrawing

        _move(withdrawing.restore, message_ids, because, "restored", as_json=as_json)


def _move(
    how: "Callable[[Sequence[UUID], str], Moved]",
    message_ids: Sequence[UUID],
    because: str,
    done: str,
    *,
    as_json: bool,
) -> None:
    from firmtrack.accounts.acting import record_operator_act
    from firmtrack.store.acts import ActKind

    moved = how(message_ids, because)
    if moved.moved:
        # After it, so that only what was done is on record. Which messages were taken back, when
        # and why, each of them keeps itself in that transaction; here is who.
        is_withdrawal = done == "withdrawn"
        kind = ActKind.MESSAGES_WITHDRAWN if is_withdrawal else ActKind.MESSAGES_RESTORED
        record_operator_act(kind, _some_of(moved.moved), because)
    if as_json:
        print_json(
            {
                done: moved.moved,
                "unchanged": moved.unchanged,
                "refused": [
                    {"message_id": message_id, "reason": reason}
                    for message_id, reason in moved.refused
                ],
            }
        )
    else:
        console.print(f"{len(moved.moved)} {done}, {len(moved.unchanged)} were so already.")
        for message_id, reason in moved.refused:
            console.print(f"{message_id} stays as it is. {reason}", markup=False)
    if moved.refused:
        raise typer.Exit(_SOME_REFUSED)


def _text_or_none(value: object) -> str | None:
    return None if value is None else str(value)


def _some_of(message_ids: Sequence[UUID]) -> str:
    named = ", ".join(map(str, message_ids[:_NAMED_AT_MOST]))
    more = len(message_ids) - _NAMED_AT_MOST
    return f"{named} and {more} more" if more > 0 else named


def _print_table(found: "Sequence[RecordedMessage]") -> None:
    from firmtrack.presentation.wording import MESSAGE_KIND_NAMES

    table = Table("ID", prose("What it is"), prose("Handed in by"), "Recorded", "Withdrawn")
    for each in found:
        table.add(
            str(each.message_id),
            MESSAGE_KIND_NAMES[each.kind],
            _submitter_text(each.submitter, each.token),
            minute(each.recorded_at),
            minute(each.withdrawn_at),
        )
    console.print(table if found else "There are none.")


def _print_json(found: "MessageAnswer", again: "Sequence[CameAgain]") -> None:
    """Print the message as the API has it, with what is for the operator alone."""
    from msgspec import json

    from firmtrack.presentation import documents

    print_json(
        json.decode(documents.encode(documents.message(found)))
        | {
            "submitter": found.submitter,
            "token": found.token,
            "withdrawn_because": found.withdrawn_because,
            "came_again": [asdict(each) for each in again],
        }
    )


def _print_message(found: "MessageAnswer", again: "Sequence[CameAgain]") -> None:
    from firmtrack.presentation.messages import facts_of, gbcs_facts, image_facts, no_body_text

    contents = found.contents
    facts = facts_of(found)
    if contents is not None and contents.gbcs is not None:
        facts += gbcs_facts(contents.gbcs)
    if found.image is not None:
        facts += image_facts(found.image)
    for fact in facts:
        values = ", ".join(
            minute(each) if isinstance(each, datetime) else str(each) for each in fact.values
        )
        note = f" ({fact.note})" if fact.note else ""
        console.print(f"{fact.name}: {values}{note}", markup=False)
    if found.withdrawn_at is not None:
        console.print(f"Withdrawn: {minute(found.withdrawn_at)}", markup=False)
        console.print(f"Because: {found.withdrawn_because}", markup=False)
    for each in again:
        console.print(f"Came again: {came_again_text(each)}", markup=False)
    shown = None if contents is None else contents.shown
    if shown is None:
        console.print(no_body_text(found))
    else:
        console.print_as_it_is(shown.text)


def came_again_text(again: "CameAgain") -> str:
    """Return from whom a withdrawn message came again, how often and since when."""
    whom = _submitter_text(again.submitter, again.token)
    return f"from {whom}, {again.times} times since {minute(again.first_at)}"


def _submitter_text(submitter: str | None, token: str | None) -> str:
    if submitter is None:
        return "not known"
    return submitter if token is None else f"{submitter} (token …{token})"
