from dataclasses import replace
from datetime import timedelta
from itertools import combinations

import pytest

from firmtrack.diagnosis.causes import advice_of, next_actor_of, phrase_of, sentence_of
from firmtrack.domain.causes import Attribute, CauseKey, Trait
from firmtrack.domain.remedy import Actor
from firmtrack.domain.stages import Status
from tests.unit.diagnosis.cause_situations import (
    ALL,
    FIRST,
    FROM_VERSION,
    HASH,
    HUB_FIRMWARE,
    IMAGE,
    NORTH,
    NOW,
    OF_ONE_REQUEST,
    OF_REQUEST,
    PAGE,
    Q4,
    REQUEST,
    failed,
    prose,
    stalled,
)

OF_VERSION = CauseKey.of(Status.REJECTED, None, [FROM_VERSION])
VALUES = {attribute: f"value-{number}" for number, attribute in enumerate(Attribute)}


def test_the_reviewed_page_says_what_firmtrack_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == prose(), (
        "run `python -m tests.unit.diagnosis.cause_situations`, and read every line that changes"
    )


@pytest.mark.parametrize(
    ("traits", "phrase"),
    [
        ([Q4], "devices of model Q4"),
        ([NORTH], "devices in CSP region North"),
        ([Q4, NORTH], "devices of model Q4 in CSP region North"),
        ([HUB_FIRMWARE], "devices behind Communications Hubs with firmware 00070001"),
        ([FROM_VERSION], "devices updated from version 01020304"),
        ([OF_ONE_REQUEST], f"devices in Service Request {REQUEST}"),
        ([IMAGE], "devices updated with image 7542f475e3f1…"),
        (
            [Trait(Attribute.DEVICE_TYPE, "ESME"), Trait(Attribute.MANUFACTURER, "10A1")],
            "devices of type ESME and manufacturer 10A1",
        ),
        ([IMAGE, FROM_VERSION], "devices updated from version 01020304 with image 7542f475e3f1…"),
        (
            [FROM_VERSION, HUB_FIRMWARE],
            f"{phrase_of(OF_VERSION)} behind Communications Hubs with firmware 00070001",
        ),
    ],
)
def test_what_updates_have_in_common_reads_as_one_phrase(traits: list[Trait], phrase: str) -> None:
    assert phrase_of(CauseKey.of(Status.REJECTED, None, traits)) == phrase


def test_every_one_and_every_two_things_in_common_are_named_once() -> None:
    singles = [(attribute,) for attribute in Attribute]
    for attributes in [*singles, *combinations(Attribute, 2)]:
        traits = [Trait(attribute, VALUES[attribute]) for attribute in attributes]
        words = phrase_of(CauseKey.of(Status.REJECTED, None, traits)).split()
        for attribute in attributes:
            assert words.count(VALUES[attribute]) == 1, attributes
        assert len([word for word in words if word.startswith("value-")]) == len(attributes)


def test_braces_in_a_model_are_only_braces() -> None:
    key = CauseKey.of(Status.REJECTED, None, [Trait(Attribute.MODEL, "{0}{name}")])
    assert phrase_of(key) == "devices of model {0}{name}"


def test_something_can_be_said_and_done_about_every_cause_there_can_be() -> None:
    for status in Status:
        for attribute in Attribute:
            for reason in (None, "X77", "image_discarded") if status.is_bad else (None,):
                key = CauseKey.of(status, reason, [Trait(attribute, "v")])
                assert advice_of(key).endswith(".")
                assert next_actor_of(key) is not Actor.NOBODY
                assert sentence_of(replace(failed(Q4), key=key), ALL, NOW).endswith(".")


def test_a_hash_is_whole_in_the_key_and_short_in_the_words() -> None:
    assert HASH not in sentence_of(failed(IMAGE), ALL, NOW)
    assert HASH[:12] in sentence_of(failed(IMAGE), ALL, NOW)


def test_a_day_is_that_of_great_britain() -> None:
    in_summer = FIRST.replace(month=7, day=1, hour=23, minute=30)
    cause = replace(failed(Q4), first_at=in_summer, last_at=in_summer, is_growing=False)
    assert "All on 2 July." in sentence_of(cause, ALL, NOW)


def test_all_of_one_request_is_said_once_and_only_where_it_is_so() -> None:
    told = f"All of them are of Service Request {REQUEST}."
    of_one = replace(failed(Q4), request_count=1, request_ids=(REQUEST,))
    assert told in sentence_of(of_one, ALL, NOW)
    assert told not in sentence_of(of_one, OF_REQUEST, NOW)
    assert told not in sentence_of(failed(Q4), ALL, NOW)
    assert told not in sentence_of(replace(of_one, also=(OF_ONE_REQUEST,)), ALL, NOW)
    assert told not in sentence_of(replace(of_one, device_count=1), ALL, NOW)


@pytest.mark.parametrize(
    ("key", "actor"),
    [
        (failed(Q4).key, Actor.MANUFACTURER),
        (failed(NORTH).key, Actor.CSP),
        (failed(HUB_FIRMWARE).key, Actor.CSP),
        (failed(FROM_VERSION).key, Actor.MANUFACTURER),
        (failed(IMAGE).key, Actor.SUPPLIER),
        (failed(OF_ONE_REQUEST).key, Actor.SUPPLIER),
        (failed(IMAGE, Q4).key, Actor.MANUFACTURER),
        # What the reason says outweighs what they have in common.
        (failed(NORTH, reason="hardware_version_mismatch").key, Actor.MANUFACTURER),
        (failed(NORTH, status=Status.REJECTED, reason="not_commissioned").key, Actor.SUPPLIER),
        (failed(Q4, status=Status.SEND_TO_CSP_FAILED, reason=None).key, Actor.DCC),
        (stalled(Q4).key, Actor.CSP),
        (stalled(Q4, status=Status.ACCEPTED).key, Actor.DCC),
        (stalled(Q4, status=Status.TRANSFERRED_TO_DEVICE).key, Actor.MANUFACTURER),
        (stalled(NORTH, status=Status.DELIVERED_TO_COMMS_HUB).key, Actor.CSP),
    ],
)
def test_who_acts_next_is_who_can_do_something_about_it(key: CauseKey, actor: Actor) -> None:
    assert next_actor_of(key) is actor


def test_nobody_is_sent_to_the_csp_about_what_dcc_refused() -> None:
    key = failed(NORTH, status=Status.REJECTED, reason="not_commissioned").key
    assert "Service Provider" not in advice_of(key)


def test_what_no_longer_stands_out_says_so() -> None:
    alike = replace(failed(Q4), device_count=10, of_count=1_000, elsewhere_count=200)
    assert "no less often." in sentence_of(alike, ALL, NOW)
    assert "no less often" not in sentence_of(failed(Q4), ALL, NOW)


def test_one_that_stands_still_is_told_in_the_singular() -> None:
    one = replace(
        stalled(NORTH),
        device_count=1,
        of_count=1,
        last_at=FIRST + timedelta(days=1),
        elsewhere_count=1,
        elsewhere_of=50,
    )
    assert sentence_of(one, ALL, NOW) == (
        "The only update of devices in CSP region North that was due to go on from “Sent to CSP” "
        "has stalled there. Of the 50 others that were due, 1 has. It has waited since 14 November."
    )
