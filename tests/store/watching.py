"""Who watches something in the tests: the cast, a mail server, a clock, and what ends a right."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from django.conf import settings as django_settings
from django.test import override_settings

from firmtrack.accounts import people
from firmtrack.accounts.kinds import PartyKind
from firmtrack.accounts.models import Party, User
from firmtrack.accounts.parties import add_party
from firmtrack.accounts.viewers import viewer_of
from firmtrack.domain.stages import Status
from firmtrack.environment import MailServer
from firmtrack.notices.calling import Caller
from firmtrack.notices.composing import compose_due
from firmtrack.notices.sending import send_next
from firmtrack.notices.user_ids import remove_user_id
from firmtrack.notices.watches import Watcher
from firmtrack.store.database import pool
from tests.store.facts import ALPHA_ID, BRAVO_ID
from tests.store.smtp_sink import SmtpSink

HERE = "https://portal.example"
PASSWORD = "correct horse battery staple"
FAILED = Status.COMMS_HUB_DELIVERY_FAILED


@dataclass
class Scene:
    """Alpha’s Ada and Alf, Bravo’s Ben and DCC’s Olu, a mail server, and a clock."""

    sink: SmtpSink
    caller: Caller
    parties: dict[str, Party] = field(default_factory=dict)
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def person(self, name: str, party: str) -> Watcher:
        user = people.add_user(
            f"{name}@{party.split(maxsplit=1)[0].lower()}.example", self.parties[party], PASSWORD
        )
        return watcher_of(user)

    def dispatch(self, *, after: timedelta = timedelta()) -> None:
        """Compose and send what is due, some time later."""
        self.now += after
        with pool().connection() as connection:
            connection.execute("UPDATE endpoint_queue SET due_at = now()")
            compose_due(connection, grouping_delay=timedelta(), now=self.now)
            while send_next(connection, self.caller, chance=Random(1)):
                pass


def watcher_of(user: User) -> Watcher:
    user = User.objects.select_related("party").get(pk=user.pk)
    return Watcher(
        person_id=user.pk, party_id=user.party_id, email=user.email, viewer=viewer_of(user)
    )


@pytest.fixture
def scene(database: str) -> Iterator[Scene]:
    with SmtpSink() as sink, closing(Caller(may_be_private=True)) as caller:
        server = MailServer(host="127.0.0.1", port=sink.port, user="", password="", is_secure=False)
        environment = replace(django_settings.ENVIRONMENT, mail_server=server, public_address=HERE)
        with override_settings(
            ENVIRONMENT=environment,
            EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
            EMAIL_HOST=server.host,
            EMAIL_PORT=server.port,
        ):
            made = Scene(sink, caller)
            for name, kind, user_ids in (
                ("Alpha Energy", PartyKind.LARGE_SUPPLIER, [ALPHA_ID]),
                ("Bravo Power", PartyKind.SMALL_SUPPLIER, [BRAVO_ID]),
                ("DCC", PartyKind.DCC, []),
            ):
                made.parties[name] = add_party(name, kind, user_ids)
            yield made


@pytest.fixture
def ada(scene: Scene) -> Watcher:
    return scene.person("ada", "Alpha Energy")


def _disabled(scene: Scene, ada: Watcher) -> None:
    people.disable(User.objects.get(pk=ada.person_id), may_be_last=True)


def _moved(scene: Scene, ada: Watcher) -> None:
    people.move(User.objects.get(pk=ada.person_id), scene.parties["Bravo Power"], may_be_last=True)


def _without_user_id(scene: Scene, _ada: Watcher) -> None:
    remove_user_id(scene.parties["Alpha Energy"], ALPHA_ID)


Lose = Callable[[Scene, Watcher], None]
LOSSES = pytest.mark.parametrize("lose", [_disabled, _moved, _without_user_id])
