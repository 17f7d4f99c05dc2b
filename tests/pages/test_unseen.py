"""Whatever characters a message holds, everybody sees all of them, on every page and command."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest

from firmtrack.domain.causes import Attribute, CauseKey, Trait
from firmtrack.domain.facts import DeviceFacts, MessageKind
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.inventory import EUI_FACTS, FACT_NAMES
from firmtrack.domain.stages import Status, Variant
from firmtrack.store.embedded import EmbeddedPostgres
from firmtrack.store.ledger.quarantine import Refusal
from firmtrack.store.ledger.recording import Batch, record
from firmtrack.store.reports import performance
from tests.databases import fresh_database, used
from tests.journeys.processes import called, on
from tests.pages import messages, world
from tests.pages.browsing import Browsing
from tests.unit.presentation.unseen import UNSEEN

# What the database can hold.
HELD = "".join(each for each in UNSEEN if each != "\0" and not "\ud800" <= each <= "\udfff")
HOSTILE = f"A{HELD}\x1b[2JZ"
METER = Eui64.parse("00-DB-12-34-56-78-90-A0")
REQUEST_ID = RequestId(messages.ALPHA_ID, messages.BROKER, 1)
SUBMITTED = messages.SUBMITTED


@dataclass(frozen=True, slots=True)
class Told:
    """A database in which all that is text holds each of these characters, and its people."""

    conninfo: str
    cast: world.Cast


@pytest.fixture(scope="module")
def hostile(postgres: EmbeddedPostgres) -> Iterator[Told]:
    with fresh_database(postgres) as conninfo:
        with used(conninfo):
            cast = world.people()
            _tell()
        yield Told(conninfo, cast)


def _tell() -> None:
    texts = {
        field.name: HOSTILE
        for field in fields(DeviceFacts)
        if field.name in FACT_NAMES and field.name not in EUI_FACTS
    }
    facts = DeviceFacts(device_id=METER, learnt_at=SUBMITTED, **texts)  # type: ignore[arg-type]  # all of them are texts
    failed = messages.event_message(
        MessageKind.FIRMWARE_TRANSFER_ALERT, HOSTILE, METER, Status.DEVICE_TRANSFER_FAILED,
        SUBMITTED + timedelta(hours=2), REQUEST_ID, reason=HOSTILE,
    )  # fmt: skip
    record(
        Batch(
            messages=(
                messages.message(
                    MessageKind.INVENTORY_RESPONSE, occurred_at=SUBMITTED, devices=(facts,)
                ),
                messages.request(REQUEST_ID, Variant.UPDATE_FIRMWARE, [METER], SUBMITTED),
                failed,
            ),
            refusals=[
                Refusal(
                    body=HOSTILE.encode(), media_type="application/xml", received_at=None,
                    origin=HOSTILE, submitter=HOSTILE, reason_code="not_xml", reason=HOSTILE,
                )
            ],
        )
    )  # fmt: skip
    performance.refresh()


def assert_all_seen(text: str) -> None:
    assert [f"U+{ord(each):04X}" for each in UNSEEN if each in text] == []


CAUSE = CauseKey.of(Status.DEVICE_TRANSFER_FAILED, HOSTILE, [Trait(Attribute.MODEL, HOSTILE)])
OF_REQUEST = urlencode({"service_request_id": str(REQUEST_ID)})
SEARCH = urlencode({"search_by": "device_id", "search_term": HOSTILE})


@pytest.mark.parametrize(
    ("address", "shows_it"),
    [
        (f"/devices/{METER}", True),
        (f"/inventory/{METER}", True),
        (f"/service-requests/{REQUEST_ID}", True),
        (f"/service-requests/{REQUEST_ID}.csv", True),
        ("/delivery-performance", True),
        ("/delivery-performance.csv", True),
        (f"/causes/{CAUSE.cause_id}?{OF_REQUEST}", True),
        (f"/causes/{CAUSE.cause_id}/devices.csv?{OF_REQUEST}", True),
        ("/notices", False),
        (f"/firmware-distribution?{SEARCH}", True),
    ],
)
@pytest.mark.parametrize("who", ["ada", "olga"])
def test_on_every_page_each_character_is_seen(
    hostile: Told, who: str, address: str, shows_it: bool
) -> None:
    with used(hostile.conninfo):
        response = Browsing.signed_in(getattr(hostile.cast, who)).get(address)
        text = response.getvalue().decode()

    assert response.status_code in (200, 400)
    assert_all_seen(text)
    assert ("‹U+202E›" in text) == shows_it


@pytest.mark.parametrize(
    ("command", "shows_it"),
    [
        (["find", "device", str(METER)], True),
        (["find", "request", str(REQUEST_ID)], True),
        (["export", str(REQUEST_ID)], True),
        (["message", "list"], False),
        (["quarantine", "list"], True),
        (["quarantine", "show", "1"], True),
        (["quarantine", "use"], True),
        (["find", "device", HOSTILE], False),
    ],
    ids=lambda each: " ".join(each[:2]) if isinstance(each, list) else "",
)
def test_by_every_command_each_character_is_seen(
    hostile: Told, tmp_path: Path, command: list[str], shows_it: bool
) -> None:
    ran = called(*command, env=on(hostile.conninfo, tmp_path) | {"COLUMNS": "4000"})

    text = ran.stdout + ran.stderr
    assert_all_seen(text)
    assert ("‹U+202E›" in text) == shows_it
