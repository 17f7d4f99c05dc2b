"""What failures have in common, as the API and the command line answer it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from firmtrack.answers import causes as answers
from firmtrack.answers.causes import CausesAnswer, CauseState
from firmtrack.domain.causes import Attribute, CauseKind, Trait
from firmtrack.domain.stages import Status
from firmtrack.presentation import wording
from firmtrack.presentation.documents.distributions import Reason
from firmtrack.presentation.documents.fields import (
    Count,
    RequestIdText,
    StageName,
    stage_name,
)

Share = Annotated[float, Meta(ge=0, le=1)]


class InCommon(Struct, frozen=True):
    """One thing that updates have in common."""

    attribute: Attribute
    value: str


class Cause(Struct, frozen=True):
    """What some failures, or updates that stand still, have in common.

    An update is one device in one request: a device in two requests counts twice. device_count of
    the of_count updates that have it in common stand so: those of which it is known whether they
    pass this step. elsewhere_share is of all your other updates. first_at and last_at are when
    they failed, or of the last word of what stands still. also_in_common is what exactly the same
    updates have in common besides. service_request_ids are the requests with the most of them.
    """

    cause_id: str
    kind: CauseKind
    stage: StageName
    status: Status
    reason: Reason | None
    in_common: Annotated[list[InCommon], Meta(min_length=1, max_length=2)]
    also_in_common: list[InCommon]
    device_count: Count
    of_count: Count
    share: Share
    elsewhere_share: Share
    first_at: datetime
    last_at: datetime
    is_growing: bool
    state: CauseState
    service_request_ids: Annotated[list[RequestIdText], Meta(max_length=20)]
    request_count: Count
    sentence: str
    advice: str


class CauseList(Struct, frozen=True):
    """Causes, greatest excess first.

    update_count is how many of your updates were compared. All that was recorded by counted_at is
    in them; null: nothing was counted yet. kept_from is since when requests are compared where
    earlier ones were asked for, too, of which not all updates are kept any more; else null.
    """

    causes: list[Cause]
    update_count: Count
    counted_at: datetime | None
    kept_from: datetime | None


def cause_list(answer: CausesAnswer, words: Sequence[tuple[str, str]]) -> CauseList:
    """Return the answer; ``words`` are the sentence and the advice of each of its causes."""
    return CauseList(
        causes=[
            _cause(each, sentence, advice)
            for each, (sentence, advice) in zip(answer.causes, words, strict=True)
        ],
        update_count=answer.updates,
        counted_at=answer.counted.at,
        kept_from=answer.kept_from,
    )


def _cause(found: answers.Cause, sentence: str, advice: str) -> Cause:
    key = found.key
    return Cause(
        cause_id=key.cause_id,
        kind=key.kind,
        stage=stage_name(key.stage),
        status=key.status,
        reason=None
        if key.reason is None
        else Reason(code=key.reason, text=wording.reason_text(key.reason, key.status)),
        in_common=_in_common(key.traits),
        also_in_common=_in_common(found.also),
        device_count=found.device_count,
        of_count=found.of_count,
        share=found.share,
        elsewhere_share=found.elsewhere_share,
        first_at=found.first_at,
        last_at=found.last_at,
        is_growing=found.is_growing,
        state=found.state,
        service_request_ids=[str(each) for each in found.request_ids],
        request_count=found.request_count,
        sentence=sentence,
        advice=advice,
    )


def _in_common(traits: tuple[Trait, ...]) -> list[InCommon]:
    return [InCommon(attribute=each.attribute, value=each.value) for each in traits]
