"""A watched cause: told when it grows much, is quiet, and is over, to who may see it."""

from datetime import UTC, date, datetime, timedelta

import pytest

from firmtrack.answers.causes import Cause, CausesAnswer, CausesQuestion, CauseState
from firmtrack.answers.counted import Counted
from firmtrack.domain.causes import Attribute, CauseKey, Trait
from firmtrack.domain.stages import Status
from firmtrack.domain.viewer import Viewer
from firmtrack.notices.periodic_jobs import PeriodicJobs
from firmtrack.notices.watch_telling import CAUSES_EVERY, tell_cause_watches
from firmtrack.notices.watches import AlreadyEnded, NotSeen, Watcher, list_watches, set_watch
from firmtrack.store.database import pool
from tests.store.facts import ALPHA_ID, REQUEST_ID
from tests.store.watching import HERE, LOSSES, Lose, Scene, ada, scene

__all__ = ["ada", "scene"]

KEY = CauseKey.of(Status.COMMS_HUB_DELIVERY_FAILED, "N61", [Trait(Attribute.MODEL, "Q4")])
BEGAN = datetime(2026, 11, 20, 9, tzinfo=UTC)


class Counts:
    """How the cause stands, which a test changes; of Alpha’s own updates and of nobody else’s."""

    def __init__(self) -> None:
        self.state = CauseState.OPEN
        self.count = 100
        self.is_found = True

    def __call__(
        self, viewer: Viewer, key: CauseKey, question: CausesQuestion
    ) -> CausesAnswer | None:
        if not self.is_found or not (viewer.sees_all or ALPHA_ID in viewer.user_ids):
            return None
        cause = Cause(
            key=key,
            device_count=self.count,
            of_count=1_000,
            elsewhere_count=10,
            elsewhere_of=1_000,
            first_at=BEGAN,
            last_at=BEGAN + timedelta(days=1),
            is_growing=False,
            state=self.state,
            also=(),
            request_ids=(REQUEST_ID,),
            request_count=2,
            by_day=((date(2026, 11, 20), self.count),),
        )
        counted = Counted(at=BEGAN, read_at=BEGAN)
        return CausesAnswer(question=question, causes=(cause,), updates=2_000, counted=counted)


@pytest.fixture
def counts() -> Counts:
    return Counts()


def look(scene: Scene, counts: Counts, *, after: timedelta = CAUSES_EVERY) -> None:
    """Have the causes that are watched be looked at, some time later, and the mails be sent."""
    scene.now += after
    with pool().connection() as connection:
        tell_cause_watches(connection, scene.now, counts)
    scene.dispatch()


def test_it_grows_is_quiet_is_over_and_goes_on_after_all(
    scene: Scene, ada: Watcher, counts: Counts
) -> None:
    set_watch(ada, KEY, None, find_cause=counts)
    look(scene, counts)
    counts.count = 199
    look(scene, counts)
    assert scene.sink.mails == []  # not twice as many

    counts.count = 200
    look(scene, counts)
    counts.state = CauseState.QUIET
    look(scene, counts)  # told within four hours of the news before, it waits
    assert len(scene.sink.mails) == 1
    look(scene, counts, after=timedelta(hours=4))
    look(scene, counts, after=timedelta(hours=4))
    counts.state = CauseState.OVER
    look(scene, counts)
    look(scene, counts)
    counts.state = CauseState.OPEN
    look(scene, counts)

    grown, quiet, over, again = scene.sink.texts()
    title = "Devices of model Q4: Delivery to Communications Hub failed"
    assert grown.startswith(f"Many more: {title}. 200 of 1,000 updates of devices of model Q4")
    assert "N61" in grown
    assert f"{HERE}/causes/{KEY.cause_id}" in grown.splitlines()
    assert quiet.startswith(f"No new ones lately: {title}.")
    assert over.startswith(f"Over: {title}.")
    assert "With this the watch is over" in over
    assert again.startswith(f"Correction, this goes on after all: {title}.")
    (watch,) = list_watches(ada)
    assert (watch.watched, watch.told_times, watch.ended_at) == (KEY, 4, None)


def test_one_that_no_update_is_of_any_more_is_over(
    scene: Scene, ada: Watcher, counts: Counts
) -> None:
    set_watch(ada, KEY, None, find_cause=counts)
    counts.is_found = False
    look(scene, counts)
    look(scene, counts)
    (text,) = scene.sink.texts()
    assert "No update of the requests looked at is of this any more." in text


def test_what_is_over_or_anothers_is_not_watched(
    scene: Scene, ada: Watcher, counts: Counts
) -> None:
    ben = scene.person("ben", "Bravo Power")
    with pytest.raises(NotSeen):
        set_watch(ben, KEY, None, find_cause=counts)
    counts.state = CauseState.OVER
    with pytest.raises(AlreadyEnded):
        set_watch(ada, KEY, None, find_cause=counts)


@LOSSES
def test_who_may_not_see_it_any_more_is_told_nothing(
    scene: Scene, ada: Watcher, counts: Counts, lose: Lose
) -> None:
    set_watch(ada, KEY, None, find_cause=counts)
    lose(scene, ada)
    counts.state = CauseState.OVER
    look(scene, counts)
    assert scene.sink.mails == []
    with pool().connection() as connection:
        assert connection.execute("SELECT count(*) FROM watch").fetchone() == (0,)


def test_the_dispatcher_looks_at_causes_among_its_jobs(
    scene: Scene, ada: Watcher, counts: Counts
) -> None:
    set_watch(ada, KEY, None, find_cause=counts)
    with pool().connection() as connection:
        connection.execute("UPDATE watch SET due_at = now()")
        PeriodicJobs(interval_seconds=0, counting_seconds=0.1).do_what_is_due(connection)
    scene.dispatch()
    (text,) = scene.sink.texts()  # nothing is counted in this database: none is of the cause
    assert text.startswith("Over: Devices of model Q4")
    assert list_watches(ada)[0].news == "ended"
