"""A device and the diagnoses of its distributions, as the API and the command line answer them."""

from collections.abc import Mapping
from datetime import datetime

from firmtrack.answers.devices import DeviceAnswer
from firmtrack.answers.side_parts import UNTOLD
from firmtrack.diagnosis.findings import Diagnosis
from firmtrack.diagnosis.reading import diagnoses
from firmtrack.domain.identifiers import RequestId
from firmtrack.presentation import documents
from firmtrack.presentation.documents import devices


def diagnosed_device(answer: DeviceAnswer, *, now: datetime) -> documents.Device:
    """Return the device with the diagnosis of each of its distributions at the time ``now``."""
    return documents.device(answer, _told(diagnoses(answer, now=now)))


def _told(
    found: Mapping[RequestId, Diagnosis | None],
) -> Mapping[RequestId, devices.Diagnosis | None]:
    return {
        request_id: None if each is None else _diagnosis(each) for request_id, each in found.items()
    }


def _diagnosis(found: Diagnosis) -> devices.Diagnosis:
    usual, waits, resend = found.usual_seconds, found.waits, found.resend
    return devices.Diagnosis(
        sentence=found.sentence,
        holder=found.holder,
        since=found.since,
        usual_seconds=None if usual is None else devices.UsualSeconds(p50=usual.p50, p95=usual.p95),
        waits=None
        if waits is None or waits is UNTOLD
        else devices.Waits(
            reached_at_least=waits.reached_at_least,
            passed_share=waits.passed_share,
            p50_seconds=waits.p50_seconds,
            p95_seconds=waits.p95_seconds,
            arrives_still_share=waits.arrives_still_share,
            group=list(waits.group),
        ),
        pace=found.pace,
        next_actor=found.next_actor,
        advice=found.advice,
        evidence=[
            devices.Evidence(text=each.text, message_id=each.message_id) for each in found.evidence
        ],
        resend=None
        if resend is None
        else devices.Resend(
            again=resend.again,
            open_request=resend.open_request,
            expected=resend.expected,
            version_path=resend.version_path,
        ),
    )
