"""``firmtrack requests``: the requests of a party, or of all, newest first."""

import sys
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from firmtrack.answers.request_lists import ListedRequest, RequestFilter, RequestState
from firmtrack.cli.lookups import AsParty, viewer_as
from firmtrack.cli.options import AsJson, console, errors, minute
from firmtrack.cli.session import opened
from firmtrack.domain.identifiers import FirmwareVersion

if TYPE_CHECKING:
    from firmtrack.answers.request_lists import RequestList
    from firmtrack.domain.viewer import Viewer

_AT_ONCE = 1_000
_DAY = ["%Y-%m-%d"]


def requests(
    *,
    as_party: AsParty = None,
    submitted_from: Annotated[
        datetime | None,
        typer.Option(
            "--submitted-from", formats=_DAY, metavar="DAY", help="Only those of this day or later."
        ),
    ] = None,
    submitted_to: Annotated[
        datetime | None,
        typer.Option(
            "--submitted-to", formats=_DAY, metavar="DAY", help="Only those of this day or earlier."
        ),
    ] = None,
    firmware_version: Annotated[
        str | None,
        typer.Option("--firmware-version", metavar="VERSION", help="Only those of this version."),
    ] = None,
    state: Annotated[
        RequestState | None,
        typer.Option("--state", help="Only those of which this holds now."),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many to list at most.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List Service Requests, newest first, and how each stands now.

    Days are Great Britain's; a version may be spelled with or without leading zeros and 0x.
    """
    with opened():
        from firmtrack.presentation import documents
        from firmtrack.presentation.known_from import requests_text
        from firmtrack.presentation.request_lists import mark_of

        wanted = RequestFilter(
            submitted_from=None if submitted_from is None else submitted_from.date(),
            submitted_to=None if submitted_to is None else submitted_to.date(),
            firmware_version=None if not firmware_version else FirmwareVersion(firmware_version),
            state=state,
        )
        found = _found(viewer_as(as_party), wanted, limit)
        if as_json:
            following = mark_of(found.items[-1].place) if found.has_older else None
            answer = documents.service_request_list(found, following)
            sys.stdout.buffer.write(documents.encode(answer) + b"\n")
            return
        for each in found.items:
            _print(each)
        if not found.items:
            nothing = "No request is known yet." if found.kept_from is None else "There is none."
            console.print("No request matches." if found.has_any else nothing)
        elif found.has_older:
            console.print(f"There are older ones: --limit shows more than {limit:,}.")
        if found.kept_from is not None:
            errors.print(requests_text(found.kept_from))


def _found(viewer: "Viewer", wanted: RequestFilter, limit: int) -> "RequestList":
    """Return the newest ``limit``, read so many at once as one look-up may answer."""
    from dataclasses import replace

    from firmtrack.lookups.request_list import list_requests

    found = list_requests(viewer, wanted, limit=min(limit, _AT_ONCE))
    while found.has_older and len(found.items) < limit:
        more = list_requests(
            viewer,
            wanted,
            limit=min(limit - len(found.items), _AT_ONCE),
            below=found.items[-1].place,
        )
        found = replace(more, items=[*found.items, *more.items])
    return found


def _print(listed: ListedRequest) -> None:
    from firmtrack.domain.stages import CompletionStatus
    from firmtrack.presentation.wording import cause_text

    counts = listed.completion_counts
    stalled = f" ({listed.stalled_count:,} stalled)" if listed.stalled_count else ""
    console.print(str(listed.request_id), style="bold", markup=False)
    if listed.party is not None:
        console.print(f"  {listed.party}", markup=False)
    console.print(
        f"  Version {listed.firmware_version or 'not known'}, {minute(listed.submitted_at)}",
        markup=False,
    )
    console.print(
        f"  {counts.get(CompletionStatus.SUCCESSFUL, 0):,} of {listed.device_count:,} done, "
        f"{counts.get(CompletionStatus.IN_PROGRESS, 0):,} under way{stalled}, "
        f"{counts.get(CompletionStatus.FAILED, 0):,} failed",
        markup=False,
    )
    for status, reason in listed.main_causes[:2]:
        count = listed.failure_counts[status, reason]
        console.print(f"  {count:,} failed: {cause_text(reason, status)}", markup=False)
    console.print()
