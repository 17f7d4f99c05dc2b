"""``firmtrack find`` and ``firmtrack export``: the look-ups of the screens, and the CSV."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from firmtrack.cli import results
from firmtrack.cli.options import AsJson, console, errors, file_failures
from firmtrack.cli.session import opened
from firmtrack.cli.whole_files import write_whole
from firmtrack.domain.pace import Pace
from firmtrack.domain.stages import CompletionStatus, Status
from firmtrack.errors import FirmtrackError

if TYPE_CHECKING:
    from firmtrack.answers.requests import DistributionFilter
    from firmtrack.domain.identifiers import Eui64, RequestId
    from firmtrack.domain.viewer import Viewer
    from firmtrack.lookups.as_of import Settled
    from firmtrack.presentation.files import FileFormat

find = typer.Typer(help="Look up a Service Request or a device.", no_args_is_help=True)

AsParty = Annotated[
    str | None,
    typer.Option("--as", metavar="PARTY", help="Show what this party sees; without it, all."),
]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="TIME",
        help="Show what was known then; without a zone it is Great Britain's time.",
    ),
]
WantedPace = Annotated[
    Pace | None,
    typer.Option(
        "--pace", help="Only the devices in progress that wait so, compared with what is usual."
    ),
]
WantedStatus = Annotated[
    str | None,
    typer.Option(
        "--status",
        help="Only the devices with this status: failed, in_progress, successful, or a current"
        " status such as verified.",
        autocompletion=lambda: [*CompletionStatus, *Status],
    ),
]
WantedReason = Annotated[
    str | None,
    typer.Option(
        "--reason",
        metavar="CODE",
        help="Only the devices that failed with this code, such as N61; `not given`: with none.",
    ),
]
RequestTerm = Annotated[str, typer.Argument(metavar="REQUEST_ID", help="A Service Request ID.")]
DeviceTerm = Annotated[str, typer.Argument(metavar="DEVICE_ID", help="A Device ID.")]


_ALSO_NAMED = {"complete": "successful"}  # of DCC's paper


class PaceNotKnown(FirmtrackError):
    """Which devices wait how long could not be told now."""


class NotFound(FirmtrackError):
    """Nothing is known by this ID, or it is someone else's."""


class NotKnownThen(NotFound):
    """Nothing was known at the moment that was asked for, but is now."""


class NotKept(NotFound):
    """Nothing is found, and not all that was is kept."""

    def __init__(self, said: str) -> None:
        super().__init__(f"{NotFound()} {said}")


def not_found(viewer: "Viewer", sought: "Eui64 | RequestId", past: "Settled | None") -> NotFound:
    """Return the error that nothing was found, with since when something is known."""
    from firmtrack.domain.identifiers import RequestId
    from firmtrack.lookups.first_known import when_device_known, when_request_known
    from firmtrack.lookups.known_from import missing_known_from
    from firmtrack.presentation.as_of import not_known_then_text
    from firmtrack.presentation.known_from import not_found_text
    from firmtrack.presentation.search import SearchBy
    from firmtrack.presentation.times import shown_text

    kept_from = missing_known_from(past)
    if past is None:
        first, kind = None, SearchBy.DEVICE_ID
    elif isinstance(sought, RequestId):
        first, kind = when_request_known(viewer, sought, past), SearchBy.SERVICE_REQUEST_ID
    else:
        first, kind = when_device_known(viewer, sought, past), SearchBy.DEVICE_ID
    if first is None:
        return NotFound() if kept_from is None else NotKept(not_found_text(kept_from))
    at = shown_text(first.at, is_day=first.is_day)
    return NotKnownThen(not_known_then_text(kind, at, kept_from=kept_from))


@find.command("request")
def find_request(
    term: RequestTerm,
    *,
    as_party: AsParty = None,
    as_of: AsOf = None,
    status: WantedStatus = None,
    reason: WantedReason = None,
    pace: WantedPace = None,
    limit: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Only the first N of these devices.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show how a Service Request stands, and its devices as they are read, by Device ID."""
    with opened():
        from firmtrack.diagnosis.requests import summary_of
        from firmtrack.lookups.request import open_request_listing
        from firmtrack.presentation import documents

        wanted = wanted_of(status=status, reason=reason, pace=pace)
        viewer, request_id, past = viewer_as(as_party), request_id_of(term), past_asked(as_of)
        listing = open_request_listing(viewer, request_id, wanted, limit=limit, as_of=past)
        if listing is None:
            raise not_found(viewer, request_id, past)
        if as_json:
            found = listing.found.request
            answer = documents.service_request_with_distributions(
                found, summary_of(found), listing.distributions
            )
            sys.stdout.buffer.writelines(answer)
            sys.stdout.buffer.write(b"\n")
        else:
            results.print_request(listing)


@find.command("device")
def find_device(
    term: DeviceTerm,
    *,
    as_party: AsParty = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """Show a device's distributions, newest request first, with their history."""
    with opened():
        from firmtrack.lookups.device import find_device as look_up
        from firmtrack.presentation import documents, wording

        viewer, device_id, past = viewer_as(as_party), _device_id(term), past_asked(as_of)
        looked_up = look_up(viewer, device_id, as_of=past)
        if looked_up is None:
            raise not_found(viewer, device_id, past)
        found = looked_up.device
        if as_json:
            answer = documents.device(
                found, looked_up.diagnoses, looked_up.response_ids, looked_up.voice
            )
            sys.stdout.buffer.write(documents.encode(answer) + b"\n")
            return
        console.print(str(device_id), style="bold")
        if found.not_tracked_reason is not None:
            console.print(wording.NOT_TRACKED_TEXTS[found.not_tracked_reason])
        results.print_flags(found.flags, looked_up.voice)
        for each in found.distributions:
            diagnosis = looked_up.diagnoses[each.distribution.request_id]
            results.print_distribution(each, diagnosis)
            results.print_incidents("What else befell this update", each.incidents)
            results.print_activations("Activation", each.activations)
        results.print_incidents("What else befell this device", found.incidents)
        results.print_activations("Activations of other images", found.other_activations)
        results.print_others_updates(found.others_updates)
        if found.unattributed:
            console.print(f"\n{wording.UNATTRIBUTED_TITLE}", style="bold")
            results.print_history(found.unattributed)


@find.command("events")
def find_events(
    term: DeviceTerm,
    *,
    of_request: Annotated[
        str | None,
        typer.Option(
            "--request",
            metavar="REQUEST_ID",
            help="Those of the device's update in this request; without it, those of none.",
        ),
    ] = None,
    as_party: AsParty = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """Show all events of a device's update, or all that belong to none, furthest stage first."""
    with opened():
        from firmtrack.lookups.device import list_events
        from firmtrack.presentation import documents

        viewer, device_id = viewer_as(as_party), _device_id(term)
        request_id = None if of_request is None else request_id_of(of_request)
        past = past_asked(as_of, has_waits=False)
        found = list_events(viewer, device_id, request_id, limit=sys.maxsize, as_of=past)
        if found is None:
            raise not_found(viewer, device_id, past)
        if as_json:
            answer = documents.event_list(found.entries, found.next_mark, found.response_ids)
            sys.stdout.buffer.write(documents.encode(answer) + b"\n")
            return
        console.print(
            results.history_table(found.entries) if found.entries else "There are no such events."
        )


def export(
    request_id: RequestTerm,
    *,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write to this file.")
    ] = None,
    format_name: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help="csv or xlsx; without it as FILE ends, or else csv.",
            autocompletion=lambda: ["csv", "xlsx"],
        ),
    ] = None,
    as_party: AsParty = None,
    as_of: AsOf = None,
    status: WantedStatus = None,
    reason: WantedReason = None,
    pace: WantedPace = None,
) -> None:
    """Write a Service Request's devices as CSV or .xlsx to a file, or to standard output.

    A file that cannot be written whole is not written at all.
    """
    with opened():
        from firmtrack.answers.side_parts import UNTOLD
        from firmtrack.lookups.request import download_distributions

        file_format = _format_of(format_name, output)
        wanted = wanted_of(status=status, reason=reason, pace=pace)
        viewer, parsed_id = viewer_as(as_party), request_id_of(request_id)
        past = past_asked(as_of, has_waits=pace is not None)
        download = download_distributions(
            viewer, parsed_id, wanted, file_format=file_format, as_of=past
        )
        if download is None:
            raise not_found(viewer, parsed_id, past)
        if download is UNTOLD:
            raise PaceNotKnown
        if output is None:
            sys.stdout.buffer.writelines(download.blocks)
            return
        with file_failures(output):
            write_whole(output, download.blocks)


def _format_of(name: str | None, output: Path | None) -> "FileFormat":
    """Return the format of a file, by its ending if it has no other. Raises BadParameter."""
    from firmtrack.presentation.files import FORMATS, FileFormat

    wanted = name or ("" if output is None else output.suffix.removeprefix(".")).casefold()
    found = next((each for each in FileFormat if each == wanted), None)
    if found is None and name is not None:
        raise typer.BadParameter(
            f"{name!r} is none of {', '.join(FileFormat)}.", param_hint="--format"
        )
    found = found or FileFormat.CSV
    is_text = FORMATS[found].media_type.startswith("text/")
    if output is None and not is_text and sys.stdout.isatty():
        raise typer.BadParameter(
            f"a terminal cannot show .{found}: name a file with -o.", param_hint="--format"
        )
    return found


def wanted_of(*, status: str | None, reason: str | None, pace: Pace | None) -> "DistributionFilter":
    """Return which distributions the options ask for. Raises BadParameter."""
    from firmtrack.answers.requests import DistributionFilter

    completion, current = (None, None) if status is None else _status_of(status)
    return DistributionFilter(completion=completion, status=current, reason=reason, pace=pace)


def _status_of(text: str) -> tuple[CompletionStatus | None, Status | None]:
    """Return the Completion Status or the current status of this name, as the API or people say."""
    from firmtrack.presentation.wording import COMPLETION_NAMES, STATUS_NAMES

    name = text.strip().casefold()
    code = _ALSO_NAMED.get(name, name).replace(" ", "_").replace("-", "_")
    for completion, its_name in COMPLETION_NAMES.items():
        if code == completion or name == its_name.casefold():
            return completion, None
    for status, its_name in STATUS_NAMES.items():
        if code == status or name == its_name.casefold():
            return None, status
    raise typer.BadParameter(
        f"{text!r} is none of {', '.join([*CompletionStatus, *Status])}.", param_hint="--status"
    )


def viewer_as(party_name: str | None) -> "Viewer":
    """Return who sees what the party sees; all, without one. Raises UnknownParty."""
    from firmtrack.accounts.parties import party_named
    from firmtrack.accounts.viewers import viewer_of_party
    from firmtrack.domain.viewer import Viewer

    if party_name is None:
        return Viewer.of_dcc("operator at the command line")
    return viewer_of_party(party_named(party_name))


def request_id_of(term: str) -> "RequestId":
    """Return the Service Request ID that was typed. Raises BadParameter."""
    from firmtrack.presentation.search import TermProblem, read_service_request_id
    from firmtrack.presentation.search_wording import search_problem_text

    read = read_service_request_id(term)
    if isinstance(read, TermProblem):
        raise typer.BadParameter(search_problem_text(read), param_hint="REQUEST_ID")
    return read


def _device_id(term: str) -> "Eui64":
    from firmtrack.presentation.search import TermProblem, read_device_id
    from firmtrack.presentation.search_wording import search_problem_text

    read = read_device_id(term)
    if isinstance(read, TermProblem):
        raise typer.BadParameter(search_problem_text(read), param_hint="DEVICE_ID")
    return read


def past_asked(text: str | None, *, has_waits: bool = True) -> "Settled | None":
    """Return the moment that was asked for, with a note of what is not of it."""
    from firmtrack.lookups.as_of import past_of
    from firmtrack.lookups.known_from import past_known_from
    from firmtrack.presentation.as_of import (
        USUAL_IS_OF_TODAY,
        MalformedMoment,
        moved_back_text,
        read_typed_moment,
    )
    from firmtrack.presentation.known_from import past_text

    if text is None:
        return None
    try:
        asked = read_typed_moment(text)
    except MalformedMoment as error:
        raise typer.BadParameter(str(error), param_hint="--as-of") from None
    past = past_of(asked)
    if past is None:
        return None
    if past.asked is not None:
        errors.print(moved_back_text(past.moment), markup=False)
    kept_from = past_known_from(past.moment)
    if kept_from is not None:
        errors.print(past_text(kept_from), markup=False)
    if has_waits:
        errors.print(USUAL_IS_OF_TODAY, markup=False)
    return past.moment
