"""What a device says of an activation: one function for each kind of answer.

Each sends the message, keeps what is true, and returns whether the simulated time goes on.
"""

from collections.abc import Mapping

from firmtrack.simulator import gbcs_messages as gbcs
from firmtrack.simulator import plots
from firmtrack.simulator.gbcs_messages import Outcome
from firmtrack.simulator.plots import Act
from firmtrack.simulator.post import ActivationAnswerSent, FutureDatedAlertSent
from firmtrack.simulator.scenes import Scene
from firmtrack.simulator.statements import Statement
from firmtrack.simulator.truth import TrueActivation

_NAMES_REQUEST_SHARE = 0.7
_ALERT_SHARE = 0.25

_REASONS: Mapping[int, str | None] = {
    gbcs.ACTIVATED: None,
    gbcs.NO_IMAGE_HELD: "no_image_held",
    gbcs.HASH_MISMATCH: "hash_mismatch",
    gbcs.ACTIVATION_FAILURE: "activation_failure",
}


def take_note(scene: Scene) -> bool:
    """Let the device take note of a future-dated or cancelling request."""
    if not _send_answer(scene, None):
        return False
    scene.subject.hear_scheduled(scene.at)
    if scene.subject.is_cancelling:
        scene.plan.hear_cancelled(scene.at)
    return True


def answer(scene: Scene, *, result: int) -> bool:
    """Let the device answer at once."""
    outcome = _outcome(scene, result, is_done=result == gbcs.ACTIVATED)
    if not _send_answer(scene, outcome):
        return False
    _hear_answer(scene, scene.subject, _REASONS[result], outcome)
    return True


def answer_later(scene: Scene, *, alert_code: int, result: int) -> bool:
    """Let the device tell how the future-dated request went, once its time has come."""
    scene.wait_for_the_plan(plots.HOURS[Act.DONE_LATER])
    # One that contradicts itself, a success told as a failure, has changed nothing.
    is_done = alert_code == gbcs.FUTURE_DATED_DONE
    outcome = _outcome(scene, result, is_done=is_done)
    reason = None if is_done else _REASONS[result] or f"{alert_code:04X}"
    plan, post = scene.plan, scene.post
    alert = FutureDatedAlertSent(
        device=scene.device,
        request_id=plan.request_id,
        responded_at=scene.at,
        counter=post.next_counter(),
        names_request=scene.chance.random() < _NAMES_REQUEST_SHARE,
        alert_code=alert_code,
        outcome=outcome,
        is_alert=scene.chance.random() < _ALERT_SHARE,
    )
    if not post.send(scene.at, alert, states=_states_version(scene, outcome)):
        return False
    _hear_answer(scene, plan, reason, outcome)
    return True


def _hear_answer(
    scene: Scene, activation: TrueActivation, reason: str | None, outcome: Outcome
) -> None:
    """Let an answer count: the version in it is what the device runs, whatever its result is."""
    runs_it = (
        activation.distribution is not None
        and outcome.firmware_version == scene.update.image.firmware_version
    )
    activation.hear_answer(scene.at, None if runs_it else reason, outcome.firmware_version)


def _send_answer(scene: Scene, outcome: Outcome | None) -> bool:
    answer = ActivationAnswerSent(
        device=scene.device,
        request_id=scene.subject.request_id,
        responded_at=scene.at,
        counter=scene.post.next_counter(),
        names_request=scene.chance.random() < _NAMES_REQUEST_SHARE,
        outcome=outcome,
    )
    states = [] if outcome is None else _states_version(scene, outcome)
    return scene.post.send(scene.at, answer, states=states)


def _outcome(scene: Scene, result: int, *, is_done: bool) -> Outcome:
    """Let the device run the image if it went well; return what it says of that."""
    scene.at = scene.post.statements.free_second([scene.device.device_id], scene.at)
    if is_done:
        version = scene.update.image.firmware_version
        scene.device.running.change(scene.at, version)
        scene.device.listed.change(scene.at, version)
    return Outcome(result, scene.device.running.as_of(scene.at))


def _states_version(scene: Scene, outcome: Outcome) -> list[Statement]:
    facts = {"firmware_version": outcome.firmware_version}
    return [Statement(scene.device.device_id, scene.at, facts)]
