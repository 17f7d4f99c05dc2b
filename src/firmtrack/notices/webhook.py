"""The webhook: CloudEvents in JSON, signed as Standard Webhooks 1.0 says."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.conf import settings
from standardwebhooks.webhooks import Webhook as Signer

from firmtrack.notices.addresses import check_address
from firmtrack.notices.calling import Caller, CallResponse
from firmtrack.notices.channel import Channel, ChannelWords
from firmtrack.notices.endpoint_queue import EndpointQueue, PendingNotice
from firmtrack.notices.secrets import SecretUnreadable, unsealed

CONTENT_TYPE = "application/cloudevents+json"


class Webhook(Channel):
    """Signed JSON to an address of the party's."""

    name = "webhook"
    words = ChannelWords(
        title="Webhook",
        in_sentence="webhook",
        hint="Signed JSON to an https address of yours",
        example="https://receiver.example/notices",
    )
    has_secret = True
    takes_watches = True

    def check(self, address: str) -> None:
        """Raise UnfitAddress unless it is a URL that may be called."""
        check_address(address, may_be_private=settings.ENVIRONMENT.notice_private_addresses)

    def send(
        self,
        caller: Caller,
        queue: EndpointQueue,
        notices: Sequence[PendingNotice],
        now: datetime,
    ) -> CallResponse:
        """Post the notice, signed with each of the endpoint's secrets."""
        (notice,) = notices
        try:
            secrets = [unsealed(secret) for secret in queue.secrets]
        except SecretUnreadable as error:
            return CallResponse(problem=str(error))
        return caller.post(queue.address, headers_of(notice, secrets, now), notice.body)


WEBHOOK: Final = Webhook()


def headers_of(notice: PendingNotice, secrets: Sequence[str], now: datetime) -> dict[str, str]:
    """Return the headers of a call made ``now``, signed with each of ``secrets``."""
    notice_id, text = str(notice.notice_id), notice.body.decode()
    signatures = (Signer(secret).sign(notice_id, now, text) for secret in secrets)
    return {
        "Content-Type": CONTENT_TYPE,
        "User-Agent": "Firmtrack",
        "webhook-id": notice_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
