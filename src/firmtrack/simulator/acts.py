"""What can happen on the way of an activation: one function for each Act, found in ACTS.

Each sends the message, keeps what is true, and returns whether the simulated time goes on.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial

from firmtrack.domain.identifiers import RequestId, ResponseId
from firmtrack.duis import documents as d
from firmtrack.simulator import device_acts, inventories, plots
from firmtrack.simulator import gbcs_messages as gbcs
from firmtrack.simulator.correspondence import dcc_alert
from firmtrack.simulator.plots import Act
from firmtrack.simulator.scenes import Scene
from firmtrack.simulator.truth import TrueActivation
from firmtrack.simulator.world import DCC

CANCELLING = datetime(3000, 12, 31, tzinfo=UTC)
"""The ExecutionDateTime that cancels. Source: DUIS 5.4, Activate Firmware."""

NOT_DELIVERED, NOT_ANSWERED = "N12", "N13"
_SERVICE = "11.3"
_AFTER_THE_END = timedelta(days=7)


# What the supplier asks for -------------------------------------------------------------------


def _ask(scene: Scene) -> bool:
    return _send_request(scene, scene.update.image_hash, scene.update.request_id)


def _ask_strange_image(scene: Scene) -> bool:
    return _send_request(scene, scene.chance.randbytes(32), None)


def _ask_later(scene: Scene, *, is_after_the_end: bool) -> bool:
    later = scene.at + scene.hours(plots.LATER_HOURS)
    if is_after_the_end:
        later += scene.post.end - scene.at + _AFTER_THE_END
    scheduled_for = later.replace(minute=0, second=0)
    update = scene.update
    is_sent = _send_request(scene, update.image_hash, update.request_id, scheduled_for)
    scene.planned = scene.asked
    return is_sent


def _cancel(scene: Scene) -> bool:
    plan = scene.plan
    return _send_request(scene, plan.image_hash, plan.distribution, CANCELLING)


def _send_request(
    scene: Scene,
    image_hash: bytes,
    distribution: RequestId | None,
    execution_date_time: datetime | None = None,
) -> bool:
    request_id = RequestId(scene.supplier, scene.device.device_id, scene.post.next_counter())
    request = d.ActivateFirmwareRequest(
        request_id=request_id, firmware_hash=image_hash, execution_date_time=execution_date_time
    )
    if not scene.post.send(scene.at, request):
        return False
    is_cancelling = execution_date_time == CANCELLING
    scene.asked = TrueActivation(
        request_id=request_id,
        image_hash=image_hash,
        distribution=distribution,
        scheduled_for=None if is_cancelling else execution_date_time,
        is_cancelling=is_cancelling,
    )
    return True


# DCC's word -----------------------------------------------------------------------------------


def _acknowledge(scene: Scene) -> bool:
    code = scene.chance.choice(plots.ACKNOWLEDGED_CODES)
    if not _answer_by_code(scene, code):
        return False
    scene.subject.hear_acknowledged(scene.at)
    return True


def _refuse(scene: Scene) -> bool:
    code = next(scene.refusals)
    if not _answer_by_code(scene, code):
        return False
    scene.subject.hear_no_answer(scene.at, code)
    return True


def _answer_by_code(scene: Scene, code: str) -> bool:
    request_id = scene.subject.request_id
    answer = d.Acknowledgement(
        response_id=ResponseId(DCC, request_id.originator, request_id.counter),
        responded_at=scene.at,
        request_id=request_id,
        response_code=code,
        service_reference=_SERVICE,
        service_reference_variant=_SERVICE,
    )
    return scene.post.send(scene.at, answer)


def _fail_command(scene: Scene, *, code: str) -> bool:
    request_id = scene.subject.request_id
    body = d.CommandFailure(command_request_id=request_id, device_id=request_id.target)
    alert = dcc_alert(scene.supplier, code, scene.at, body, scene.post)
    if not scene.post.send(scene.at, alert):
        return False
    scene.subject.hear_no_answer(scene.at, code)
    return True


# What nobody says, and what comes afterwards --------------------------------------------------


def _run(scene: Scene) -> bool:
    if scene.planned is not None:
        scene.wait_for_the_plan(plots.HOURS[Act.DONE_LATER])
    scene.device.running.change(scene.at, scene.update.image.firmware_version)
    return True


def _forget(scene: Scene) -> bool:
    scene.device.listed.change(scene.at, scene.old_version)
    return True


def _change_status(scene: Scene, *, change: d.DeviceStatusChange) -> bool:
    return _goes_on(
        scene,
        inventories.change_status(scene.device, change, scene.supplier, scene.at, scene.post),
    )


def _read_version(scene: Scene) -> bool:
    return _goes_on(
        scene, inventories.read_version(scene.device, scene.supplier, scene.at, scene.post)
    )


def _tell_mismatch(scene: Scene) -> bool:
    return _goes_on(
        scene, inventories.tell_mismatch(scene.device, scene.supplier, scene.at, scene.post)
    )


def _read_inventory(scene: Scene) -> bool:
    return _goes_on(
        scene, inventories.read_inventory([scene.device], scene.supplier, scene.at, scene.post)
    )


def _goes_on(scene: Scene, sent_at: datetime | None) -> bool:
    scene.at = sent_at or scene.at
    return sent_at is not None


_failed_later = partial(device_acts.answer_later, alert_code=gbcs.FUTURE_DATED_FAILED)
ACTS: Mapping[Act, Callable[[Scene], bool]] = {
    Act.ASK: _ask,
    Act.ASK_LATER: partial(_ask_later, is_after_the_end=False),
    Act.ASK_MUCH_LATER: partial(_ask_later, is_after_the_end=True),
    Act.ASK_STRANGE_IMAGE: _ask_strange_image,
    Act.CANCEL: _cancel,
    Act.ACKNOWLEDGED: _acknowledge,
    Act.REFUSED_BY_DCC: _refuse,
    Act.NOT_DELIVERED: partial(_fail_command, code=NOT_DELIVERED),
    Act.NOT_ANSWERED: partial(_fail_command, code=NOT_ANSWERED),
    Act.NOTED: device_acts.take_note,
    Act.DONE: partial(device_acts.answer, result=gbcs.ACTIVATED),
    Act.NO_IMAGE: partial(device_acts.answer, result=gbcs.NO_IMAGE_HELD),
    Act.OTHER_HASH: partial(device_acts.answer, result=gbcs.HASH_MISMATCH),
    Act.FAILED: partial(device_acts.answer, result=gbcs.ACTIVATION_FAILURE),
    Act.DONE_LATER: partial(
        device_acts.answer_later, alert_code=gbcs.FUTURE_DATED_DONE, result=gbcs.ACTIVATED
    ),
    Act.NO_IMAGE_LATER: partial(_failed_later, result=gbcs.NO_IMAGE_HELD),
    Act.OTHER_HASH_LATER: partial(_failed_later, result=gbcs.HASH_MISMATCH),
    Act.FAILED_LATER: partial(_failed_later, result=gbcs.ACTIVATION_FAILURE),
    Act.CONTRADICTS_ITSELF_LATER: partial(_failed_later, result=gbcs.ACTIVATED),
    Act.RUNS: _run,
    Act.FORGOTTEN: _forget,
    Act.SUSPENDED: partial(_change_status, change=d.DeviceStatusChange.DEVICE_SUSPENDED),
    Act.RESTORED: partial(_change_status, change=d.DeviceStatusChange.DEVICE_RESTORED),
    Act.VERSION_READ: _read_version,
    Act.MISMATCH: _tell_mismatch,
    Act.INVENTORY_READ: _read_inventory,
}
