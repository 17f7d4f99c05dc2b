"""What a diagnosis rests on, as sentences that people can check."""

from collections.abc import Iterator

from firmtrack.answers.devices import HistoryEntry
from firmtrack.answers.diagnoses import Evidence
from firmtrack.diagnosis.completed import current_activation
from firmtrack.diagnosis.failure import reason_fact
from firmtrack.diagnosis.news import news_of
from firmtrack.diagnosis.pace import pace_of, sample_text
from firmtrack.diagnosis.phrases import status_text
from firmtrack.diagnosis.situation import Situation
from firmtrack.domain.activation import Activation
from firmtrack.presentation.times import local_text, shown_text
from firmtrack.presentation.wording import (
    ACTIVATION_STATUS_NAMES,
    ATTRIBUTION_TEXTS,
    STATUS_NAMES,
    fact_source_text,
)


def evidence_of(situation: Situation) -> tuple[Evidence, ...]:
    """Return what the diagnosis rests on, the current status first."""
    found = {each.text: each for each in _evidence(situation)}
    return tuple(found.values())


def _evidence(situation: Situation) -> Iterator[Evidence]:
    distribution = situation.distribution
    deciding = _deciding_entry(situation)
    name = STATUS_NAMES[distribution.status]
    when = shown_text(distribution.updated_at, is_day=distribution.is_anothers_event)
    if deciding is None:
        yield Evidence(f"The current status is “{name}”, of {when}.")
    else:
        source = fact_source_text(deciding.source)
        yield Evidence(f"“{name}”, {when}: {source}.", deciding.message_id)
        if deciding.evidence is not None:
            yield Evidence(ATTRIBUTION_TEXTS[deciding.evidence])
    yield from (each.evidence for each in news_of(situation))
    fact = reason_fact(situation) if distribution.status.is_bad else None
    if fact is not None:
        yield Evidence(fact)
    if situation.wait is not None and pace_of(situation) is not None:
        yield Evidence(sample_text(situation, situation.wait))
    activation = current_activation(situation)
    if activation is not None:
        at = local_text(activation.updated_at)
        yield Evidence(
            f"Activate Firmware (11.3): “{ACTIVATION_STATUS_NAMES[activation.status]}”, {at}"
            f"{_stated(activation)}."
        )
    yield from (Evidence(text) for text in _surroundings(situation) if text is not None)


def _stated(activation: Activation) -> str:
    """Return which version the device answered with, where its result alone does not say it all."""
    if activation.firmware_version is None or activation.overruled_reason is None:
        return ""
    return (
        f"; the device’s result was {activation.overruled_reason}, its version "
        f"{activation.firmware_version}"
    )


def _deciding_entry(situation: Situation) -> HistoryEntry | None:
    """Return the latest entry of the current status; of another party's only the day is known."""
    current = situation.distribution
    telling = [each for each in situation.history if each.status is current.status]
    return max(
        telling,
        key=lambda each: (each.is_anothers == current.is_anothers_event, each.occurred_at),
        default=None,
    )


def _surroundings(situation: Situation) -> Iterator[str | None]:
    running = None if situation.device is None else situation.device.firmware_version
    if running is not None:
        yield f"The inventory has the device on version {running}."
    yield status_text(situation)
    if situation.supplier_changed_at is not None:
        changed_at = shown_text(
            situation.supplier_changed_at, is_day=situation.is_supplier_change_anothers
        )
        yield f"DCC told of a change of the device’s supplier, {changed_at}."
