"""A person who leaves, and a User ID that moves: what ends at once, and what stays on record."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from django.contrib.sessions.models import Session
from django.db import connections
from django.test import Client
from psycopg import Connection
from psycopg.rows import TupleRow

from firmtrack.accounts import parties, people, tokens
from firmtrack.accounts.acting import NoLongerAllowed, operator_name
from firmtrack.accounts.kinds import PartyKind, Role, TokenScope
from firmtrack.accounts.models import ApiToken, Party, User
from firmtrack.accounts.people import LastAdministrator, PersonState, RoleNotOfParty
from firmtrack.accounts.sessions import sessions_of
from firmtrack.accounts.viewers import owner_of, viewer_of_party
from firmtrack.domain.identifiers import Eui64
from firmtrack.notices import endpoints, user_ids
from firmtrack.notices.composing import compose_due
from firmtrack.notices.queries import list_notices
from firmtrack.notices.webhook import WEBHOOK
from firmtrack.store.acts import ActKind
from firmtrack.store.database import pool
from firmtrack.store.numbers import to_bigint

ALPHA_ID = Eui64.parse("90-B3-D5-1F-30-01-00-00")
ALPHA_SECOND_ID = Eui64.parse("90-B3-D5-1F-30-01-00-01")
PASSWORD = "seven wet otters"
NOW = datetime.now(UTC)

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def connection(database: str) -> Iterator[Connection[TupleRow]]:
    with pool().connection() as connection:
        yield connection


@pytest.fixture
def alpha(database: str) -> Party:
    return parties.add_party("Alpha", PartyKind.LARGE_SUPPLIER, [ALPHA_ID, ALPHA_SECOND_ID])


@pytest.fixture
def bravo(database: str) -> Party:
    return parties.add_party("Bravo", PartyKind.SMALL_SUPPLIER, [])


@pytest.fixture
def ada(alpha: Party) -> User:
    return people.add_user("ada@alpha.example", alpha, PASSWORD)


@pytest.fixture
def alan(ada: User) -> User:
    """A second administrator of Alpha, with a session and a token."""
    alan = people.add_user("alan@alpha.example", ada.party, PASSWORD, Role.PARTY_ADMINISTRATOR)
    _sign_in(alan)
    tokens.create_token(ada.party, TokenScope.READ, created_at=NOW, created_by=alan, name="Mine")
    return alan


def _sign_in(user: User) -> None:
    client = Client(SERVER_NAME="localhost")
    client.force_login(user)
    client.get("/guidance")  # a session is known from its first page on


def acts(connection: Connection[TupleRow], *kinds: ActKind) -> list[tuple[str, str | None, str]]:
    """Return who did it, whose it is, and to what, in order."""
    return connection.execute(
        "SELECT actor, party, subject FROM act WHERE kind = ANY (%s) ORDER BY act_id",
        ([kind.value for kind in kinds],),
    ).fetchall()


def test_whoever_is_disabled_loses_sessions_and_tokens_and_all_is_on_record(
    ada: User, alan: User, connection: Connection[TupleRow]
) -> None:
    assert len(sessions_of(alan)) == 1

    assert people.disable(alan, by=ada)

    alan.refresh_from_db()
    token = ApiToken.objects.get()
    assert people.state_of(alan) is PersonState.DISABLED
    assert alan.disabled_at is not None
    assert not sessions_of(alan)
    assert not Session.objects.exists()
    assert token.revoked_at is not None
    assert acts(connection, ActKind.PERSON_DISABLED, ActKind.TOKEN_REVOKED) == [
        (ada.email, "Alpha", f"Mine (…{token.ending})"),
        (ada.email, "Alpha", alan.email),
    ]


def test_to_do_it_twice_changes_and_records_nothing_more(
    ada: User, alan: User, connection: Connection[TupleRow]
) -> None:
    before = len(acts(connection, *ActKind))
    assert people.disable(alan, by=ada)
    assert not people.disable(alan, by=ada)
    assert people.enable(alan, by=ada)
    assert not people.enable(alan, by=ada)
    assert not people.change_role(alan, Role.PARTY_ADMINISTRATOR, by=ada)
    assert len(acts(connection, *ActKind)) - before == 3  # with the token that was revoked


def test_enabling_again_gives_no_token_back(ada: User, alan: User) -> None:
    people.disable(alan)
    people.enable(alan)

    assert not tokens.list_tokens(ada.party)[0].is_good


def test_whoever_may_do_less_loses_what_they_had_and_whoever_may_do_more_does_not(
    alan: User,
) -> None:
    people.change_role(alan, Role.VIEWER)
    assert not sessions_of(alan)
    assert ApiToken.objects.filter(revoked_at__isnull=True).count() == 0

    _sign_in(alan)
    people.change_role(alan, Role.PARTY_ADMINISTRATOR)
    assert len(sessions_of(alan)) == 1


def test_whoever_is_moved_loses_all_and_neither_party_learns_of_the_other(
    alan: User, bravo: Party, connection: Connection[TupleRow]
) -> None:
    people.add_user("bea@bravo.example", bravo, PASSWORD)

    assert people.move(alan, bravo)

    alan.refresh_from_db()
    assert (alan.party, alan.role) == (bravo, Role.VIEWER)
    assert not sessions_of(alan)
    assert ApiToken.objects.get().revoked_at is not None
    told = connection.execute(
        "SELECT party, detail FROM act WHERE kind = 'person_moved' ORDER BY act_id"
    ).fetchall()
    assert told == [("Alpha", "to another organisation"), ("Bravo", "here, as Viewer")]
    assert not people.move(alan, bravo)


def test_the_last_administrator_stays_unless_an_operator_insists(ada: User, bravo: Party) -> None:
    removals: list[Callable[[bool], object]] = [
        lambda force: people.disable(ada, may_be_last=force),
        lambda force: people.change_role(ada, Role.VIEWER, may_be_last=force),
        lambda force: people.move(ada, bravo, Role.VIEWER, may_be_last=force),
    ]
    invited = people.invite_person("ann@alpha.example", ada.party, Role.PARTY_ADMINISTRATOR)
    assert people.state_of(invited) is PersonState.INVITED
    for remove in removals:
        with pytest.raises(LastAdministrator, match="--force"):
            remove(False)  # the functions are the test's own
    assert removals[0](True)


def test_of_two_administrators_who_disable_each_other_one_stays(ada: User, alan: User) -> None:
    both_are_ready = Barrier(2)

    def try_it(by: User, other: User) -> bool:
        try:
            both_are_ready.wait(timeout=60)
            return people.disable(other, by=by)
        except (NoLongerAllowed, LastAdministrator):
            return False
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as threads:
        done = list(threads.map(try_it, (ada, alan), (alan, ada)))

    assert sorted(done) == [False, True]
    assert User.objects.filter(is_active=True).count() == 1


def test_whoever_was_demoted_meanwhile_changes_nothing(ada: User, alan: User) -> None:
    people.change_role(alan, Role.VIEWER)

    for change in (
        lambda: people.disable(ada, by=alan),
        lambda: people.change_role(ada, Role.VIEWER, by=alan),
        lambda: people.invite_person("new@alpha.example", ada.party, by=alan),
        lambda: people.end_sessions(ada, by=alan),
        lambda: tokens.create_own_token(alan, "x", [TokenScope.READ], NOW),
        lambda: tokens.revoke_token(ApiToken.objects.get().pk, by=alan),
    ):
        with pytest.raises(NoLongerAllowed):
            change()


def test_an_administrator_changes_nothing_of_another_party(
    ada: User, alan: User, bravo: Party
) -> None:
    ben = people.add_user("ben@bravo.example", bravo, PASSWORD)

    with pytest.raises(NoLongerAllowed):
        people.disable(alan, by=ben)
    with pytest.raises(tokens.UnknownToken):
        tokens.revoke_token(ApiToken.objects.get().pk, by=ben)
    with pytest.raises(RoleNotOfParty):
        people.change_role(alan, Role.DCC_ADMINISTRATOR, by=ada)
    with pytest.raises(tokens.ScopeNotTheirs):
        tokens.create_own_token(ada, "x", [TokenScope.METRICS], NOW)


def test_an_invitation_that_waits_is_made_again_and_anothers_address_is_refused(
    ada: User, bravo: Party
) -> None:
    first = people.invite_person(" Ann@Alpha.example ", ada.party, by=ada)
    again = people.invite_person("ann@alpha.example", ada.party, Role.PARTY_ADMINISTRATOR, by=ada)

    assert (first.pk, first.role, again.role) == (again.pk, "viewer", "party_administrator")
    assert not again.has_usable_password()
    for taken, party in ((ada.email, ada.party), ("ann@alpha.example", bravo)):
        with pytest.raises(people.EmailTaken):
            people.invite_person(taken, party)


def test_a_tokens_name_is_one_among_those_that_are_good(ada: User) -> None:
    def make() -> str:
        return tokens.create_own_token(ada, "Dashboard", [TokenScope.READ], NOW + timedelta(days=1))

    make()
    with pytest.raises(tokens.TokenNameTaken):
        make()
    tokens.revoke_token(ApiToken.objects.get().pk, by=ada)
    make()

    for unfit in ("x" * 101, " x", "a\nb", "\x00"):
        with pytest.raises(tokens.UnfitTokenName):
            tokens.create_token(ada.party, TokenScope.READ, created_at=NOW, name=unfit)


def test_tokens_that_ended_long_ago_are_listed_only_if_all_are_asked_for(alpha: Party) -> None:
    long_ago = NOW - tokens.ENDED_SHOWN - timedelta(minutes=1)
    for until in (None, NOW + timedelta(days=1), NOW - timedelta(days=1), long_ago):
        tokens.create_token(alpha, TokenScope.READ, created_at=NOW, expires_at=until)

    assert [each.is_good for each in tokens.list_tokens(alpha)] == [False, True, True]
    assert len(tokens.list_tokens(alpha, include_all=True)) == 4


def queue_change(connection: Connection[TupleRow], user_id: Eui64) -> None:
    connection.execute(
        """
        INSERT INTO status_change (user_id, is_own, topic, device_ids, occurred_at, recorded_at)
        VALUES (%s, false, 'distribution.verified', '{1}', now(), now())
        """,
        (to_bigint(user_id),),
    )


def test_of_a_user_id_that_was_taken_nothing_more_is_told_and_what_was_told_stays_readable(
    alpha: Party, connection: Connection[TupleRow]
) -> None:
    ada = people.add_user("ada@alpha.example", alpha, PASSWORD)
    endpoints.add_endpoint(alpha, WEBHOOK, "https://receiver.example/", ["distribution.verified"])
    for user_id in (ALPHA_ID, ALPHA_SECOND_ID):
        queue_change(connection, user_id)
    assert compose_due(connection, grouping_delay=timedelta(0)) == 2
    queue_change(connection, ALPHA_ID)

    user_ids.remove_user_id(alpha, ALPHA_ID)

    def states() -> list[str]:
        return [each.state for each in list_notices(owner_of(ada), limit=9).items]

    assert compose_due(connection, grouping_delay=timedelta(0)) == 0
    assert sorted(states()) == ["dead", "waiting"]
    assert endpoints.resend(owner_of(ada)) == 0
    user_ids.remove_user_id(alpha, ALPHA_SECOND_ID)
    assert states() == ["dead", "dead"]
    assert owner_of(ada).user_ids == frozenset()


def test_a_user_id_moves_with_what_is_its_own_and_no_other_partys_audit(
    alpha: Party, bravo: Party, connection: Connection[TupleRow]
) -> None:
    with pytest.raises(parties.UserIdTaken, match="Alpha"):
        parties.add_user_id(bravo, ALPHA_ID)
    with pytest.raises(parties.NotTheirUserId, match="it belongs to Alpha"):
        user_ids.remove_user_id(bravo, ALPHA_ID)

    secret = tokens.create_token(alpha, TokenScope.INTAKE, created_at=NOW)
    user_ids.remove_user_id(alpha, ALPHA_ID)
    parties.add_user_id(bravo, ALPHA_ID)

    holder = tokens.authenticate_token(connection, secret)
    assert holder is not None
    assert holder.user_ids == {ALPHA_SECOND_ID}, "so that it hands in nothing about the other"
    assert viewer_of_party(alpha).user_ids == {ALPHA_SECOND_ID}
    assert viewer_of_party(bravo).user_ids == {ALPHA_ID}
    with pytest.raises(parties.NotTheirUserId, match="it belongs to Bravo"):
        user_ids.remove_user_id(alpha, ALPHA_ID)
    assert acts(connection, ActKind.USER_ID_REMOVED, ActKind.USER_ID_ADDED)[2:] == [
        (operator_name(), "Alpha", str(ALPHA_ID)),
        (operator_name(), "Bravo", str(ALPHA_ID)),
    ]
    with pytest.raises(parties.NotTheirUserId, match="nobody"):
        user_ids.remove_user_id(alpha, Eui64(5))


def test_an_act_that_fails_is_not_on_record(
    alpha: Party, bravo: Party, connection: Connection[TupleRow]
) -> None:
    before = acts(connection, *ActKind)
    with pytest.raises(parties.UserIdTaken):
        parties.add_party("Charlie", PartyKind.SMALL_SUPPLIER, [Eui64(7), ALPHA_ID])
    assert acts(connection, *ActKind) == before


def test_a_party_is_listed_with_its_people(alpha: Party, ada: User, alan: User) -> None:
    people.disable(alan)
    assert parties.require_totp(alpha, is_required=True)
    assert not parties.require_totp(alpha, is_required=True)

    (listed,) = parties.list_parties()

    assert (listed.people, listed.administrators, listed.requires_totp) == (1, 1, True)
    assert listed.user_ids == [str(ALPHA_ID), str(ALPHA_SECOND_ID)]
    assert [each.state for each in people.list_people(alpha)] == ["active", "disabled"]
