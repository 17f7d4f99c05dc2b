"""The text of a digest, whatever the notices in it are about."""

from msgspec import json

from firmtrack.notices.email_digest import text_of


def test_a_notice_about_a_topic_of_a_newer_firmtrack_is_told_all_the_same() -> None:
    body = json.encode(
        {
            "type": "firmtrack.recall.begun.v1",
            "time": "2026-03-01T09:00:00Z",
            "data": {"device_count": 2, "reason": None, "service_request_id": None},
        }
    )

    assert text_of([body]) == "2026-03-01T09:00:00Z  recall.begun, 2 devices\n"
