"""For each trouble with a known culprit, page and API name stage, party, remedy, and say so."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from firmtrack.accounts.kinds import PartyKind, TokenScope
from firmtrack.accounts.models import User
from firmtrack.accounts.parties import add_party
from firmtrack.accounts.people import add_user
from firmtrack.accounts.tokens import create_token
from firmtrack.domain.remedy import Actor, Again
from firmtrack.domain.stages import Party
from firmtrack.intake.receive import OutcomeKind, Submitter, receive
from firmtrack.presentation.diagnosis_wording import ACTOR_NAMES, AGAIN_NAMES
from firmtrack.presentation.times import near_text
from firmtrack.presentation.wording import PARTY_NAMES
from firmtrack.store.embedded import EmbeddedPostgres
from firmtrack.store.reports import performance
from tests.api.calling import Caller
from tests.databases import fresh_database, used
from tests.journeys import culprits
from tests.journeys.culprits import DAY, HOUR, MINUTE, Meter
from tests.pages.browsing import Browsing, plain


@dataclass(frozen=True, slots=True)
class World:
    """When the world was told, and who asks."""

    now: datetime
    token: str
    strangers_token: str
    ada: User


@pytest.fixture(scope="module")
def world(postgres: EmbeddedPostgres) -> Iterator[World]:
    """The world, taken in as it came, and what is usual learnt from it."""
    now = datetime.now(UTC).replace(microsecond=0) - 20 * MINUTE
    with fresh_database(postgres) as conninfo, used(conninfo):
        outcomes = receive(list(culprits.the_world(now)), Submitter.operator())
        assert {each.outcome for each in outcomes} == {OutcomeKind.RECORDED}
        assert performance.refresh()
        alpha = add_party("Alpha", PartyKind.LARGE_SUPPLIER, [culprits.ALPHA_ID])
        nobody = add_party("Nobody", PartyKind.SMALL_SUPPLIER, [])
        yield World(
            now=now,
            token=create_token(alpha, TokenScope.READ, created_at=now),
            strangers_token=create_token(nobody, TokenScope.READ, created_at=now),
            ada=add_user("ada@alpha.example", alpha, "a long way to the meter"),
        )


@dataclass(frozen=True, slots=True)
class Told:
    """What page and API must say of an update; ``{}`` in the sentence is when it happened."""

    sentence: str
    stage: str
    party: str
    next_actor: str
    advice: str
    again: str


DISCARDED = Told(
    sentence="The update failed at the Communications Hub on {}, at the stage “Transferred to "
    "device”. The image was discarded.",
    stage="transferred_to_device",
    party="comms_hub",
    next_actor="supplier",
    advice="Send a new request for the device. If it happens again, quote the Service Request ID "
    "and the Device ID to DCC’s Service Centre.",
    again="send",
)
SILENT = Told(
    sentence="The image has been with the Communications Service Provider (CSP) since {} "
    "(27 hours). It has stalled: none of the updates that it is compared with waited this long and "
    "still arrived. Of more than 100 updates that reached this stage, 96% have passed it; half of "
    "these within 113 minutes.",
    stage="sent_to_csp",
    party="csp",
    next_actor="csp",
    advice="The Communications Service Provider (CSP) must deliver it to the Communications Hub. "
    "Ask DCC’s Service Centre, and quote the Service Request ID and the Device ID. A late success "
    "still counts.",
    again="wait",
)
WRONG_HASH = Told(
    sentence="The update failed at the device on {}, at the stage “Verified by device”. The device "
    "refused the image: its verification failed. The hash of the request’s image is "
    f"{culprits.image_hash(culprits.BAD_VERSION).hex()}.",
    stage="verified_by_device",
    party="device",
    next_actor="supplier",
    advice="Compare the image’s hash with the Central Products List. If it is right, send a new "
    "request for the device; if not, ask the manufacturer for the right image.",
    again="remedy_first",
)
REFUSED = Told(
    sentence="The update failed at the Data Service Provider (DSP) on {}, at the stage "
    "“Validated”. DCC refused the request with code E110101; Firmtrack does not know what "
    "it means: DUIS describes it.",
    stage="validated",
    party="dsp",
    next_actor="supplier",
    advice="Look the code up in DUIS, or quote the code and the Service Request ID to DCC’s "
    "Service Centre. Your operator can then add the wording to Firmtrack.",
    again="remedy_first",
)
WRONG_MODEL = Told(
    sentence="The update failed at the Data Service Provider (DSP) on {}, at the stage "
    "“Validated”. DCC left the device out of the request: not certified for the device’s model. "
    "The inventory has the device as model EM-100 by 00AB; the request is for version 00010002.",
    stage="validated",
    party="dsp",
    next_actor="supplier",
    advice="Compare version and model with the Central Products List. Send an image that it has "
    "for the model, or ask the manufacturer about the entry that is missing.",
    again="remedy_first",
)
# Whom it hit, what must be said of it, and how long before the world ended it happened.
TROUBLES = {
    "a hub model that discards images": (culprits.ON_BAD_HUBS, DISCARDED, 5 * DAY - 3 * HOUR),
    "a region whose CSP is silent for a day": (culprits.IN_SILENCE, SILENT, 27 * HOUR),
    "a version with a bad hash": (culprits.OF_THE_BAD_IMAGE, WRONG_HASH, 4 * DAY - 4 * HOUR),
    "a request that DCC refuses": (
        culprits.OF_THE_REFUSED_REQUEST,
        REFUSED,
        2 * DAY - MINUTE,
    ),
    "a request for the wrong model": (culprits.OF_ANOTHER_MODEL, WRONG_MODEL, 2 * DAY - MINUTE),
}
EACH = [
    pytest.param(meter, told, before, id=f"{name} {number}")
    for name, (meters, told, before) in TROUBLES.items()
    for number, meter in enumerate(meters)
]


@pytest.mark.parametrize(("meter", "told", "before"), EACH)
def test_the_api_names_stage_party_and_remedy(
    world: World, meter: Meter, told: Told, before: timedelta
) -> None:
    found = Caller().get(f"/devices/{meter.device_id}", world.token)
    (distribution,) = found.json["distributions"]
    diagnosis = distribution["diagnosis"]
    assert diagnosis["sentence"] == told.sentence.format(near_text(world.now - before, world.now))
    failure = distribution["point_of_failure"]
    party = diagnosis["holder"] if failure is None else failure["party"]
    assert (distribution["stage"], party) == (told.stage, told.party)
    assert (diagnosis["next_actor"], diagnosis["advice"]) == (told.next_actor, told.advice)
    assert diagnosis["resend"]["again"] == told.again
    assert diagnosis["evidence"][0]["message_id"] in {
        event["source"]["message_id"] for event in distribution["events"]
    }


@pytest.mark.parametrize(("meter", "told", "before"), EACH)
def test_the_page_says_the_same_before_all_else(
    world: World, meter: Meter, told: Told, before: timedelta
) -> None:
    page = Browsing.signed_in(world.ada).open(f"/devices/{meter.device_id}")
    (answer,) = page.elements(".firmtrack-answer")
    assert page.elements("section .govuk-summary-list")[0].getparent() is answer
    when = near_text(world.now - before, world.now)
    tag = "Stalled " if told is SILENT else ""
    assert page.one(".firmtrack-answer__sentence") == tag + told.sentence.format(when)
    facts = page.facts()
    assert facts["What to do"] == told.advice
    assert facts["Who acts next"] == ACTOR_NAMES[Actor(told.next_actor)]
    assert facts["Safe to send again?"].startswith(f"{AGAIN_NAMES[Again(told.again)]}. ")
    if told is SILENT:
        assert facts["Who holds it"].startswith("The Communications Service Provider (CSP), since")
    else:
        assert facts["Stopped at"] == f"The {PARTY_NAMES[Party(told.party)]}"


@pytest.mark.parametrize(
    "meter", [*culprits.ON_GOOD_HUBS, *culprits.IN_THE_SOUTH], ids=lambda meter: meter.model
)
def test_who_was_spared_is_told_so(world: World, meter: Meter) -> None:
    found = Caller().get(f"/devices/{meter.device_id}", world.token)
    (distribution,) = found.json["distributions"]
    assert distribution["completion_status"] == "successful"
    assert distribution["diagnosis"]["sentence"].startswith("The device has held the verified")
    assert distribution["diagnosis"]["pace"] is None


def test_the_request_leads_to_those_that_the_silent_region_keeps_waiting(world: World) -> None:
    ada = Browsing.signed_in(world.ada)
    page = ada.open(f"/service-requests/{culprits.REGION_REQUEST}")
    late = page.all(".firmtrack-counts")[1]
    assert late == "0 Slower than usual 4 Stalled"
    stalled = ada.open(page.links()["4 Stalled"].partition("#")[0])
    assert stalled.one("#position") == "Devices 1 to 4 of 4 that match the filter, by Device ID."
    assert [plain(each) for each in stalled.elements("table.firmtrack-devices tbody th")] == [
        str(meter.device_id) for meter in culprits.IN_SILENCE
    ]
    assert stalled.links()["Download CSV"].endswith(".csv?pace=stalled")
    inventory = ada.open(f"/inventory/{culprits.IN_SILENCE[0].device_id}")
    assert "It has stalled:" in inventory.one(".firmtrack-answer__sentence")


def test_a_stranger_is_told_of_none_of_them(world: World) -> None:
    for meters, _, _ in TROUBLES.values():
        for meter in meters:
            answered = Caller().get(f"/devices/{meter.device_id}", world.strangers_token)
            assert answered.status == 404
