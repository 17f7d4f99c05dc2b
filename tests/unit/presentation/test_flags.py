import pytest

from firmtrack.domain.identifiers import FirmwareVersion, RequestId
from firmtrack.domain.reconciliation import Flag, FlagKind
from firmtrack.presentation.flags import FLAG_NAMES, flag_text

REQUEST_ID = RequestId.parse("90-B3-D5-1F-30-01-00-00:00-DB-12-34-56-78-90-A0:7")
NEW, OLD = FirmwareVersion("0102030A"), FirmwareVersion("01020309")
READ_VERSION = "Send a Read Firmware Version (11.2)"

FLAGS = {
    FlagKind.ACTIVATED_BUT_OLD_VERSION: Flag(
        kind=FlagKind.ACTIVATED_BUT_OLD_VERSION,
        request_id=REQUEST_ID,
        expected_version=NEW,
        found_version=OLD,
    ),
    FlagKind.ACTIVATED_WITH_OTHER_VERSION: Flag(
        kind=FlagKind.ACTIVATED_WITH_OTHER_VERSION,
        request_id=REQUEST_ID,
        expected_version=NEW,
        found_version=OLD,
    ),
    FlagKind.ACTIVATION_NOT_ANSWERED: Flag(
        kind=FlagKind.ACTIVATION_NOT_ANSWERED,
        request_id=REQUEST_ID,
        expected_version=NEW,
        found_version=OLD,
        reason="N13",
    ),
    FlagKind.SUSPENDED: Flag(kind=FlagKind.SUSPENDED),
    FlagKind.VERSION_WITHOUT_ACTIVATION: Flag(
        kind=FlagKind.VERSION_WITHOUT_ACTIVATION, request_id=REQUEST_ID, found_version=NEW
    ),
    FlagKind.FIRMWARE_VERSION_MISMATCH: Flag(
        kind=FlagKind.FIRMWARE_VERSION_MISMATCH, expected_version=OLD, found_version=NEW
    ),
    FlagKind.REQUEST_FOR_RUNNING_VERSION: Flag(
        kind=FlagKind.REQUEST_FOR_RUNNING_VERSION, request_id=REQUEST_ID, found_version=NEW
    ),
    FlagKind.HEADER_VERSION_DIFFERS: Flag(
        kind=FlagKind.HEADER_VERSION_DIFFERS,
        request_id=REQUEST_ID,
        expected_version=NEW,
        found_version=OLD,
    ),
    FlagKind.IMAGE_PROBLEM: Flag(
        kind=FlagKind.IMAGE_PROBLEM,
        request_id=REQUEST_ID,
        problem="its header promises 9 octets in all, it has 8",
    ),
    FlagKind.REQUEST_STATED_TWICE: Flag(kind=FlagKind.REQUEST_STATED_TWICE, request_id=REQUEST_ID),
}


@pytest.mark.parametrize("kind", FlagKind)
def test_every_flag_is_sentences_that_state_all_that_it_knows(kind: FlagKind) -> None:
    flag = FLAGS[kind]

    text = flag_text(flag)

    assert text[0].isupper()
    assert text.endswith(".")
    assert "None" not in text
    assert "{" not in text
    # What was expected is left out where the activation is that of an image named by its request.
    stated = [flag.request_id, flag.found_version, flag.reason]
    assert all(str(value) in text for value in stated if value is not None)


def test_every_flag_has_a_name_of_its_own() -> None:
    assert set(FLAG_NAMES) == set(FlagKind)
    assert len(set(FLAG_NAMES.values())) == len(FLAG_NAMES)


@pytest.mark.parametrize(
    "kind",
    [
        FlagKind.ACTIVATED_BUT_OLD_VERSION,
        FlagKind.ACTIVATED_WITH_OTHER_VERSION,
        FlagKind.ACTIVATION_NOT_ANSWERED,
        FlagKind.SUSPENDED,
        FlagKind.FIRMWARE_VERSION_MISMATCH,
    ],
)
def test_what_reading_the_version_settles_says_so(kind: FlagKind) -> None:
    assert READ_VERSION in flag_text(FLAGS[kind])


def test_a_lost_answer_says_what_the_inventory_may_hold_meanwhile() -> None:
    assert flag_text(FLAGS[FlagKind.ACTIVATION_NOT_ANSWERED]) == (
        f"Activate Firmware request {REQUEST_ID} was not delivered or not answered, as DCC reports "
        "with code N13; the latest word has the device on Firmware Version 01020309. The "
        "activation may have succeeded all the same, and only its answer been lost: DCC’s "
        "inventory then keeps the old version, and may hold the device as Suspended. Send a Read "
        "Firmware Version (11.2) to the device: its answer says what the device runs, and makes "
        "DCC’s inventory right again."
    )


def test_a_device_suspended_while_it_is_waited_for_says_so() -> None:
    text = flag_text(Flag(kind=FlagKind.ACTIVATION_NOT_ANSWERED, request_id=REQUEST_ID))

    assert "has no answer of the device’s, and DCC’s inventory holds the device as Suspended." in (
        text
    )
    assert "code" not in text
