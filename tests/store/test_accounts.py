"""Parties, people and tokens in the database."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import authenticate
from django.db import IntegrityError
from psycopg import Connection
from psycopg.rows import TupleRow

from firmtrack.accounts.kinds import PartyKind, TokenScope
from firmtrack.accounts.models import ApiToken, Party, PartyUserId, User
from firmtrack.accounts.parties import (
    MalformedPartyName,
    PartyNameTaken,
    UnknownParty,
    UserIdTaken,
    add_party,
    party_named,
)
from firmtrack.accounts.people import EmailTaken, MalformedEmail, WeakPassword, add_user
from firmtrack.accounts.tokens import TokenHolder, authenticate_token, create_token
from firmtrack.accounts.viewers import viewer_of, viewer_of_party, viewer_of_token
from firmtrack.domain.identifiers import Eui64
from firmtrack.domain.viewer import Viewer
from firmtrack.store.database import pool

ALPHA_ID = Eui64.parse("90-B3-D5-1F-30-01-00-00")
ALPHA_SECOND_ID = Eui64.parse("90-B3-D5-1F-30-01-00-01")
BRAVO_ID = Eui64.parse("90-B3-D5-1F-30-02-00-00")
PASSWORD = "seven wet otters"
NOW = datetime.now(UTC)

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def connection(database: str) -> Iterator[Connection[TupleRow]]:
    with pool().connection() as connection:
        yield connection


@pytest.fixture
def alpha(database: str) -> Party:
    return add_party("Alpha", PartyKind.LARGE_SUPPLIER, [ALPHA_ID, ALPHA_SECOND_ID])


def test_a_party_has_its_user_ids_once_and_in_upper_case() -> None:
    shouted = Eui64.parse("90-b3-d5-1f-30-02-00-00")

    party = add_party("Bravo", PartyKind.SMALL_SUPPLIER, [shouted, BRAVO_ID])

    assert [row.user_id for row in party.user_ids.all()] == ["90-B3-D5-1F-30-02-00-00"]
    assert party_named("Bravo") == party


def test_a_second_party_of_the_same_name_is_refused(alpha: Party) -> None:
    with pytest.raises(PartyNameTaken, match="'Alpha'"):
        add_party("Alpha", PartyKind.SMALL_SUPPLIER, [BRAVO_ID])

    assert not PartyUserId.objects.filter(user_id=str(BRAVO_ID)).exists()


def test_a_party_that_claims_anothers_user_id_is_not_made(alpha: Party) -> None:
    with pytest.raises(UserIdTaken) as caught:
        add_party("Bravo", PartyKind.SMALL_SUPPLIER, [BRAVO_ID, ALPHA_ID])

    assert (caught.value.user_id, caught.value.owner) == (ALPHA_ID, "Alpha")
    assert not Party.objects.filter(name="Bravo").exists()
    assert not PartyUserId.objects.filter(user_id=str(BRAVO_ID)).exists()


@pytest.mark.parametrize("name", ["", " ", "Alpha ", "Al\npha", "A" * 101])
def test_a_party_needs_a_name_that_can_be_typed_again(database: str, name: str) -> None:
    with pytest.raises(MalformedPartyName):
        add_party(name, PartyKind.DCC, [])


def test_a_party_that_nobody_made_is_unknown(alpha: Party) -> None:
    with pytest.raises(UnknownParty, match="'alpha'"):
        party_named("alpha")


def test_the_database_refuses_a_user_id_that_is_not_canonical(alpha: Party) -> None:
    with pytest.raises(IntegrityError):
        PartyUserId.objects.create(party=alpha, user_id="90-b3-d5-1f-30-02-00-00")


def test_a_person_signs_in_whatever_the_case_of_the_address(alpha: Party) -> None:
    ada = add_user(" Ada@Alpha.Example ", alpha, PASSWORD)

    assert ada.email == "ada@alpha.example"
    assert authenticate(username="ADA@alpha.example", password=PASSWORD) == ada
    assert authenticate(username="ada@alpha.example", password=PASSWORD.upper()) is None


def test_a_person_who_left_does_not_sign_in(alpha: Party) -> None:
    add_user("ada@alpha.example", alpha, PASSWORD)
    User.objects.update(is_active=False)

    assert authenticate(username="ada@alpha.example", password=PASSWORD) is None


def test_a_password_is_not_kept_in_the_clear(alpha: Party) -> None:
    ada = add_user("ada@alpha.example", alpha, PASSWORD)

    assert ada.password.startswith("scrypt$")
    assert PASSWORD not in ada.password


def test_one_address_is_one_person(alpha: Party) -> None:
    add_user("ada@alpha.example", alpha, PASSWORD)

    with pytest.raises(EmailTaken):
        add_user("ADA@ALPHA.EXAMPLE", alpha, PASSWORD)


def test_the_database_refuses_an_address_in_mixed_case(alpha: Party) -> None:
    with pytest.raises(IntegrityError):
        User.objects.create(email="Ada@alpha.example", party=alpha)


@pytest.mark.parametrize(
    "email", ["", "ada", "ada@", "ada@alpha example", "a" * 300 + "@b.example"]
)
def test_a_text_that_is_no_address_is_refused(alpha: Party, email: str) -> None:
    with pytest.raises(MalformedEmail):
        add_user(email, alpha, PASSWORD)


@pytest.mark.parametrize(
    "password", ["", "short", "12345678901234", "password1234", "ada@alpha.example"]
)
def test_a_password_that_can_be_guessed_is_refused(alpha: Party, password: str) -> None:
    with pytest.raises(WeakPassword) as caught:
        add_user("ada@alpha.example", alpha, password)

    assert caught.value.problems
    assert not User.objects.exists()


def test_a_token_tells_whose_it_is_and_what_for(
    alpha: Party, connection: Connection[TupleRow]
) -> None:
    secret = create_token(alpha, TokenScope.READ, created_at=NOW)

    assert authenticate_token(connection, secret) == TokenHolder(
        party_name="Alpha",
        party_kind=PartyKind.LARGE_SUPPLIER,
        scopes=frozenset({TokenScope.READ}),
        user_ids=frozenset({ALPHA_ID, ALPHA_SECOND_ID}),
        ending=secret[-4:],
    )


def test_a_token_may_have_both_scopes(alpha: Party, connection: Connection[TupleRow]) -> None:
    secret = create_token(alpha, TokenScope.INTAKE, TokenScope.READ, created_at=NOW)

    holder = authenticate_token(connection, secret)

    assert holder is not None
    assert holder.scopes == {TokenScope.READ, TokenScope.INTAKE}


def test_a_token_without_a_scope_cannot_be_stored(alpha: Party) -> None:
    with pytest.raises(IntegrityError):
        create_token(alpha, created_at=NOW)


def test_the_token_of_a_party_without_user_ids_is_valid(
    database: str, connection: Connection[TupleRow]
) -> None:
    dcc = add_party("DCC", PartyKind.DCC, [])
    secret = create_token(dcc, TokenScope.INTAKE, created_at=NOW)

    holder = authenticate_token(connection, secret)

    assert holder is not None
    assert holder.user_ids == frozenset()


def test_nothing_stored_gives_a_tokens_secret_away(alpha: Party) -> None:
    secret = create_token(alpha, TokenScope.READ, created_at=NOW)

    (row,) = ApiToken.objects.values_list()
    assert secret.startswith("ft_")
    # 43 base64 characters hold 256 bits; the four that are kept do not count.
    assert len(secret.removeprefix("ft_")) >= 43 + 4
    assert secret not in map(str, row)
    assert secret.encode() not in [bytes(each) for each in row if isinstance(each, memoryview)]


def test_no_two_tokens_are_the_same(alpha: Party) -> None:
    secrets = {create_token(alpha, TokenScope.READ, created_at=NOW) for _ in range(20)}

    assert len(secrets) == 20


@pytest.mark.parametrize("altered", ["", "ft_", "ft_x", "{secret}x", " {secret}", "{secret}\x00"])
def test_a_token_that_was_not_given_is_refused(
    alpha: Party, connection: Connection[TupleRow], altered: str
) -> None:
    secret = create_token(alpha, TokenScope.READ, created_at=NOW)

    assert authenticate_token(connection, altered.format(secret=secret)) is None


def test_a_token_is_good_until_it_expires(alpha: Party, connection: Connection[TupleRow]) -> None:
    good = create_token(alpha, TokenScope.READ, created_at=NOW, expires_at=NOW + timedelta(hours=1))
    expired = create_token(
        alpha, TokenScope.READ, created_at=NOW, expires_at=NOW - timedelta(seconds=1)
    )

    assert authenticate_token(connection, good) is not None
    assert authenticate_token(connection, expired) is None


def test_a_revoked_token_is_refused(alpha: Party, connection: Connection[TupleRow]) -> None:
    secret = create_token(alpha, TokenScope.READ, created_at=NOW)
    ApiToken.objects.update(revoked_at=NOW)

    assert authenticate_token(connection, secret) is None


def test_a_suppliers_person_sees_what_the_partys_user_ids_sent(alpha: Party) -> None:
    ada = add_user("ada@alpha.example", alpha, PASSWORD)

    assert viewer_of(ada) == Viewer(
        "ada@alpha.example",
        frozenset({ALPHA_ID, ALPHA_SECOND_ID}),
        sees_all=False,
        party="Alpha",
    )


def test_a_party_without_user_ids_sees_nothing(database: str) -> None:
    charlie = add_party("Charlie", PartyKind.SMALL_SUPPLIER, [])

    assert viewer_of_party(charlie) == Viewer("Charlie", frozenset(), sees_all=False)


def test_dccs_staff_see_all(database: str) -> None:
    dcc = add_party("DCC", PartyKind.DCC, [])
    operator = add_user("operator@dcc.example", dcc, PASSWORD)

    assert viewer_of(operator).sees_all
    assert viewer_of_party(dcc).sees_all


def test_a_token_sees_what_its_party_sees(alpha: Party, connection: Connection[TupleRow]) -> None:
    secret = create_token(alpha, TokenScope.READ, created_at=NOW)
    holder = authenticate_token(connection, secret)
    assert holder is not None

    viewer = viewer_of_token(holder)

    assert viewer.user_ids == viewer_of_party(alpha).user_ids
    assert not viewer.sees_all
    assert secret[-4:] in viewer.name
