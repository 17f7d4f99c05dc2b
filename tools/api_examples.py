"""Makes the examples of the API's description anew: real calls on the demonstration's data.

Run after ``firmtrack serve --demonstration`` has made them, with its FIRMTRACK_DATA_DIR and once it
has ended. Messages are handed in, so the data is of no use for anything else afterwards.
"""

import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "firmtrack.settings"
django.setup()

from django.conf import settings  # noqa: E402
from django.test import Client  # noqa: E402

from firmtrack.accounts.kinds import TokenScope  # noqa: E402
from firmtrack.accounts.parties import party_named  # noqa: E402
from firmtrack.accounts.tokens import create_token  # noqa: E402
from firmtrack.api.application import api  # noqa: E402
from firmtrack.api.description import EXAMPLES, webhook_examples_by_type  # noqa: E402
from firmtrack.cli.session import opened  # noqa: E402
from firmtrack.domain.identifiers import Eui64, FirmwareVersion, RequestId, ResponseId  # noqa: E402
from firmtrack.duis import documents as d  # noqa: E402
from firmtrack.duis.writer import write  # noqa: E402
from firmtrack.store.database import pool  # noqa: E402

ROOT = Path(__file__).parents[1]
_PARTY, _DCC = "Alpha Energy", "DCC"
_DCC_ID = Eui64.parse("90-B3-D5-1F-30-00-00-02")
_HUB = Eui64.parse("02-7A-3A-00-00-00-00-0C")
_ITEMS = 2
_ROWS = 3
_JSON, _LINES, _XML = "application/json", "application/x-ndjson", "application/xml"

Example = dict[str, Any]


class Calls:
    """The API as a party's programs call it."""

    def __init__(self) -> None:
        now = datetime.now(UTC)
        self._client = Client(SERVER_NAME="127.0.0.1")
        self._read = create_token(party_named(_PARTY), TokenScope.READ, created_at=now)
        self._intake = create_token(party_named(_DCC), TokenScope.INTAKE, created_at=now)

    def got(
        self,
        name: str,
        places: dict[str, str] | None = None,
        query: dict[str, str] | None = None,
        *,
        by_submitter: bool = False,
    ) -> Example:
        """Return the example of a call by GET, its query parameters without those of paging."""
        places = places or {}
        path = _path_of(name).format(**places)
        token = self._intake if by_submitter else self._read
        answer = self._client.get(path, query or {}, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200, (name, answer.content)
        media_type = answer.headers["Content-Type"].partition(";")[0]
        octets = answer.getvalue()
        shown = _cut(json.loads(octets)) if media_type == _JSON else _first_rows(octets)
        given = places | {k: v for k, v in (query or {}).items() if k != "limit"}
        return {"parameters": given, "answer": {media_type: shown}}

    def posted(self, name: str, media_type: str, body: bytes) -> Any:
        """Return what is answered to a call by POST."""
        answer = self._client.post(
            _path_of(name),
            body,
            content_type=media_type,
            headers={"Authorization": f"Bearer {self._intake}"},
        )
        assert answer.status_code == 200, (name, answer.content)
        return json.loads(answer.content)


def main() -> None:
    """Write the examples."""
    if not (settings.ENVIRONMENT.data_dir / "demonstration.json").exists():
        sys.exit("FIRMTRACK_DATA_DIR holds no demonstration.")
    notes = json.loads((settings.ENVIRONMENT.data_dir / "demonstration.json").read_text("utf-8"))
    shown = {each["key"]: each["path"].rpartition("/")[2] for each in notes["try_this"]}
    with opened():
        calls = Calls()
        examples = _looked_up(calls, shown["request"], shown["stalled"])
        examples |= _handed_in(calls)
        report = examples["submit_message"]["request"][_JSON]
        examples["download_message"]["answer"][_JSON] = report
        examples |= {
            f"receive_{name}": {"request": {"application/cloudevents+json": body}}
            for name, body in webhook_examples_by_type(_notices()).items()
        }
    text = json.dumps(dict(sorted(examples.items())), indent=1, ensure_ascii=False)
    (ROOT / "src/firmtrack/api" / EXAMPLES).write_text(f"{text}\n", encoding="utf-8")


def _looked_up(calls: Calls, request_id: str, device_id: str) -> Example:
    request, device = {"service_request_id": request_id}, {"device_id": device_id}
    found = calls.got("find_device", device)
    events = found["answer"][_JSON]["distributions"][0]["events"]
    event = next(each for each in events if each["source"]["kind"] != "stage_report")
    own = found["answer"][_JSON]["distributions"][0]["service_request_id"]
    message = {"message_id": event["source"]["message_id"]}
    page = {"limit": str(_ITEMS)}
    return {
        "find_device": found,
        "find_service_request": calls.got("find_service_request", request),
        "list_distributions": calls.got("list_distributions", request, page),
        "download_distributions": calls.got("download_distributions", request),
        "download_distributions_xlsx": {"parameters": request},
        "list_service_requests": calls.got("list_service_requests", None, page),
        "list_events": calls.got("list_events", device, page | {"service_request_id": own}),
        "find_peers": calls.got("find_peers", device),
        "find_inventory": calls.got("find_inventory", device),
        "find_message": calls.got("find_message", message),
        "download_message": calls.got("download_message", message),
        "list_causes": calls.got("list_causes"),
        "read_performance": calls.got("read_performance"),
        "download_performance": calls.got("download_performance"),
        "read_freshness": calls.got("read_freshness"),
        "list_notices": calls.got("list_notices", None, page),
        "list_endpoints": calls.got("list_endpoints"),
    }


def _handed_in(calls: Calls) -> Example:
    """Hand in what a DCC adapter would: an alert, and a stage report."""
    today = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    first, second = (_alert(number, today) for number in (1, 2))
    report = {
        "specversion": "1.0",
        "type": "firmtrack.stage-report.v1",
        "source": "/adapter",
        "id": f"{today:%Y%m%d%H%M%S}",
        "data": {
            "service_request_id": str(
                RequestId(Eui64.parse("90-B3-D5-1F-30-01-00-00"), _DCC_ID, 1)
            ),
            "device_ids": "all",
            "status": "sent_to_csp",
            "reason": None,
            "occurred_at": today.isoformat().replace("+00:00", "Z"),
        },
    }
    lines = [{"xml": second.decode(), "time": report["data"]["occurred_at"]}, report]  # type: ignore[index]
    taken = calls.posted("submit_message", _XML, first)
    outcomes = calls.posted("submit_batch", _JSON, json.dumps(lines).encode())
    status = {"message_id": taken["message_id"]}
    return {
        "find_message_status": calls.got("find_message_status", status, by_submitter=True),
        "submit_message": {
            "request": {_XML: first.decode(), _JSON: report},
            "answer": {_JSON: taken},
        },
        "submit_batch": {
            "request": {_JSON: lines, _LINES: lines[0]},
            "answer": {_JSON: outcomes, _LINES: outcomes[0]},
        },
    }


def _alert(number: int, at: datetime) -> bytes:
    """Return DCC's alert that the image has reached a device's hub."""
    supplier = Eui64.parse("90-B3-D5-1F-30-01-00-00")
    return write(
        d.DccAlert(
            response_id=ResponseId(_DCC_ID, supplier, 900_000 + number),
            responded_at=at,
            alert_code="N60",
            body=d.CspFirmwareDeliveryStatus(
                update_firmware_request_id=RequestId(supplier, _DCC_ID, number),
                comms_hub_device_id=_HUB,
                target_device_id=Eui64(_HUB + number),
                firmware_version=FirmwareVersion("00010001"),
                time_stamp=at,
                comms_hub_transfer_status=d.CommsHubTransferStatus.SUCCESS,
            ),
        )
    )


def _notices() -> list[Any]:
    with pool().connection() as connection:
        rows = connection.execute(
            "SELECT convert_from(body, 'UTF8') FROM notice WHERE device_count = 1"
            " ORDER BY reason IS NULL, sequence"
        ).fetchall()
    return [json.loads(body) for (body,) in rows if body.startswith("{")]


def _path_of(name: str) -> str:
    for path, methods in api.get_openapi_schema()["paths"].items():
        for operation in methods.values():
            if operation["operationId"] == name:
                return str(path)
    raise LookupError(name)


def _cut(value: Any) -> Any:
    """Return the value with the first items of each of its lists."""
    if isinstance(value, list):
        return [_cut(each) for each in value[:_ITEMS]]
    if isinstance(value, dict):
        return {name: _cut(each) for name, each in value.items()}
    return value


def _first_rows(octets: bytes) -> str:
    return "".join(octets.decode().splitlines(keepends=True)[:_ROWS])


if __name__ == "__main__":
    main()
