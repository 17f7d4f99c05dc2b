"""An inventory comes from a file whole, or not at all; every bad row is named."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from firmtrack.domain.identifiers import Eui64
from firmtrack.domain.viewer import Viewer
from firmtrack.intake.inventory_import import ImportReport, InventoryFile, import_inventory
from firmtrack.intake.inventory_rows import BadHeader
from tests.looking import find_device
from tests.store.facts import ALPHA_ID, BRAVO, DCC, HUB, METERS, STRANGER, at

pytestmark = pytest.mark.usefixtures("database")

Import = Callable[..., ImportReport]


@pytest.fixture
def bring_in(tmp_path: Path) -> Import:
    def bring_in(*texts: str | bytes, skip_bad: bool = False) -> ImportReport:
        sources = []
        for number, text in enumerate(texts):
            path = tmp_path / f"{number}.txt"
            path.write_bytes(text.encode() if isinstance(text, str) else text)
            sources.append(replace(InventoryFile.of_path(path), name=f"file {number}"))
        return import_inventory(sources, skip_bad=skip_bad, on_read=lambda _: None)

    return bring_in


def model(device_id: Eui64 = METERS[0], viewer: Viewer = DCC) -> str | None:
    found = find_device(viewer, device_id)
    return None if found is None or found.inventory is None else found.inventory.model


def problems(report: ImportReport) -> list[tuple[str, int, str | None, str]]:
    return [(each.file, each.line, each.column, each.problem) for each in report.problems]


def test_a_csv_is_known_afterwards_with_every_fact(bring_in: Import) -> None:
    report = bring_in(
        "device_id,device_type,manufacturer,model,smets_version,device_status,firmware_version,"
        "firmware_version_status,gbcs_version,csp_region,comms_hub_id,responsible_supplier,"
        "learnt_at\r\n"
        f'{METERS[0]},ESME,"A, Ltd",M1,5.1,Commissioned,0102030a,Active,4.1,4G North,{HUB},'
        f"{ALPHA_ID},2026-03-01T10:00:00+01:00\r\n"
    )

    found = find_device(DCC, METERS[0])

    assert (report.rows, report.changed, report.unchanged, report.bad) == (1, 1, 0, 0)
    assert found is not None
    facts = found.inventory
    assert facts is not None
    assert facts.learnt_at == at(0)
    assert (facts.device_type, facts.manufacturer, facts.model) == ("ESME", "A, Ltd", "M1")
    assert (facts.smets_version, facts.device_status) == ("5.1", "Commissioned")
    assert (facts.firmware_version, facts.firmware_version_status) == ("0102030A", "Active")
    assert (facts.gbcs_version, facts.csp_region) == ("4.1", "4G North")
    assert (facts.comms_hub_id, facts.responsible_supplier) == (HUB, ALPHA_ID)
    assert model(METERS[0], BRAVO) is None
    assert model(METERS[0], STRANGER) is None


def test_json_lines_say_the_same(bring_in: Import) -> None:
    report = bring_in(f'{{"device_id": "{METERS[0]}", "model": "M1", "csp_region": null}}\n\n')

    assert (report.rows, report.changed) == (1, 1)
    assert model() == "M1"


def test_the_same_file_again_changes_nothing(bring_in: Import) -> None:
    text = f"device_id,model,learnt_at\n{METERS[0]},M1,2026-03-01T09:00:00Z\n{METERS[1]},M2,\n"
    bring_in(text)

    report = bring_in(text)

    assert (report.rows, report.changed, report.unchanged) == (2, 0, 2)


def test_every_bad_row_is_named_and_nothing_is_imported(bring_in: Import) -> None:
    report = bring_in(
        "device_id,device_type,model,learnt_at\n"
        f"{METERS[0]},ESME,M1,\n"
        "12,ESME,M1,\n"
        f"{METERS[1]},TOASTER,M1,\n"
        f"{METERS[2]},ESME\n"
        f"{METERS[3]},ESME,{'M' * 31},\n"
        f"{METERS[4]},ESME,M1,2026-03-01T09:00:00\n"
        ",ESME,M1,\n"
        f'{METERS[4]},"ESME,M1,\n'
        f"{METERS[0]},ESME,M2,\n",
    )

    assert report.is_kept is False
    assert (report.rows, report.bad, report.changed) == (9, 8, 0)
    said = problems(report)
    assert [(line, column) for _, line, column, _ in said] == [
        (3, "device_id"),
        (4, "device_type"),
        (5, None),
        (6, "model"),
        (7, "learnt_at"),
        (8, "device_id"),
        (9, None),
        (10, "device_id"),
    ]
    assert said[0][3] == "'12' is not an EUI-64"
    assert said[1][3].startswith("'TOASTER' is none of CAD, CHF, ESME,")
    assert said[2][3] == "has 2 values, not 4"
    assert said[7][3] == f"'{METERS[0]}' stands in an earlier line, too"
    assert model() is None


def test_bad_rows_can_be_left_out(bring_in: Import) -> None:
    report = bring_in(f"device_id,model\nx,M0\n{METERS[0]},M1\n", skip_bad=True)

    assert report.is_kept
    assert (report.rows, report.changed, report.bad) == (2, 1, 1)
    assert model() == "M1"


def test_a_device_in_two_files_is_named_by_the_second(bring_in: Import) -> None:
    text = f"device_id,model\n{METERS[0]},M1\n"

    report = bring_in(text, text)

    assert [(file, line) for file, line, *_ in problems(report)] == [("file 1", 2)]


def test_the_problems_are_counted_all_and_listed_up_to_a_bound(bring_in: Import) -> None:
    report = bring_in("device_id\n" + "x\n" * 1_000)

    assert report.bad == 1_000
    assert len(report.problems) == 20


@pytest.mark.parametrize(
    "line",
    [
        "[]",
        '{"device_id": 1}',
        '{"device_id": "00-DB-12-34-00-00-00-01", "colour": "red"}',
        '{"device_id": "00-DB-12-34-00-00-00-01", "model": "a\\u0000b"}',
        "{" * 10_000,
        '{"model": "M1"}',
        f'{{"device_id": "{"0" * 70_000}"}}',
        "not json",
        b'{"device_id": "00-DB-12-34-00-00-00-01", "model": "\xff"}',
    ],
    ids=lambda line: str(line[:24]),
)
def test_a_line_of_json_may_be_anything(bring_in: Import, line: str | bytes) -> None:
    octets = line.encode() if isinstance(line, str) else line
    good = f'{{"device_id": "{METERS[0]}", "model": "M1"}}\n'.encode()

    report = bring_in(good + octets + b"\n", skip_bad=True)

    assert (report.rows, report.bad, report.changed) == (2, 1, 1)
    assert problems(report)[0][1] == 2


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("model", "there is no column device_id"),
        ("device_id,colour", "'colour' is no column"),
        ("device_id,model,model", "model stands twice"),
        ('device_id,"model', "it is not CSV"),
    ],
)
def test_a_file_without_the_right_header_is_refused(
    bring_in: Import, header: str, said: str
) -> None:
    with pytest.raises(BadHeader, match=f"file 0, line 1: {said}"):
        bring_in(f"{header}\n{METERS[0]},M1\n", skip_bad=True)


def test_an_empty_file_is_an_empty_import(bring_in: Import) -> None:
    assert bring_in("").rows == 0


def test_a_byte_order_mark_is_no_part_of_the_header(bring_in: Import) -> None:
    assert bring_in(b"\xef\xbb\xbf" + f"device_id\n{METERS[0]}\n".encode()).changed == 1
