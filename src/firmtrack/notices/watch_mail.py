"""Mail to a person about what they watch: the sentence first, then the reason, IDs and link."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from msgspec import Struct
from msgspec.json import Decoder

from firmtrack.domain.topics import WatchNews
from firmtrack.notices.addresses import UnfitAddress
from firmtrack.notices.calling import Caller, CallResponse
from firmtrack.notices.channel import Channel, ChannelWords
from firmtrack.notices.email_digest import NoMailServer
from firmtrack.notices.endpoint_queue import EndpointQueue, PendingNotice
from firmtrack.notices.event_data import WatchTold
from firmtrack.notices.mailing import mailed
from firmtrack.presentation.links import link_to_watching
from firmtrack.presentation.visible import visible_line

_WATCHED = {"device": "device", "service_request": "Service Request", "cause": "cause"}
_SUBJECTS = {
    WatchNews.FAILED: "failed",
    WatchNews.STALLED: "stands still",
    WatchNews.ENDED: "has ended",
    WatchNews.CORRECTED: "correction",
    WatchNews.QUIET: "no new ones lately",
    WatchNews.GROWN: "many more",
}


class _Event(Struct):
    data: WatchTold


_DECODER = Decoder(_Event)


class WatchMail(Channel):
    """One mail for each piece of news, at once, to a person's own address."""

    name = "watch-email"
    words = ChannelWords(
        title="Email to the person who watches",
        in_sentence="email",
        hint="One email for each piece of news of what somebody watches",
        example="ben@supplier.example",
    )
    takes_watches = True
    is_of_people = True
    why_untestable = "It tells of what somebody watches alone."

    @property
    def is_open(self) -> bool:
        """Whether a server takes mail."""
        return settings.ENVIRONMENT.mail_server is not None

    def check(self, address: str) -> None:
        """Raise UnfitAddress unless it is an email address. Raises NoMailServer."""
        try:
            validate_email(address)
        except ValidationError:
            raise UnfitAddress("is not an email address") from None
        if not self.is_open:
            raise NoMailServer

    def send(
        self,
        _caller: Caller,
        queue: EndpointQueue,
        notices: Sequence[PendingNotice],
        _now: datetime,
    ) -> CallResponse:
        """Send the mail about the notice, which is a CloudEvent.

        It has the same Message-ID at every try, so that a second is known to be the first again.
        """
        (notice,) = notices
        told = _DECODER.decode(notice.body).data
        _, _, host = settings.DEFAULT_FROM_EMAIL.rpartition("@")
        headers = {"Message-ID": f"<{notice.notice_id}@{host.strip('> ')}>"}
        return mailed(queue.address, subject_of(told), text_of(told, queue.address), headers)


WATCH_MAIL: Final = WatchMail()


def subject_of(told: WatchTold) -> str:
    """Return the mail's subject: what is watched, and what is news of it."""
    named = told.device_id if told.watching == "device" else told.service_request_id
    what = _WATCHED.get(told.watching, told.watching)
    about = f"{what} {named}" if named is not None and told.watching != "cause" else what
    news = _SUBJECTS.get(WatchNews(told.news)) if told.news in set(WatchNews) else told.news
    return f"Firmtrack: {visible_line(about)}: {news}"


def text_of(told: WatchTold, address: str) -> str:
    """Return the mail's text, each ID unbroken on a line of its own."""
    return "\n\n".join(_paragraphs(told, address)) + "\n"


def _paragraphs(told: WatchTold, address: str) -> Iterator[str]:
    yield visible_line(told.sentence)
    if told.reason_text is not None:
        code = "" if str(told.reason) in told.reason_text else f" ({told.reason})"
        yield visible_line(f"{told.reason_text}{code}")
    if told.device_id is not None:
        yield f"Device ID:\n{told.device_id}"
    if told.service_request_id is not None:
        yield f"Service Request ID:\n{told.service_request_id}"
    if told.link is not None:
        yield f"See it as it stands now:\n{told.link}"
    if told.is_over:
        yield "With this the watch is over: you are told more only if this turns out to be wrong."
    what = _WATCHED.get(told.watching, "this")
    where = link_to_watching()
    stop = "Firmtrack, under “What you watch”" if where is None else f"\n{where}"
    yield f"You get this because you watch this {what} as {address}. To stop, go to {stop}"
