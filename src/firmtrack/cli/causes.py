"""``firmtrack causes``: what failures have in common."""

import sys
from typing import Annotated

import typer

from firmtrack.answers.causes import DEFAULT_DAYS, LONGEST_DAYS
from firmtrack.cli.lookups import AsOf, AsParty, not_found, past_asked, request_id_of, viewer_as
from firmtrack.cli.options import AsJson, console, errors
from firmtrack.cli.session import opened


def causes(
    *,
    as_party: AsParty = None,
    since: Annotated[
        int,
        typer.Option(
            "--since",
            metavar="DAYS",
            min=1,
            max=LONGEST_DAYS,
            help="Only requests submitted in the last so many days.",
        ),
    ] = DEFAULT_DAYS,
    of_request: Annotated[
        str | None,
        typer.Option(
            "--request",
            metavar="REQUEST_ID",
            help="Only what the updates of this request have, with its own counts.",
        ),
    ] = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """Show what failures, and updates that stand still, have in common.

    As they were last counted: `firmtrack performance refresh` counts them where no server runs.
    """
    with opened():
        from firmtrack.answers.causes import CausesQuestion
        from firmtrack.domain.voice import voice_for
        from firmtrack.lookups.causes import find_causes, words_of
        from firmtrack.presentation import documents
        from firmtrack.presentation.causes import STATE_NAMES, counted_text
        from firmtrack.presentation.known_from import causes_text

        request_id = None if of_request is None else request_id_of(of_request)
        viewer, past = viewer_as(as_party), past_asked(as_of)
        question = CausesQuestion(days=since, request_id=request_id)
        found = find_causes(viewer, question, as_of=past)
        if found is None:
            # Only a request is there or not: of all requests there is always an answer.
            assert request_id is not None
            raise not_found(viewer, request_id, past)
        words = words_of(found, voice_for(viewer), past)
        if as_json:
            sys.stdout.buffer.write(documents.encode(documents.cause_list(found, words)) + b"\n")
            return
        for cause, (sentence, advice) in zip(found.causes, words, strict=True):
            console.print(sentence, style="bold", markup=False)
            console.print(advice, markup=False)
            console.print(f"{STATE_NAMES[cause.state]}. {cause.key.cause_id}\n", markup=False)
        if not found.causes and not found.is_left_out:
            console.print("Nothing stands out.")
        console.print(counted_text(found), markup=False)
        if found.kept_from is not None:
            errors.print(causes_text(found.kept_from, is_left_out=found.is_left_out))
