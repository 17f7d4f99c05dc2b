"""The command line as an operator uses it; each group of commands once as real processes, too."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from firmtrack.domain.identifiers import RequestId
from firmtrack.duis import documents as d
from firmtrack.duis.writer import write
from firmtrack.presentation.as_of import USUAL_IS_OF_TODAY
from firmtrack.presentation.csv import COLUMNS
from firmtrack.store.embedded import EmbeddedPostgres
from tests.databases import fresh_database
from tests.journeys.processes import PATIENCE_SECONDS, called, environment, on
from tests.pki import make_identity, write_trust_store
from tests.unit.duis import activation_samples, samples
from tests.unit.intake.archives import tar_of

Run = Callable[..., subprocess.CompletedProcess[str]]

REQUEST = write(samples.update_firmware())
ACCEPTED = write(samples.update_firmware_response())
REQUEST_ID = str(samples.REQUEST_ID)
METER = str(samples.METER)


@pytest.fixture(scope="module")
def firmtrack(
    postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Run]:
    """Runs a command in this process, on a database that they all have."""
    with fresh_database(postgres) as where:
        yield running(where, tmp_path_factory.mktemp("data"))


@pytest.fixture
def own_firmtrack(postgres: EmbeddedPostgres, tmp_path: Path) -> Iterator[Run]:
    """Runs a command in this process, on a database that no other test has."""
    with fresh_database(postgres) as where:
        yield running(where, tmp_path)


def running(where: str, directory: Path) -> Run:
    env = on(where, directory)

    def run(*arguments: object, typed: bytes = b"", **settings: object) -> Any:
        given = {name: str(value) for name, value in settings.items()}
        return called(*arguments, env=env | given, typed=typed)

    return run


@pytest.fixture(scope="module")
def in_processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Runs a command as an operator does; the server of the data directory stays up meanwhile."""
    data = tmp_path_factory.mktemp("data")

    def run(*arguments: object, typed: bytes = b"", **settings: object) -> Any:
        done = subprocess.run(
            [sys.executable, "-m", "firmtrack", *map(str, arguments)],
            input=typed,
            capture_output=True,
            env=environment(FIRMTRACK_DATA_DIR=data, **settings),
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        return subprocess.CompletedProcess(
            done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
        )

    with EmbeddedPostgres(data / "postgresql"):
        yield run


def said(done: subprocess.CompletedProcess[str], status: int = 0, note: str = "") -> Any:
    """The JSON that a command printed, which is all that it printed beside a note to people."""
    assert done.returncode == status, done.stderr
    assert done.stderr == (note and note + "\n")
    assert done.stdout.count("\n") == 1
    return json.loads(done.stdout)


def acts_of(firmtrack: Run, *kinds: str) -> list[tuple[str, str]]:
    """The acts of these kinds and to what they were done, the newest first; operators did them."""
    asked = [word for kind in kinds for word in ("--kind", kind)]
    found = said(firmtrack("audit", "list", *asked, "--json"))["audit"]
    assert all(each["who"].startswith("operator (") for each in found)
    assert all(each["party"] is None for each in found)
    return [(each["kind"], each["subject"]) for each in found]


def failure(done: subprocess.CompletedProcess[str], status: int) -> str:
    assert done.returncode == status
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return " ".join(done.stderr.replace("│", " ").split())  # some are drawn in a box


def test_each_group_of_commands_runs_as_a_process_on_an_embedded_database(
    in_processes: Run, tmp_path: Path
) -> None:
    assert said(in_processes("ingest", "-", "--json", typed=REQUEST))["recorded"] == 1
    bad = failure(in_processes("check", DATABASE_URL="x://"), 1)
    assert "must begin with postgresql://" in bad
    found = said(in_processes("find", "request", REQUEST_ID, "--json"))
    assert found["service_request_id"] == REQUEST_ID
    assert in_processes("export", REQUEST_ID).stdout.startswith(",".join(COLUMNS))
    (recorded,) = said(in_processes("message", "list", "--json"))
    assert recorded["kind"] == "update_firmware_request"
    assert in_processes("quarantine", "list").stdout == "The quarantine is empty.\n"
    row = f"device_id,device_type\n{METER},ESME\n".encode()
    assert said(in_processes("inventory", "import", "-", "--json", typed=row))["changed"] == 1
    party = ("party", "add", "Alpha", "--kind", "large_supplier")
    assert in_processes(*party).stdout == "Party Alpha added.\n"
    user = ("user", "add", "ada@alpha.example", "--party", "Alpha", "--password-stdin")
    assert in_processes(*user, typed=b"correct horse battery staple\n").returncode == 0
    token = ("token", "create", "--party", "Alpha", "--scope", "read", "--json")
    assert list(said(in_processes(*token))) == ["token"]
    assert in_processes("wording", "list").stdout == "No code has wording of your own.\n"
    no_endpoints = "There are no endpoints: no party is notified.\n"
    assert in_processes("endpoint", "list").stdout == no_endpoints
    assert said(in_processes("check", "--json"))["is_whole"]


def test_messages_come_in_are_looked_up_and_put_right(firmtrack: Run, tmp_path: Path) -> None:
    archive = tmp_path / "traffic.tar"
    archive.write_bytes(tar_of({"1": REQUEST, "2": REQUEST, "3": REQUEST[:-9]}))

    tally = said(firmtrack("ingest", archive, "--json"), status=3)
    assert list(tally) == [
        "messages", "recorded", "duplicate", "ignored", "quarantined", "events", "seconds",
    ]  # fmt: skip
    assert list(tally.values())[:-1] == [3, 1, 1, 0, 1, 1]
    assert isinstance(tally["seconds"], float)

    before = datetime.now(UTC).isoformat()
    piped = firmtrack("ingest", "-", typed=ACCEPTED)
    assert (piped.returncode, piped.stderr) == (0, "")
    assert piped.stdout.startswith("1 messages in ")
    assert "1 recorded, 0 duplicate, 0 ignored, 0 quarantined; 1 events." in piped.stdout

    found = said(firmtrack("find", "request", REQUEST_ID, "--json"))
    assert found["service_request_id"] == REQUEST_ID
    assert [each["current_status"] for each in found["distributions"]] == ["accepted"] * 2
    looked_back = firmtrack("find", "request", REQUEST_ID, "--as-of", before, "--json")
    past = said(looked_back, note=USUAL_IS_OF_TODAY)
    assert [each["current_status"] for each in past["distributions"]] == ["received"] * 2
    device = said(firmtrack("find", "device", METER.lower(), "--json"))
    (distribution,) = device["distributions"]
    assert distribution["service_request_id"] == REQUEST_ID
    diagnosis = distribution["diagnosis"]
    assert (diagnosis["holder"], diagnosis["next_actor"]) == ("dsp", "dcc")
    limit = {"FIRMTRACK_SLOW_AFTER_HOURS": "1"}
    listed = {
        pace: said(firmtrack("find", "request", REQUEST_ID, "--pace", pace, "--json", **limit))
        for pace in ("usual", "stalled")
    }
    waiting = {pace: len(found["distributions"]) for pace, found in listed.items()}
    assert waiting == {"usual": 0, "stalled": 2}
    printed = firmtrack("find", "device", METER).stdout
    assert diagnosis["sentence"].partition(" (")[0] in printed
    assert f"Acts next: The Data Service Provider (DSP).\n{diagnosis['advice']}\n" in printed

    exported = firmtrack("export", REQUEST_ID, "-o", tmp_path / "x.csv")
    assert (exported.returncode, exported.stdout) == (0, "")
    full = failure(firmtrack("export", REQUEST_ID, "-o", "/dev/full"), 1)
    assert "/dev/full: No space left on device." in full
    lines = (tmp_path / "x.csv").read_bytes().split(b"\r\n")
    assert lines[0].decode() == ",".join(COLUMNS)
    assert len(lines) == 4
    earlier = firmtrack("export", REQUEST_ID, "--as-of", before).stdout
    assert earlier.count(",Received by DCC,") == 2
    never = firmtrack("find", "device", METER, "--as-of", "01/01/2020 09:12")
    said_then = " ".join(failure(never, 1).split())
    assert "Nothing was known about this device then; first known on " in said_then
    first = said_then.rsplit("first known on ", 1)[1].removesuffix(".")
    assert str(METER) in firmtrack("find", "device", f'="{METER}"', "--as-of", first).stdout
    assert "must be a time" in failure(firmtrack("export", REQUEST_ID, "--as-of", "once"), 2)

    (waiting,) = said(firmtrack("quarantine", "list", "--json"))
    entry_id = waiting["quarantine_id"]
    assert waiting["origin"] == f"{archive}!3"
    assert waiting["reason_code"] == "not_xml"
    shown = firmtrack("quarantine", "show", entry_id, "--body")
    assert shown.stdout.encode() == REQUEST[:-9]
    (still,) = said(firmtrack("quarantine", "replay", "--all", "--json"), status=3)
    assert (still["quarantine_id"], still["outcome"]) == (entry_id, "quarantined")
    (tmp_path / "fixed.xml").write_bytes(REQUEST)
    replayed = firmtrack("quarantine", "replay", entry_id, "--fixed", tmp_path / "fixed.xml")
    assert (replayed.returncode, replayed.stdout) == (0, f"{entry_id}: duplicate\n")
    acts = acts_of(firmtrack, "quarantine_replayed")
    assert acts == [("quarantine_replayed", f"entry {entry_id}")]
    assert firmtrack("quarantine", "list").stdout == "The quarantine is empty.\n"


def test_requests_are_listed_and_filtered(own_firmtrack: Run) -> None:
    assert said(own_firmtrack("requests", "--json")) == {
        "items": [],
        "next_cursor": None,
        "kept_from": None,
    }
    assert own_firmtrack("requests").stdout == "No request is known yet.\n"
    for message in (REQUEST, ACCEPTED):
        own_firmtrack("ingest", "-", typed=message)

    (item,) = said(own_firmtrack("requests", "--json"))["items"]
    assert item["service_request_id"] == REQUEST_ID
    assert item["completion_status_counts"] == {"in_progress": 2, "failed": 0, "successful": 0}
    lines = own_firmtrack("requests").stdout.splitlines()
    assert lines[0] == REQUEST_ID
    assert "0 of 2 done, 2 under way, 0 failed" in lines[2]
    assert max(map(len, lines)) <= 80
    for options, is_listed in (
        (["--state", "under_way"], True),
        (["--state", "ended"], False),
        (["--firmware-version", item["firmware_version"].lower()], True),
        (["--submitted-to", "2000-01-01"], False),
    ):
        listed = own_firmtrack("requests", *options).stdout
        assert (REQUEST_ID in listed) is is_listed
    assert own_firmtrack("requests", "--state", "ended").stdout == "No request matches.\n"
    own_firmtrack(
        "party",
        "add",
        "Bravo Power",
        "--kind",
        "small_supplier",
        "--user-id",
        "90-B3-D5-1F-30-02-00-00",
    )
    assert said(own_firmtrack("requests", "--as", "Bravo Power", "--json"))["items"] == []


def test_what_is_quarantined_can_be_discarded_for_good(firmtrack: Run, tmp_path: Path) -> None:
    hostile, good = tmp_path / "a.xml", tmp_path / "b.xml"
    hostile.write_bytes(b"<nonsense/>")
    good.write_bytes(ACCEPTED)
    said(firmtrack("ingest", hostile, good, "--json"), status=3)
    (waiting,) = said(firmtrack("quarantine", "list", "--json"))
    entry_id = waiting["quarantine_id"]
    assert (waiting["submitter"], waiting["body_bytes"]) == ("operator", 11)
    (use,) = said(firmtrack("quarantine", "use", "--json"))
    assert (use["submitter"], use["items"], use["times_refused"]) == ("operator", 1, 0)

    failure(firmtrack("quarantine", "discard", entry_id), 2)
    failure(firmtrack("quarantine", "discard", "--because", "x"), 2)
    discarded = firmtrack("quarantine", "discard", entry_id, 10**9, "--because", "Ours.", "--json")

    assert said(discarded, status=3) == {"discarded": [entry_id], "unknown": [10**9]}
    assert firmtrack("quarantine", "list").stdout == "The quarantine is empty.\n"
    (record,) = said(firmtrack("quarantine", "list", "--discarded", "--json"))
    assert (record["quarantine_id"], record["because"]) == (entry_id, "Ours.")
    assert "Ours." in firmtrack("quarantine", "list", "--discarded").stdout
    said(firmtrack("ingest", hostile, "--json"), status=3)
    none = firmtrack("quarantine", "discard", "--submitter", "Nobody", "--because", "x")
    assert none.stdout == "0 discarded.\n"
    all_of_it = firmtrack("quarantine", "discard", "--submitter", "operator", "--because", "x")
    assert all_of_it.stdout == "1 discarded.\n"
    assert said(firmtrack("check", "--json")) == {
        "is_whole": True, "disagreements": [], "withdrawn_came_again": [],
    }  # fmt: skip


def test_a_message_is_taken_back_and_counts_again(firmtrack: Run) -> None:
    for document in (REQUEST, ACCEPTED):
        assert firmtrack("ingest", "-", typed=document).returncode == 0
    answer = next(
        each
        for each in said(firmtrack("message", "list", "--submitter", "operator", "--json"))
        if each["kind"] == "update_firmware_response"
    )
    message_id = answer["message_id"]

    def statuses() -> set[str]:
        found = said(firmtrack("find", "request", REQUEST_ID, "--json"))
        return {each["current_status"] for each in found["distributions"]}

    because = ("--because", "a forged answer")
    assert said(firmtrack("message", "withdraw", message_id, *because, "--json")) == {
        "withdrawn": [message_id], "unchanged": [], "refused": [],
    }  # fmt: skip
    assert statuses() == {"received"}
    shown = firmtrack("message", "show", message_id).stdout
    assert "Handed in by: operator" in shown
    assert "Because: a forged answer" in shown
    assert said(firmtrack("message", "show", message_id, "--json"))["came_again"] == []
    again = firmtrack("ingest", "-", typed=ACCEPTED)
    assert "0 recorded, 1 duplicate" in again.stdout
    assert statuses() == {"received"}

    restored = firmtrack("message", "restore", message_id, "--because", "it was genuine")
    assert restored.stdout == "1 restored, 0 were so already.\n"
    assert statuses() == {"accepted"}
    assert said(firmtrack("check", "--json"))["is_whole"]

    unknown = "00000000-0000-0000-0000-00000000002a"
    refused = said(firmtrack("message", "withdraw", unknown, *because, "--json"), status=3)
    assert refused["refused"][0]["reason"] == "No message of this ID is recorded."
    assert acts_of(firmtrack, "messages_withdrawn", "messages_restored") == [
        ("messages_restored", message_id),
        ("messages_withdrawn", message_id),
    ]
    assert "Give IDs, or else" in failure(firmtrack("message", "withdraw", *because), 2)
    assert "is recorded" in failure(firmtrack("message", "show", unknown), 1)


def test_a_device_is_found_with_its_activations_and_what_does_not_fit(
    firmtrack: Run, tmp_path: Path
) -> None:
    other_image = activation_samples.activate_firmware()
    failed = activation_samples.ACTIVATIONS["command failed"]
    for name, document in {"11.3": other_image, "N13": failed}.items():
        (tmp_path / f"{name}.xml").write_bytes(write(document))
    assert firmtrack("ingest", tmp_path).returncode == 0

    device = said(firmtrack("find", "device", METER, "--json"))
    assert [each["status"] for each in device["other_activations"]] == ["failed"]
    assert [each["code"] for each in device["flags"]] == ["activation_not_answered"]
    shown = firmtrack("find", "device", METER).stdout
    assert "Warning: Activation not answered" in shown
    assert "Activations of other images" in shown
    assert str(activation_samples.ACTIVATION_ID) in shown


def test_a_device_that_repeats_itself_says_how_often(firmtrack: Run, tmp_path: Path) -> None:
    request_id = RequestId(samples.ALPHA, samples.DCC, 6000)
    asked = replace(samples.update_firmware(device_ids=(samples.METER,)), request_id=request_id)
    written = {"0": write(asked)}
    for number in range(250):
        at = samples.NOW + timedelta(minutes=number)
        body = replace(samples.csp_status(), update_firmware_request_id=request_id, time_stamp=at)
        alert = replace(samples.dcc_alert("N60", body), responded_at=at)
        written[str(number + 1)] = write(alert)
    archive = tmp_path / "repeats.tar"
    archive.write_bytes(tar_of(written))
    said(firmtrack("ingest", archive, "--json"))

    events = ("find", "events", METER, "--request", request_id)
    whole = said(firmtrack(*events, "--json"))
    assert [each["times"] for each in whole["items"]] == [250, 1]
    assert whole["next_cursor"] is None
    for command in (events, ("find", "device", METER)):
        assert firmtrack(*command).stdout.count("\t250\t") == 1
    assert said(firmtrack("find", "events", METER, "--json"))["items"] == []
    other = ("find", "events", samples.PPMID, "--request", request_id)
    assert "nothing" in failure(firmtrack(*other), 1).lower()


def test_a_new_supplier_is_shown_how_far_anothers_update_is_if_the_operator_wants_it(
    firmtrack: Run, tmp_path: Path
) -> None:
    (tmp_path / "request.xml").write_bytes(REQUEST)
    firmtrack("ingest", tmp_path)
    firmtrack("ingest", "-", typed=ACCEPTED)
    charlie, meter = "90-B3-D5-1F-30-03-00-00", str(samples.OTHER_METER)
    firmtrack("party", "add", "Charlie", "--kind", "small_supplier", "--user-id", charlie)
    row = f"device_id,responsible_supplier\n{meter},{charlie}\n"
    assert firmtrack("inventory", "import", "-", typed=row.encode()).returncode == 0

    asked = ("find", "device", meter, "--as", "Charlie")
    hidden = firmtrack(*asked)
    shown = firmtrack(*asked, FIRMTRACK_CHANGE_OF_SUPPLIER_VIEW="on")

    assert (hidden.returncode, shown.returncode) == (0, 0)
    assert "Updates by other parties" not in hidden.stdout
    assert "Updates by other parties" in shown.stdout
    assert "Accepted by DCC" in shown.stdout
    assert str(samples.ALPHA) not in shown.stdout


def test_an_inventory_is_imported_whole_or_not_at_all(firmtrack: Run, tmp_path: Path) -> None:
    good, bad = f"device_id,device_type\n{METER},ESME\n", "12,GSME\n"
    (tmp_path / "bad.csv").write_text(good + bad)

    refused = firmtrack("inventory", "import", tmp_path / "bad.csv")
    assert refused.returncode == 3
    assert refused.stdout == "Nothing was imported: 1 of 2 rows are bad.\n"
    assert "bad.csv, line 3: device_id: '12' is not an EUI-64" in refused.stderr

    piped = ("inventory", "import", "-", "--json")
    counts = [said(firmtrack(*piped, typed=good.encode())) for _ in range(2)]
    assert [(each["changed"], each["unchanged"]) for each in counts] == [(1, 0), (0, 1)]
    skipped = said(
        firmtrack("inventory", "import", tmp_path / "bad.csv", "--skip-bad", "--json"), status=3
    )
    assert (skipped["unchanged"], skipped["bad"], skipped["is_kept"]) == (1, 1, True)
    device = said(firmtrack("find", "device", METER, "--json"))
    assert device["inventory"]["device_type"] == "ESME"


def test_accounts_are_made_and_see_their_own(firmtrack: Run, tmp_path: Path) -> None:
    (tmp_path / "request.xml").write_bytes(REQUEST)
    assert firmtrack("ingest", tmp_path).returncode == 0
    for name, eui in {"Alpha": samples.ALPHA, "Bravo": samples.BRAVO}.items():
        made = firmtrack("party", "add", name, "--kind", "large_supplier", "--user-id", eui)
        assert (made.returncode, made.stdout) == (0, f"Party {name} added.\n")
    user = firmtrack(
        "user", "add", "ada@alpha.example", "--party", "Alpha", "--password-stdin",
        typed=b"correct horse battery staple\n",
    )  # fmt: skip
    assert (user.returncode, user.stderr) == (0, "")
    token = said(firmtrack("token", "create", "--party", "Alpha", "--scope", "read", "--json"))
    assert list(token) == ["token"]

    own = said(firmtrack("find", "request", REQUEST_ID, "--as", "Alpha", "--json"))
    assert own["device_count"] == 2
    others = failure(firmtrack("find", "request", REQUEST_ID, "--as", "Bravo"), 1)
    nobodys = failure(firmtrack("find", "request", REQUEST_ID + "9"), 1)
    assert others == nobodys
    assert others.startswith("firmtrack: Nothing is known by this ID")
    assert failure(firmtrack("export", REQUEST_ID, "--as", "Bravo"), 1) == others


def test_accounts_are_listed_changed_and_taken_away(firmtrack: Run) -> None:
    first, second = "90-B3-D5-1F-30-0A-00-00", "90-b3-d5-1f-30-0a-00-01"
    add = ("party", "add", "Charlie [C]", "--kind", "small_supplier", "--user-id", first)
    assert firmtrack(*add).returncode == 0
    assert firmtrack("party", "add", "Delta", "--kind", "small_supplier").returncode == 0
    given = firmtrack("party", "add-user-id", "Charlie [C]", second)
    assert given.stdout == f"{second.upper()} is now of Charlie [C].\n"
    taken = failure(firmtrack("party", "add-user-id", "Delta", first), 1)
    assert "belongs to Charlie [C] already" in taken
    assert "is not of Delta" in failure(firmtrack("party", "remove-user-id", "Delta", first), 1)
    assert "There is no party" in failure(firmtrack("party", "remove-user-id", "X", first), 1)
    assert failure(firmtrack("party", "add-user-id", "Delta", "x"), 1)
    assert firmtrack("party", "remove-user-id", "Charlie [C]", first).returncode == 0
    assert "Say what to change" in failure(firmtrack("party", "set", "Delta"), 2)
    for note in ("", ", as before"):
        done = firmtrack("party", "set", "Delta", "--require-totp")
        assert done.stdout == f"Delta needs one-time codes{note}.\n"
    listed = {each["name"]: each for each in said(firmtrack("party", "list", "--json"))["parties"]}
    assert listed["Charlie [C]"]["user_ids"] == [second.upper()]
    assert listed["Delta"]["requires_totp"]
    assert "Charlie [C]" in firmtrack("party", "list").stdout

    cleo, carl = "cleo@charlie.example", "carl@charlie.example"
    for email in (cleo, carl):
        firmtrack(
            "user", "add", email, "--party", "Charlie [C]", "--password-stdin",
            typed=b"correct horse battery staple\n",
        )  # fmt: skip
    link = said(firmtrack("user", "invite", "Cy@charlie.example", "--party", "Charlie [C]",
                          "--portal", "https://portal.example/", "--json"))  # fmt: skip
    assert (link["email"], link["role"]) == ("cy@charlie.example", "viewer")
    assert link["link"].startswith("https://portal.example/")
    last = failure(firmtrack("user", "disable", cleo), 1)
    assert last.startswith("firmtrack: cleo@charlie.example is the last administrator of Charlie")
    assert firmtrack("user", "role", carl, "party_administrator").stdout == (
        f"{carl} is party_administrator.\n"
    )
    for note in ("", ", as before"):
        assert firmtrack("user", "disable", cleo).stdout == f"{cleo} is disabled{note}.\n"
    assert firmtrack("user", "enable", cleo).stdout == f"{cleo} can sign in.\n"
    assert "Nobody signs in as x@y.example" in failure(
        firmtrack("user", "enable", "x@y.example"), 1
    )
    assert "cannot have the role" in failure(firmtrack("user", "role", cleo, "dcc_desk"), 1)
    assert firmtrack("user", "move", cleo, "--party", "Delta").stdout == f"{cleo} is of Delta.\n"
    assert firmtrack("user", "move", carl, "--party", "Delta").returncode == 1
    people = said(firmtrack("user", "list", "--party", "Delta", "--json"))["users"]
    assert [(each["email"], each["role"], each["state"]) for each in people] == [
        (cleo, "party_administrator", "active")
    ]
    assert "cy@charlie.example" in firmtrack("user", "list").stdout

    for name in ("Old", "New"):
        made = firmtrack("token", "create", "--party", "Delta", "--scope", "read", "--scope",
                         "intake", "--name", name, "--never-expires")  # fmt: skip
        assert made.returncode == 0
    tokens = said(firmtrack("token", "list", "--party", "Delta", "--json"))["tokens"]
    assert list(tokens[0])[:7] == [
        "token_id", "name", "party", "scopes", "expires_at", "last_used_at", "revoked_at",
    ]  # fmt: skip
    assert [(each["name"], each["scopes"]) for each in tokens] == [
        ("New", ["read", "intake"]),
        ("Old", ["read", "intake"]),
    ]
    ids = [each["token_id"] for each in tokens]
    revoked = firmtrack("token", "revoke", *ids)
    assert revoked.stdout == "".join(f"Token {each} is revoked.\n" for each in ids)
    assert "There is no token" in failure(firmtrack("token", "revoke", "999999"), 1)
    assert "9223372036854775807" in failure(firmtrack("token", "revoke", "9" * 21), 2)
    tokens = said(firmtrack("token", "list", "--party", "Delta", "--all", "--json"))["tokens"]
    assert all(each["revoked_at"] for each in tokens)
    assert "never" in firmtrack("token", "list").stdout

    found = said(firmtrack("audit", "list", "--party", "Delta", "--json"))["audit"]
    assert [each["kind"] for each in found[:3]] == ["token_revoked"] * 2 + ["token_created"]
    assert found[0]["who"].startswith("operator (")
    since = datetime.now(UTC).isoformat()
    moved = said(firmtrack("audit", "list", "--kind", "person_moved", "--json"))["audit"]
    assert [each["party"] for each in moved] == ["Delta", "Charlie [C]"]
    assert firmtrack("audit", "list", "--limit", 5).stdout.count("operator (") == 5
    (own, *_) = said(firmtrack("audit", "list", "--since", since, "--json"))["audit"]
    assert own["kind"] == "audit"
    assert "is none of" in failure(firmtrack("audit", "list", "--kind", "x"), 2)


def test_operators_word_a_code_and_take_it_back(firmtrack: Run) -> None:
    text = "The image is larger than [DCC] takes."
    assert firmtrack("wording", "set", "E110101", text).stdout == "E110101 is set.\n"
    unknown = failure(firmtrack("wording", "set", "E11O101", text), 1)
    assert "No table of Firmtrack knows this code" in unknown
    taken = firmtrack("wording", "set", "E11O101", text, "--unknown-code")
    assert taken.returncode == 0
    assert "one printable line" in failure(firmtrack("wording", "set", "N19", "Two\nlines."), 1)

    listed = said(firmtrack("wording", "list", "--json"))
    assert [(each["code"], each["text"]) for each in listed] == [
        ("E110101", text),
        ("E11O101", text),
    ]
    assert "[DCC]" in firmtrack("wording", "list").stdout

    for code in ("E110101", "E11O101"):
        assert firmtrack("wording", "clear", code).stdout == f"{code} is cleared.\n"
    assert acts_of(firmtrack, "wording_set", "wording_cleared") == [
        ("wording_cleared", "E11O101"),
        ("wording_cleared", "E110101"),
        ("wording_set", "E11O101"),
        ("wording_set", "E110101"),
    ]
    assert "There is no wording of yours" in failure(firmtrack("wording", "clear", "E110101"), 1)
    assert firmtrack("wording", "list").stdout == "No code has wording of your own.\n"


def test_what_cannot_be_done_is_said_in_a_line(firmtrack: Run, tmp_path: Path) -> None:
    assert "does not exist" in failure(firmtrack("ingest", tmp_path / "nothing"), 2)
    unreachable = firmtrack("check", DATABASE_URL="postgresql://127.0.0.1:1/x")
    assert "the database cannot be reached" in failure(unreachable, 1)
    assert "There is no quarantine entry" in failure(firmtrack("quarantine", "show", "999"), 1)
    for command in ("show", "replay"):
        assert "9223372036854775807" in failure(firmtrack("quarantine", command, "9" * 21), 2)


def test_with_a_trust_store_only_what_is_signed_is_recorded(
    in_processes: Run, tmp_path: Path
) -> None:
    bravos = make_identity(samples.BRAVO, 1)
    trust = write_trust_store(tmp_path / "trust", bravos)
    document = replace(
        samples.PRENOTIFICATION, request_id=samples.REQUEST_ID._replace(originator=samples.BRAVO)
    )
    archive = tmp_path / "traffic.tar"
    archive.write_bytes(tar_of({"1": write(document), "2": write(document, signer=bravos.signer)}))

    tally = said(in_processes("ingest", archive, "--json", FIRMTRACK_TRUST_STORE=trust), status=3)

    assert (tally["recorded"], tally["quarantined"]) == (1, 1)


def test_what_befell_an_update_is_printed_with_it(firmtrack: Run, tmp_path: Path) -> None:
    held = RequestId(samples.ALPHA, samples.DCC, 4000)
    asked = replace(samples.update_firmware(device_ids=(samples.PPMID,)), request_id=held)
    breach = d.QuarantinedRequest(
        breach=d.QuarantineBreach.AD_USER_THRESHOLD_BREACH,
        request_id=held,
        quarantine_event_ref=7,
    )
    archive = tmp_path / "held.tar"
    archive.write_bytes(tar_of({"1": write(asked), "2": write(samples.dcc_alert("AD1", breach))}))
    said(firmtrack("ingest", archive, "--json"))

    for kind, term in (("request", held), ("device", samples.PPMID)):
        printed = firmtrack("find", kind, term).stdout
        assert "What else befell this " in printed
        assert "Held in quarantine by DCC" in printed
        assert "Breach: ADUserThresholdBreach" in printed
    found = said(firmtrack("find", "request", held, "--json"))
    assert [each["kind"] for each in found["incidents"]] == ["request_quarantined"]
    assert said(firmtrack("check", "--json"))["is_whole"]
