"""People are told of an incident five times at most, and never less than they need to know."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from firmtrack.diagnosis.causes import phrase_of
from firmtrack.domain.causes import Attribute, CauseKey, Trait
from firmtrack.domain.stages import Status
from firmtrack.domain.topics import STALLED
from firmtrack.notices.incident_wording import incident_sentences
from firmtrack.notices.incidents import (
    LARGE,
    MOST_TELLINGS,
    OPENING_DELAY,
    OPENING_DELAY_BESIDE,
    Incident,
    IncidentNews,
    news_of,
    next_look_at,
)
from firmtrack.notices.known_causes import Adoption, Coverage, adoptions

MORNING = datetime(2026, 3, 1, 9, tzinfo=UTC)
FAILED = Status.COMMS_HUB_DELIVERY_FAILED
NORTH = CauseKey.of(FAILED, "N61", [Trait(Attribute.CSP_REGION, "North")])
Q4 = CauseKey.of(FAILED, "N61", [Trait(Attribute.MODEL, "Q4")])
OF_OTHER_REASON = CauseKey.of(FAILED, "N19", [Trait(Attribute.MODEL, "Q4")])


def incident(number: int = 1, count: int = 20, **changes: Any) -> Incident:
    made = Incident(
        incident_id=UUID(int=number),
        is_own=True,
        topic="distribution.comms_hub_delivery_failed",
        status=FAILED,
        reason="N61",
        cause_id=None,
        opened_at=MORNING,
        first_at=MORNING,
        last_at=MORNING,
        device_count=count,
    )
    return replace(made, **changes)


def stalled(count: int = 20, **changes: Any) -> Incident:
    return incident(count=count, topic=STALLED, status=Status.SENT_TO_CSP, reason=None, **changes)


@given(
    st.lists(
        st.tuples(
            st.integers(0, 20_000), st.floats(0.01, 30), st.booleans(), st.booleans(), st.booleans()
        ),
        max_size=60,
    )
)
def test_however_it_grows_people_are_told_five_times_at_most_and_at_last_how_many(
    steps: list[tuple[int, float, bool, bool, bool]],
) -> None:
    now, state, told = MORNING, incident(count=1), list[IncidentNews]()
    never_joins = [(0, 12.0, False, False, True)] * 300
    for joining, hours, gets_cause, is_beside, looks in [*steps, *never_joins]:
        now += timedelta(hours=hours)
        if looks:
            news = news_of(state, now, is_beside_another=is_beside)
            if news is not None:
                assert now >= next_look_at(state, is_beside_another=is_beside)
                told.append(news)
                state = replace(
                    state,
                    told_times=state.told_times + 1,
                    told_at=now,
                    told_count=state.device_count,
                    told_cause_id=state.cause_id,
                )
            if now >= state.over_at:
                break
        if joining:
            state = replace(state, device_count=state.device_count + joining, last_at=now)
        if gets_cause:
            state = replace(state, cause_id=NORTH.cause_id)
    assert now >= state.over_at
    assert 1 <= len(told) <= MOST_TELLINGS
    assert told[0] is IncidentNews.OPENED
    assert IncidentNews.ENDED not in told[:-1]
    assert state.told_count == state.device_count
    assert state.device_count < LARGE or len(told) == 1 or told[-1] is IncidentNews.ENDED


def test_it_is_told_after_some_minutes_and_later_beside_another_of_its_kind() -> None:
    state = incident()

    def first_told(*, is_beside: bool) -> timedelta:
        at = next_look_at(state, is_beside_another=is_beside)
        before = at - timedelta(seconds=1)
        assert news_of(state, before, is_beside_another=is_beside) is None
        assert news_of(state, at, is_beside_another=is_beside) is IncidentNews.OPENED
        return at - MORNING

    assert first_told(is_beside=False) == OPENING_DELAY
    assert first_told(is_beside=True) == OPENING_DELAY_BESIDE


def told_once(count: int, **changes: Any) -> Incident:
    return incident(count=count, told_times=1, told_at=MORNING, told_count=20, **changes)


def test_growth_is_news_if_it_is_fourfold_and_an_hour_later() -> None:
    hour = MORNING + timedelta(hours=1)

    assert news_of(told_once(79), hour, is_beside_another=False) is None
    assert news_of(told_once(80), hour, is_beside_another=False) is IncidentNews.GROWN
    just_before = hour - timedelta(seconds=1)
    assert news_of(told_once(80), just_before, is_beside_another=False) is None


def test_a_cause_is_news_once() -> None:
    hour = MORNING + timedelta(hours=1)
    found = told_once(20, cause_id=NORTH.cause_id)

    assert news_of(found, hour, is_beside_another=False) is IncidentNews.CAUSE_FOUND
    known = replace(found, told_cause_id=Q4.cause_id)
    assert news_of(known, hour, is_beside_another=False) is None


def test_a_few_updates_are_over_sooner_and_silently() -> None:
    few = incident(count=2, told_times=1, told_at=MORNING, told_count=2)

    assert few.over_at - MORNING == timedelta(hours=12)
    assert news_of(few, few.over_at, is_beside_another=False) is None
    more = replace(few, device_count=3)
    assert news_of(more, more.over_at, is_beside_another=False) is IncidentNews.ENDED


def test_what_never_rests_is_over_some_day_and_a_known_cause_later() -> None:
    later = MORNING + timedelta(days=90)
    restless = incident(last_at=later)

    assert restless.over_at - MORNING == timedelta(days=3)
    assert replace(restless, cause_id=NORTH.cause_id).over_at - MORNING == timedelta(days=30)


def covered(*counts: tuple[int, CauseKey, int]) -> dict[tuple[UUID, str], Coverage]:
    return {(UUID(int=number), key.cause_id): Coverage(count, 20) for number, key, count in counts}


def test_an_incident_becomes_the_cause_that_covers_at_least_half_of_it() -> None:
    incidents = [incident(1), incident(2), incident(3)]
    counts = covered((1, NORTH, 20), (2, NORTH, 10), (3, NORTH, 9))

    assert adoptions(incidents, [NORTH], counts) == [
        Adoption(NORTH.cause_id, [UUID(int=1), UUID(int=2)], are_mixed=True)
    ]


def test_of_two_causes_it_becomes_the_one_that_covers_more_or_else_the_greater() -> None:
    def becomes(north: int, q4: int) -> str:
        (found,) = adoptions([incident(1)], [Q4, NORTH], covered((1, NORTH, north), (1, Q4, q4)))
        return found.cause_id

    assert becomes(15, 12) == NORTH.cause_id
    assert becomes(15, 15) == Q4.cause_id


def test_a_cause_that_is_still_found_keeps_its_incident_and_one_that_is_not_gives_it_up() -> None:
    counts = covered((1, NORTH, 20))
    of_q4 = incident(1, cause_id=Q4.cause_id)

    assert adoptions([of_q4], [NORTH, Q4], counts) == []
    assert adoptions([of_q4], [NORTH], counts) == [
        Adoption(NORTH.cause_id, [of_q4.incident_id], are_mixed=False)
    ]


def test_an_incident_of_others_updates_or_another_reason_becomes_no_cause() -> None:
    counts = covered((1, NORTH, 20), (1, OF_OTHER_REASON, 20))

    assert adoptions([incident(1, is_own=False)], [NORTH], counts) == []
    assert adoptions([incident(1)], [OF_OTHER_REASON], counts) == []


def said(
    state: Incident, news: IncidentNews = IncidentNews.OPENED, still: int | None = None
) -> str:
    return incident_sentences(
        state,
        news,
        still_count=state.device_count if still is None else still,
        request_id=None,
        device_ids=None,
        now=MORNING + timedelta(hours=36),
        phrase_of=phrase_of,
    )


def test_what_people_read_is_true_of_one_and_of_many() -> None:
    csp = "the Communications Service Provider (CSP)"
    first = "First on 1 March."

    assert said(stalled(1)) == f"1 update stands still at {csp}. {first}"
    assert said(stalled(12_400)) == f"12,400 updates stand still at {csp}. {first}"
    assert said(stalled(5), still=1) == (
        f"5 updates have stood still at {csp}. {first} 1 still does."
    )
    assert said(stalled(1), still=0) == (
        f"1 update has stood still at {csp}. {first} It no longer does."
    )
    assert said(incident(count=1)) == (
        f"Delivery to Communications Hub failed, reason N61: 1 update. {first}"
    )
    assert said(incident(count=1), still=0).endswith(" It is no longer in this state.")
    assert said(incident(count=2), still=0).endswith(" None of them is in this state any more.")
    assert said(incident(count=30, told_count=5), IncidentNews.GROWN, still=2) == (
        "More than the 5 told of before. Delivery to Communications Hub failed, reason N61:"
        f" 30 updates. {first} 2 are in this state still."
    )


def test_what_they_have_in_common_is_said_and_whether_all_have_it() -> None:
    failed = incident(cause_id=NORTH.cause_id)
    stand_still = CauseKey.of(Status.SENT_TO_CSP, None, NORTH.traits)
    still = stalled(cause_id=stand_still.cause_id)

    assert "reason N61: 20 updates of devices in CSP region North. First" in said(failed)
    assert said(still).startswith("20 updates of devices in CSP region North stand still at")
    assert "reason N61: 20 updates, most of them of devices in CSP region North. First" in said(
        replace(failed, is_mixed=True)
    )
    assert said(replace(still, is_mixed=True)).startswith(
        "20 updates, most of them of devices in CSP region North, stand still at"
    )


def test_an_end_says_whether_it_is_quiet_or_merely_long() -> None:
    assert said(stalled(), IncidentNews.ENDED).startswith(
        "None has joined these for 36 hours: this is over. 20 updates"
    )
    restless = stalled(last_at=MORNING + timedelta(hours=35))
    assert said(restless, IncidentNews.ENDED).startswith(
        "This has gone on for 36 hours: more of it is told anew. 20 updates"
    )


def test_a_cause_that_only_a_newer_firmtrack_knows_is_not_put_into_words() -> None:
    assert said(stalled(cause_id="WyJhc3Ryb2xvZ3kiXQ")) == said(stalled())
