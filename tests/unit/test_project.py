"""What the project says about itself is true."""

import re
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from firmtrack.environment import BadSetting, Environment, read_environment
from tools.links import broken_links, missing_names, pages
from tools.stage_diagram import BEGIN, END, PAGE, stage_section, with_section

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src/firmtrack"
BARE_NAMES = {"DATABASE_URL", "DATABASE_REPLICA_URL", "NATS_URL", "NATS_CREDS", "NATS_CA"}


def table_rows(page: str) -> list[list[str]]:
    rows = re.findall(r"^\| `.*\|$", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE)
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def documented_settings() -> dict[str, str]:
    return {name.strip("`"): default for name, default, _ in table_rows("docs/settings.md")}


def test_the_stage_diagram_in_the_docs_is_made_from_the_stage_table() -> None:
    page = PAGE.read_text(encoding="utf-8")

    assert page == with_section(page, stage_section()), "run `make docs`"


def test_a_stale_stage_diagram_is_replaced_and_what_stands_around_it_is_kept() -> None:
    page = f"before\n{BEGIN}\nstale\n{END}\nafter\n"

    assert with_section(page, stage_section()) == f"before\n{stage_section()}\nafter\n"


def test_a_page_without_a_place_for_the_stages_is_refused() -> None:
    with pytest.raises(ValueError, match="no place for the stages"):
        with_section("# Domain model\n", stage_section())


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_the_docs_leads_somewhere(page: Path) -> None:
    assert list(broken_links(page)) == []


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# A heading, here\n[good](#a-heading-here) [gone](gone.md) [no such](#nowhere)\n"
        "[elsewhere](https://firmtrack.example/)\n```text\n[code](is-not-a-link.md)\n```\n",
        encoding="utf-8",
    )

    assert list(broken_links(page)) == ["gone.md", "#nowhere"]


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_and_module_that_the_docs_name_is_there(page: Path) -> None:
    assert list(missing_names(page)) == []


def test_a_name_of_what_is_gone_is_found_but_not_where_a_decision_was_replaced(
    tmp_path: Path,
) -> None:
    page = tmp_path / "page.md"
    here = (
        "`domain/facts.py` `src/firmtrack/` `tests/store/test_embedded*.py` `dossier.sql`"
        " `lookups/` `firmtrack.domain` `domain.facts` `firmtrack.domain.facts.MessageKind`"
        " `store.reading` `webhook.delivered` `/api/v1/openapi.json` `users.lock` `firmtrack find`"
    )
    gone = ["domain/gone.py", "gone.sql", "gone/", "firmtrack.gone.facts", "store.gone.facts",
            "domain.facts.Gone", "firmtrack.domain.gone"]  # fmt: skip
    page.write_text(f"{here} `{'` `'.join(gone)}`", encoding="utf-8")
    assert list(missing_names(page)) == gone

    page.write_text(f"Status: replaced by 022.\n`{'` `'.join(gone)}`", encoding="utf-8")
    assert list(missing_names(page)) == []


def test_the_table_of_settings_names_every_setting_and_no_other() -> None:
    named = {name.removeprefix("FIRMTRACK_").lower() for name in documented_settings()}

    assert named == {field.name for field in fields(Environment)}


@pytest.mark.parametrize("name", sorted(documented_settings()))
def test_a_documented_setting_may_be_set_and_a_misspelt_one_may_not(name: str) -> None:
    read_environment({name: ""})
    if name in BARE_NAMES:
        return
    with pytest.raises(BadSetting, match=f"{name}S"):
        read_environment({f"{name}S": ""})


def test_the_documented_defaults_are_the_real_ones() -> None:
    written = {
        name: default.strip("`")
        for name, default in documented_settings().items()
        if not default.startswith("none")
    }

    assert read_environment(written) == read_environment({})
    assert set(documented_settings()) - set(written) == {
        "DATABASE_URL",
        "DATABASE_REPLICA_URL",
        "FIRMTRACK_BODY_MONTHS",
        "FIRMTRACK_SECRET_KEY",
        "FIRMTRACK_SLOW_AFTER_HOURS",
        "FIRMTRACK_TRUST_STORE",
        "FIRMTRACK_TRUSTED_PROXIES",
        "FIRMTRACK_ALERT_SIGNER",
        "FIRMTRACK_MAIL_SERVER",
        "FIRMTRACK_PUBLIC_ADDRESS",
        "NATS_URL",
        "NATS_CREDS",
        "NATS_CA",
        "FIRMTRACK_STREAM_MONITORING",
    }


@pytest.mark.parametrize(
    "value", ["2013", "2013-01-01T00:00:00", "9999-01-01T00:00:00Z", "0001-01-01T00:00:00+01:00"]
)
def test_the_earliest_time_must_be_past_and_state_its_zone(value: str) -> None:
    with pytest.raises(BadSetting, match=r"^FIRMTRACK_EARLIEST_TIME: must be a past time"):
        read_environment({"FIRMTRACK_EARLIEST_TIME": value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FIRMTRACK_SESSION_HOURS", "0"),
        ("FIRMTRACK_SESSION_HOURS", "169"),
        ("FIRMTRACK_SESSION_IDLE_MINUTES", "half an hour"),
        ("FIRMTRACK_PROVIDER_PRIVATE_ADDRESSES", "yes"),
    ],
)
def test_how_people_sign_in_is_read_strictly(name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=f"^{name}: "):
        read_environment({name: value})


def test_sessions_last_half_a_day_and_half_an_hour_unless_said_otherwise() -> None:
    usual = read_environment({})
    assert (usual.session_hours, usual.session_idle_minutes) == (12, 30)
    assert not usual.provider_private_addresses


def test_the_changelog_has_a_section_for_this_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")

    assert f"## [{project['version']}]" in changelog


def test_every_decision_record_has_a_number_of_its_own_and_says_it_in_its_title() -> None:
    records = sorted((ROOT / "docs/decisions").glob("*.md"))
    numbers = [record.name.partition("-")[0] for record in records]

    assert len(set(numbers)) == len(records)
    for number, record in zip(numbers, records, strict=True):
        assert record.read_text(encoding="utf-8").startswith(f"# {number}: ")


def contributing() -> str:
    return (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_contributing_lists_the_layers_as_they_are_enforced() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = project["tool"]["importlinter"]["contracts"][0]["layers"]
    listed = re.findall(r"^(\w+(?: \| \w+)*)(?: {2,}.*)?$", contributing(), re.MULTILINE)

    assert [layer for layer in layers if layer != "__main__"] == listed


def test_the_statements_that_write_a_stages_number_are_those_that_are_named() -> None:
    numbered = re.compile(r"(?:stage|reached)(?:, 0\))? (?:[<>=]+|IN) \(?[0-9]|stage, [1-9]")
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (said,) = re.findall(r"^\*\*A stage between others\*\*.*?\n\n", page, re.MULTILINE | re.DOTALL)

    assert sorted(re.findall(r"`([a-z_]+\.sql)`", said)) == sorted(
        path.name
        for path in SOURCE.rglob("*.sql")
        if path.parent != SOURCE / "store/sql" and numbered.search(path.read_text(encoding="utf-8"))
    )
