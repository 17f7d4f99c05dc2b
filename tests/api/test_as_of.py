"""Look-ups as of a past moment: what was answered then, to the same parties."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from firmtrack.presentation.times import utc_text
from firmtrack.store.database import pool
from firmtrack.store.ledger.staging import writing_pool
from tests.api.calling import Caller
from tests.api.world import (
    METERS,
    MORNING,
    REQUEST_ID,
    Cast,
    accepted_but_for,
    delivered_to_hub,
    inventory_of,
    update_firmware,
)

REQUEST = f"/service-requests/{REQUEST_ID}"
LIST = f"{REQUEST}/distributions"
CSV = f"{REQUEST}/distributions.csv"
XLSX = f"{REQUEST}/distributions.xlsx"
DEVICE = f"/devices/{METERS[0]}"
INVENTORY = f"/inventory/{METERS[0]}"
EVERY_LOOKUP = (REQUEST, LIST, CSV, XLSX, DEVICE, INVENTORY)


@dataclass(frozen=True, slots=True)
class Dispute:
    """What was answered at a moment, before more became known."""

    cast: Cast
    moment: datetime
    then: dict[str, Any]

    @property
    def query(self) -> dict[str, str]:
        """The query that asks for the moment."""
        return {"as_of": utc_text(self.moment)}


@pytest.fixture
def dispute(api: Caller, cast: Cast) -> Dispute:
    tell(api, cast, update_firmware(), accepted_but_for(METERS[4]), inventory_of(METERS[0]))
    then = {path: undiagnosed(api.get(path, cast.alpha.read)) for path in EVERY_LOOKUP}
    moment = database_now()
    tell(
        api,
        cast,
        delivered_to_hub(METERS[0], is_success=False),
        inventory_of(METERS[0], "GSME"),
    )
    return Dispute(cast, moment, then)


def tell(api: Caller, cast: Cast, *messages: bytes) -> None:
    for xml in messages:
        time = {"ce-time": MORNING.isoformat()}
        sent = api.post("/messages", cast.alpha.intake, xml, "application/xml", **time)
        assert sent.status == 200, sent.body


def undiagnosed(answer: Any) -> Any:
    """Return an answer without the diagnoses, which tell how long ago something was."""
    if "json" not in answer.media_type:
        return answer.body
    for each in answer.json.get("distributions", []):
        each.pop("diagnosis", None)
    return answer.json


def database_now() -> datetime:
    with pool().connection() as connection:
        row = connection.execute("SELECT clock_timestamp()").fetchone()
    assert row is not None
    moment: datetime = row[0]
    return moment


@pytest.mark.parametrize("path", EVERY_LOOKUP)
def test_what_was_answered_then_is_answered_again(api: Caller, dispute: Dispute, path: str) -> None:
    alpha = dispute.cast.alpha.read

    assert undiagnosed(api.get(path, alpha, **dispute.query)) == dispute.then[path]
    assert undiagnosed(api.get(path, alpha)) != dispute.then[path]


@pytest.mark.parametrize("path", EVERY_LOOKUP)
def test_the_past_is_not_there_for_others_nor_before_it_was_known(
    api: Caller, dispute: Dispute, path: str
) -> None:
    before = {"as_of": "2026-01-01T00:00:00Z"}

    assert api.get(path, dispute.cast.dcc.read, **dispute.query).status == 200
    assert api.get(path, dispute.cast.bravo.read, **dispute.query).status == 404
    assert api.get(path, dispute.cast.stranger.read, **dispute.query).status == 404
    assert api.get(path, dispute.cast.alpha.read, **before).status == 404


@pytest.mark.parametrize("path", EVERY_LOOKUP)
def test_before_it_was_known_the_problem_says_since_when_it_is_to_whom_may_see_it(
    api: Caller, dispute: Dispute, path: str
) -> None:
    before = {"as_of": "2026-01-01T00:00:00Z"}
    what = "Service Request" if path.startswith(REQUEST) else "device"
    said = f"Nothing was known about this {what} then; first known on "

    for token in (dispute.cast.alpha.read, dispute.cast.dcc.read):
        detail = api.get(path, token, **before).json["detail"]
        assert detail.startswith(said)
        first = datetime.fromisoformat(detail.removeprefix(said).removesuffix("."))
        assert first <= dispute.moment + timedelta(seconds=1)
        earlier = utc_text(first - timedelta(seconds=1))
        assert api.get(path, token, as_of=utc_text(first)).status == 200
        assert api.get(path, token, as_of=earlier).status == 404
    for token in (dispute.cast.bravo.read, dispute.cast.stranger.read):
        refused = api.get(path, token, **before)
        assert refused.json["detail"] == "There is nothing here that you may see."


@pytest.mark.parametrize("path", EVERY_LOOKUP)
def test_a_moment_to_come_is_now(api: Caller, dispute: Dispute, path: str) -> None:
    alpha = dispute.cast.alpha.read
    to_come = {"as_of": utc_text(dispute.moment + timedelta(days=1))}

    assert undiagnosed(api.get(path, alpha, **to_come)) == undiagnosed(api.get(path, alpha))


@pytest.mark.parametrize("path", EVERY_LOOKUP)
@pytest.mark.parametrize("as_of", ["yesterday", "2026-03-01", "2026-03-01T09:00:00", ""])
def test_what_is_no_moment_is_refused(api: Caller, dispute: Dispute, path: str, as_of: str) -> None:
    refused = api.get(path, dispute.cast.alpha.read, as_of=as_of)

    assert refused.status == 400
    assert refused.json["errors"][0]["name"] == "as_of"


def test_a_cursor_goes_on_in_the_past(api: Caller, dispute: Dispute) -> None:
    alpha, query = dispute.cast.alpha.read, {**dispute.query, "limit": "2"}
    page = api.get(LIST, alpha, **query).json
    items = page["items"]
    while page["next_cursor"] is not None:
        page = api.get(LIST, alpha, **query, cursor=page["next_cursor"]).json
        items += page["items"]

    assert items == dispute.then[LIST]["items"]
    assert len(items) == len(METERS)


@pytest.mark.parametrize("path", EVERY_LOOKUP)
def test_the_audit_tells_which_moment_was_asked_for(
    api: Caller, dispute: Dispute, path: str
) -> None:
    def latest() -> Any:
        with pool().connection() as connection:
            return connection.execute(
                "SELECT as_of FROM lookup_audit ORDER BY lookup_id DESC LIMIT 1"
            ).fetchone()

    api.get(path, dispute.cast.alpha.read, **dispute.query)
    assert latest() == (dispute.moment,)

    api.get(path, dispute.cast.alpha.read)
    assert latest() == (None,)


@pytest.mark.parametrize("path", EVERY_LOOKUP)
def test_an_answer_of_the_past_says_of_which_moment_it_is(
    api: Caller, dispute: Dispute, path: str
) -> None:
    answer = api.get(path, dispute.cast.alpha.read, **dispute.query)
    assert datetime.fromisoformat(answer.headers["Firmtrack-As-Of"]) == datetime.fromisoformat(
        dispute.query["as_of"]
    )
    assert "Firmtrack-As-Of" not in api.get(path, dispute.cast.alpha.read).headers

    with writing_pool().connection() as connection, connection.transaction():
        connection.execute("SELECT 1")
        asked = database_now()
        moved = api.get(path, dispute.cast.alpha.read, as_of=asked.isoformat())
    assert datetime.fromisoformat(moved.headers["Firmtrack-As-Of"]) < asked
