"""A server with simulated traffic, for who calls the API as programs of others do."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from firmtrack.domain.identifiers import Eui64, FirmwareVersion, RequestId, ResponseId
from firmtrack.duis import documents as d
from firmtrack.duis.writer import write
from firmtrack.store.embedded import EmbeddedPostgres
from tests.api.world import DCC_ID, MORNING
from tests.databases import fresh_database
from tests.journeys.processes import (
    called,
    ended,
    firmtrack,
    free_port,
    listens,
    on,
    wait_until,
)

PARTY = "Alpha Energy"
_PARTY_ID = Eui64.parse("90-B3-D5-1F-30-01-00-00")
_SIMULATION = ("--requests", "5", "--devices", "100", "--seed", "7")


@dataclass(frozen=True, slots=True)
class ApiServer:
    """Where it is, a party's token of both scopes, and the secret of its webhook."""

    address: str
    token: str
    webhook_secret: str
    receiver_port: int


@contextmanager
def api_server(postgres: EmbeddedPostgres, directory: Path) -> Iterator[ApiServer]:
    """Serve within the block what README's simulation makes, and send notices to one webhook."""
    receiver_port = free_port()
    with fresh_database(postgres) as where:
        env = on(where, directory) | {"FIRMTRACK_NOTICE_PRIVATE_ADDRESSES": "on"}
        traffic = directory / "traffic.tar.gz"
        for arguments in (
            ("simulate", *_SIMULATION, "-o", traffic),
            ("ingest", traffic),
            ("party", "add", PARTY, "--kind", "large_supplier", "--user-id", _PARTY_ID),
        ):
            done = called(*arguments, env=env)
            assert done.returncode == 0, (arguments, done.stderr)
        scopes = ("--scope", "read", "--scope", "intake", "--expires", "90", "--json")
        token = json.loads(called("token", "create", "--party", PARTY, *scopes, env=env).stdout)
        receiver = f"http://127.0.0.1:{receiver_port}/"
        added = called("endpoint", "add", receiver, "--party", PARTY, "--json", env=env)
        port = free_port()
        server = firmtrack("serve", "--port", port, "--workers", "1", env=env)
        dispatcher = firmtrack("dispatch", env=env)
        try:
            wait_until(lambda: server.poll() is not None or listens(port), "the API answers")
            yield ApiServer(
                address=f"http://127.0.0.1:{port}",
                token=token["token"],
                webhook_secret=json.loads(added.stdout)["secret"],
                receiver_port=receiver_port,
            )
        finally:
            for process in (dispatcher, server):
                process.terminate()
                ended(process)


def delivery_failed(number: int) -> bytes:
    """Return DCC's alert that a device's image did not reach its hub; each number is another's."""
    return write(
        d.DccAlert(
            response_id=ResponseId(DCC_ID, _PARTY_ID, 700_000 + number),
            responded_at=MORNING,
            alert_code="N61",
            body=d.CspFirmwareDeliveryStatus(
                update_firmware_request_id=RequestId(_PARTY_ID, DCC_ID, 700_000 + number),
                comms_hub_device_id=Eui64(0x00DB_1234_5678_900C),
                target_device_id=Eui64(0x00DB_3333_0000_0000 + number),
                firmware_version=FirmwareVersion("00010001"),
                time_stamp=MORNING,
                comms_hub_transfer_status=d.CommsHubTransferStatus.FAILURE,
            ),
        )
    )


def stopped(process: "subprocess.Popen[str]") -> tuple[str, str]:
    """Stop a process, and return what it said."""
    process.terminate()
    _, output, errors = ended(process)
    return output, errors
