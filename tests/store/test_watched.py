"""What those are told who watch a server: whether it is ready, and how it fares."""

import json
import os
import re
import signal
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from wsgiref.util import setup_testing_defaults

import psycopg
import pytest
from django.core.wsgi import get_wsgi_application
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from firmtrack.accounts.kinds import PartyKind, TokenScope
from firmtrack.accounts.models import Party
from firmtrack.accounts.parties import add_party
from firmtrack.accounts.tokens import create_token
from firmtrack.gateway.environ import PASSED_ON
from firmtrack.intake.envelopes import DUIS_MEDIA_TYPE, Envelope
from firmtrack.intake.receive import Submitter, receive
from firmtrack.lookups.notices import open_notices_page
from firmtrack.measures.table import TABLE, Form
from firmtrack.notices import endpoints
from firmtrack.notices.signs_of_life import ALIVE_FOR, giving_signs, is_anyone_dispatching
from firmtrack.notices.webhook import WEBHOOK
from firmtrack.store import database as the_database
from firmtrack.store.database import pool
from firmtrack.watching import statement
from firmtrack.watching.endpoints import Watched
from firmtrack.watching.exposition import every_name
from firmtrack.watching.gauges import COUNTED_AT_MOST, GAUGES
from tests.journeys.processes import firmtrack, on, until_said, wait_until
from tests.store.facts import ALPHA, ALPHA_ID, BRAVO, BRAVO_ID, DCC, STRANGER

ROOT = Path(__file__).parents[2]
ELSEWHERE = {"REMOTE_ADDR": "192.0.2.7"}


class Answered:
    """What a WSGI application answered."""

    def __init__(self, application: Any, path: str, method: str, said: Mapping[str, str]) -> None:
        environ: dict[str, Any] = {"PATH_INFO": path, "REQUEST_METHOD": method}
        setup_testing_defaults(environ)
        environ |= {"REMOTE_ADDR": "127.0.0.1", **said}
        self.body = b"".join(application(environ, self._start))
        self.text = self.body.decode()

    def _start(self, status: str, headers: list[tuple[str, str]], _: object = None) -> Any:
        self.status = int(status[:3])
        self.headers = dict(headers)


class Server:
    """The application as it is called by who watches it."""

    def __init__(self) -> None:
        self.application = Watched(get_wsgi_application())

    def ask(self, path: str, method: str = "GET", **said: str) -> Answered:
        return Answered(self.application, path, method, said)

    def problems(self) -> list[str]:
        answer = self.ask("/readyz")
        told = json.loads(answer.body)
        assert (answer.status, told["status"]) in {(200, "ready"), (503, "not ready")}
        return [each["code"] for each in told["problems"]]

    def numbers(self) -> dict[tuple[str, str], float]:
        """Return each number of a scrape, by its name and its labels, sorted by theirs."""
        text = self.ask("/metrics").text
        return {
            (each.name, ",".join(value for _, value in sorted(each.labels.items()))): each.value
            for family in text_string_to_metric_families(text)
            for each in family.samples
        }


@pytest.fixture
def server(database: str) -> Iterator[Server]:
    made = Server()
    yield made
    made.application.stop()


@pytest.fixture
def alpha(database: str) -> Party:
    return add_party("Alpha Energy", PartyKind.LARGE_SUPPLIER, [ALPHA_ID])


@contextmanager
def no_database() -> Iterator[None]:
    before = the_database.conninfo_in_use()
    the_database.use("host=127.0.0.1 port=1 dbname=firmtrack")  # where nobody listens
    try:
        yield
    finally:
        the_database.use(before)


def bearer(party: Party, *scopes: TokenScope) -> dict[str, str]:
    token = create_token(party, *scopes, created_at=datetime.now(UTC))
    return {"HTTP_AUTHORIZATION": f"Bearer {token}"}


def test_a_process_that_answers_is_healthy_without_a_database_and_by_any_name(
    server: Server,
) -> None:
    with no_database():
        answer = server.ask("/healthz", HTTP_HOST="10.0.0.1:8000", **ELSEWHERE)

    assert (answer.status, answer.text) == (200, '{"status": "ok"}\n')
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_server_is_ready_when_it_can_serve_its_database(server: Server) -> None:
    assert server.problems() == []
    assert server.ask("/readyz", HTTP_HOST="10.0.0.1", **ELSEWHERE).status == 200


def test_a_server_without_its_database_says_so_and_no_secret() -> None:
    server = Server()
    the_database.use("host=127.0.0.1 port=1 dbname=firmtrack user=ada password=geheim")
    try:
        answer = server.ask("/readyz")
    finally:
        the_database.close()
        server.application.stop()

    assert answer.status == 503
    assert json.loads(answer.body)["problems"][0]["code"] == "database_away"
    assert not re.search("geheim|ada|127", answer.text)


def test_a_database_that_does_not_answer_is_waited_for_no_longer_than_is_said(
    server: Server,
) -> None:
    with psycopg.connect(the_database.conninfo_in_use()) as other:
        other.execute("LOCK TABLE django_migrations")

        assert server.problems() == ["database_silent"]
        assert server.ask("/healthz").status == 200

        other.rollback()
    wait_until(lambda: server.problems() == [], "the server was ready again")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("UPDATE served_from SET migration = '9999_later'", "schema_newer"),
        ("INSERT INTO rereading (edition, phase) VALUES (99, 'done')", "schema_newer"),
        ("DELETE FROM django_migrations WHERE name = '0024_watching'", "schema_older"),
    ],
)
def test_a_server_of_another_version_than_its_database_is_not_ready(
    server: Server, change: str, problem: str
) -> None:
    with pool().connection() as connection:
        connection.execute(change.encode())

    assert server.problems() == [problem]


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_what_is_watched_is_read_only(server: Server, path: str) -> None:
    head = server.ask(path, "HEAD")
    assert (head.status, head.body) == (200, b"")
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE"):
        refused = server.ask(path, method)
        assert (refused.status, refused.headers["Allow"]) == (405, "GET, HEAD")


def test_nobody_who_watches_is_audited_or_has_a_session(server: Server) -> None:
    for path in ("/healthz", "/readyz", "/metrics"):
        assert "Set-Cookie" not in server.ask(path).headers

    with pool().connection() as connection:
        for table in ("lookup_audit", "django_session"):
            assert connection.execute(f"SELECT FROM {table}".encode()).fetchall() == []


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_this_machine_itself_may_read_the_metrics(server: Server, address: str) -> None:
    assert server.ask("/metrics", REMOTE_ADDR=address).status == 200


@pytest.mark.parametrize(
    "said",
    [
        ELSEWHERE,
        {"REMOTE_ADDR": "::ffff:192.0.2.7"},
        {"REMOTE_ADDR": ""},
        {"REMOTE_ADDR": "127.0.0.1", PASSED_ON: True},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_VIA": "1.1 proxy"},
        {**ELSEWHERE, PASSED_ON: True},
        {**ELSEWHERE, "HTTP_AUTHORIZATION": "Bearer ft_unknown"},
        {**ELSEWHERE, "HTTP_AUTHORIZATION": "Basic YTpi"},
    ],
)
def test_others_may_not_without_a_token_though_a_proxy_on_this_machine_passes_them_on(
    server: Server, said: dict[str, str]
) -> None:
    refused = server.ask("/metrics", **said)

    assert refused.status == 401
    assert refused.headers["WWW-Authenticate"].startswith("Bearer")
    assert "firmtrack_" not in refused.text


def test_a_token_of_scope_metrics_reads_them_and_no_other_does(own_database: str) -> None:
    alpha = add_party("Alpha Energy", PartyKind.LARGE_SUPPLIER, [ALPHA_ID])
    server = Server()
    good = server.ask("/metrics", **ELSEWHERE, **bearer(alpha, TokenScope.METRICS))
    wrong = server.ask("/metrics", **ELSEWHERE, **bearer(alpha, TokenScope.READ, TokenScope.INTAKE))

    assert good.status == 200
    assert "firmtrack_build_info" in good.text
    assert wrong.status == 403
    with no_database():
        silent = Server()
        asked = silent.ask("/metrics", **ELSEWHERE, HTTP_AUTHORIZATION="Bearer ft_whatever")
    assert asked.status == 503
    for each in (server, silent):
        each.application.stop()


def test_without_the_database_the_metrics_tell_what_is_known(server: Server) -> None:
    with no_database():
        numbers = server.numbers()

    assert numbers["firmtrack_database_up", ""] == 0
    assert any(name == "firmtrack_build_info" for name, _ in numbers)
    assert not any(name == "firmtrack_schema_version" for name, _ in numbers)


def test_the_gauges_are_what_the_database_holds(server: Server, alpha: Party) -> None:
    made = endpoints.add_endpoint(alpha, WEBHOOK, "https://alpha.example/notices")
    for _ in range(2):
        endpoints.test_endpoint(DCC, made.endpoint_id)
    refused = Envelope(body=b"<", media_type=DUIS_MEDIA_TYPE, received_at=None, origin="a test")
    receive([refused], Submitter.operator())
    with pool().connection() as connection:
        connection.execute(
            "INSERT INTO stalled_distribution VALUES"
            " (1, 1, 3, now()), (2, 1, 3, now()), (3, 1, 3, now() - interval '2 days')"
        )
        connection.execute("INSERT INTO unfolded_device VALUES (1, now())")
        connection.execute("INSERT INTO arrival VALUES ('csp', 'north', now() - interval '1 hour')")
        connection.execute("UPDATE notice SET waits_since = now() - interval '1 day'")

    numbers = server.numbers()

    assert numbers["firmtrack_database_up", ""] == 1
    assert numbers["firmtrack_quarantine_waiting", ""] == 1
    assert numbers["firmtrack_notices", "waiting"] == 2
    assert numbers["firmtrack_notices", "dead"] == 0
    assert numbers["firmtrack_notices_oldest_seconds", ""] == pytest.approx(86_400, abs=600)
    assert numbers["firmtrack_endpoints", ""] == 1
    assert numbers["firmtrack_dispatchers", ""] == 0
    assert numbers["firmtrack_stalled_distributions", ""] == 2
    assert numbers["firmtrack_unfolded_devices", ""] == 1
    assert numbers["firmtrack_source_lag_seconds", "north,csp"] == pytest.approx(3_600, abs=600)
    assert numbers["firmtrack_schema_version", ""] >= 24
    assert numbers["firmtrack_database_bytes", ""] > 1_000_000
    assert numbers["firmtrack_messages_total", "other,quarantined"] >= 1
    assert numbers["firmtrack_ledger_batch_seconds_count", ""] >= 1


def test_no_number_is_counted_over_all_that_the_store_holds(server: Server) -> None:
    with pool().connection() as connection:
        connection.execute(
            "INSERT INTO quarantine (identity, body, is_whole, media_type, origin, submitter,"
            " reason_code, reason) SELECT int8send(n), '', true, '', '', '', '', ''"
            " FROM generate_series(1, 20000) AS n"
        )

    assert server.numbers()["firmtrack_quarantine_waiting", ""] == COUNTED_AT_MOST


def test_what_waits_is_found_by_an_index(database: str) -> None:
    asked = {"at_most": COUNTED_AT_MOST, "alive": ALIVE_FOR}
    with pool().connection() as connection, connection.transaction():
        connection.execute("SET LOCAL enable_seqscan = off")
        rows = connection.execute(b"EXPLAIN " + statement("gauges"), asked).fetchall()

    plan = "\n".join(line for (line,) in rows)
    for table in ("quarantine", "notice", "stalled_distribution"):
        assert not re.search(rf"Seq Scan on {table}\b", plan), plan
    for index in ("quarantine_waiting", "notice_waiting", "notice_dead", "stalled_found_at"):
        scan = rf"(Index (Only )?Scan using|Bitmap Index Scan on) {index}\b"
        assert re.search(scan, plan), plan


def test_calls_and_look_ups_are_counted_by_bounded_labels(server: Server) -> None:
    before = server.numbers()
    unknown = server.ask("/api/v1/devices/00-DB-12-34-56-78-90-A0", HTTP_HOST="localhost")
    page = server.ask("/nowhere/at-all", HTTP_HOST="localhost")
    after = server.numbers()

    assert (unknown.status, page.status) == (401, 404)
    for labels in ("401,api", "404,pages"):
        earlier = before.get(("firmtrack_calls_total", labels), 0)
        assert after["firmtrack_calls_total", labels] == earlier + 1


def test_a_scrape_is_in_the_form_that_is_asked_for(server: Server) -> None:
    plain = server.ask("/metrics", HTTP_ACCEPT="text/plain;version=0.0.4")
    newer = server.ask("/metrics", HTTP_ACCEPT="application/openmetrics-text;version=1.0.0")

    assert plain.headers["Content-Type"].startswith("text/plain")
    assert newer.headers["Content-Type"].startswith("application/openmetrics-text")
    assert list(openmetrics(newer.text))  # type: ignore[no-untyped-call]


def test_each_metric_that_is_told_is_documented_and_each_that_an_alarm_names_is_told() -> None:
    page = (ROOT / "docs/alarms.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `(firmtrack_[a-z_]+)`", page, re.MULTILINE))
    histograms = [each.name for each in TABLE if each.form is Form.HISTOGRAM]
    told = {*every_name(), *(f"{name}_{end}" for name in histograms
                             for end in ("bucket", "count", "sum"))}  # fmt: skip

    assert documented == set(every_name())
    assert set(re.findall(r"\bfirmtrack_[a-z_]+", page)) <= told
    assert {each.name for each in GAUGES} <= documented


def test_each_alarm_says_what_it_means_and_what_to_do() -> None:
    page = (ROOT / "docs/alarms.md").read_text(encoding="utf-8")
    _, _, alarms = page.partition("## Alarms")
    rows = [line for line in alarms.splitlines() if line.startswith("| `")]

    assert len(rows) >= 12
    for row in rows:
        cells = [each.strip() for each in row.strip("|").split(" | ")]
        assert len(cells) == 5, row
        assert all(cells), row


def test_a_dispatcher_is_known_to_run_as_long_as_it_does(database: str) -> None:
    def is_running() -> bool:
        with pool().connection() as connection:
            return is_anyone_dispatching(connection)

    assert not is_running()
    with giving_signs():
        wait_until(is_running, "it gave a sign")
        with giving_signs():
            pass
        assert is_running()
    assert not is_running()


def test_a_dispatcher_that_was_killed_is_not_taken_for_one_that_runs(
    database: str, tmp_path: Path
) -> None:
    process = firmtrack("dispatch", env=on(database, tmp_path))
    with process, pool().connection() as connection:
        try:
            until_said(process, "Sending notices")
            wait_until(lambda: is_anyone_dispatching(connection), "it gave a sign")
        finally:
            os.kill(process.pid, signal.SIGKILL)
        connection.execute("UPDATE dispatcher SET seen_at = seen_at - interval '46 seconds'")

        assert not is_anyone_dispatching(connection)
        with giving_signs():
            wait_until(lambda: is_anyone_dispatching(connection), "another did")


def test_a_dispatcher_gives_signs_again_when_the_database_is_back(own_database: str) -> None:
    with closing(psycopg.connect(own_database, autocommit=True)) as watching, giving_signs(0.05):
        wait_until(lambda: is_anyone_dispatching(watching), "it gave a sign")
        watching.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        watching.execute("DELETE FROM dispatcher")

        wait_until(lambda: is_anyone_dispatching(watching), "it gave another")


def test_who_has_notices_that_nobody_sends_is_told_and_no_one_else(
    alpha: Party, database: str
) -> None:
    bravo = add_party("Bravo Energy", PartyKind.SMALL_SUPPLIER, [BRAVO_ID])
    for party in (alpha, bravo):
        endpoints.add_endpoint(party, WEBHOOK, "https://a.example/notices")

    def told() -> list[bool]:
        return [
            open_notices_page(each, each, limit=1, state=None, before=None).are_held_up
            for each in (ALPHA, DCC, BRAVO, STRANGER)
        ]

    assert told() == [False, False, False, False]
    with pool().connection() as connection:
        connection.execute(
            "INSERT INTO status_change (user_id, is_own, topic, recorded_at)"
            " SELECT user_id, true, 'distribution.verified', now()"
            " FROM notice_subscriber WHERE party_id = %s",
            (alpha.pk,),
        )
    assert told() == [True, True, False, False]
    with pool().connection() as connection:
        connection.execute("DELETE FROM status_change")
    endpoints.test_endpoint(ALPHA, 1)
    assert told() == [True, True, False, False]

    with giving_signs():
        wait_until(lambda: not any(told()), "a dispatcher ran")


def test_however_often_it_is_asked_the_database_is_read_now_and_then(server: Server) -> None:
    assert server.numbers()["firmtrack_quarantine_waiting", ""] == 0
    with pool().connection() as connection:
        connection.execute(
            "INSERT INTO quarantine (identity, body, is_whole, media_type, origin, submitter,"
            " reason_code, reason) VALUES ('', '', true, '', '', '', '', '')"
        )

    numbers = [server.numbers()["firmtrack_quarantine_waiting", ""] for _ in range(3)]

    assert numbers[0] == 0
    wait_until(
        lambda: server.numbers()["firmtrack_quarantine_waiting", ""] == 1, "it was read again"
    )
