"""The diagnosis of one distribution: pure, from what is known to what people are told."""

from firmtrack.answers.diagnoses import Diagnosis, Finding
from firmtrack.diagnosis.completed import finding_on_success
from firmtrack.diagnosis.evidence import evidence_of
from firmtrack.diagnosis.failure import finding_on_failure
from firmtrack.diagnosis.pace import pace_of, usual_seconds, waits_of
from firmtrack.diagnosis.progress import finding_in_progress
from firmtrack.diagnosis.resending import resend_advice
from firmtrack.diagnosis.situation import Situation
from firmtrack.presentation.diagnosis_wording import actor_name


def diagnose(situation: Situation) -> Diagnosis:
    """Return the diagnosis of a distribution; every situation has one.

    The only thing that it asks beyond ``situation`` is the operators' wording of reason codes.
    """
    next_stage = situation.next_stage
    finding = _finding(situation)
    return Diagnosis(
        sentence=finding.sentence,
        holder=None if next_stage is None else next_stage.holder,
        since=situation.since,
        usual_seconds=usual_seconds(situation),
        waits=waits_of(situation),
        pace=pace_of(situation),
        next_actor=finding.next_actor,
        next_actor_name=actor_name(finding.next_actor, situation.voice),
        advice=finding.advice,
        evidence=evidence_of(situation),
        resend=resend_advice(situation),
    )


def _finding(situation: Situation) -> Finding:
    if situation.next_stage is not None:
        return finding_in_progress(situation, situation.next_stage)
    if situation.distribution.status.is_bad:
        return finding_on_failure(situation)
    return finding_on_success(situation)
