"""What happens to the devices of one request, from its submission to the last event of each."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import cycle
from random import Random

from firmtrack.domain.stages import Status
from firmtrack.simulator import correspondence
from firmtrack.simulator import outcomes as o
from firmtrack.simulator.chance import dealt, duration, stream
from firmtrack.simulator.correspondence import Utterance
from firmtrack.simulator.outcomes import AnswerKind, DeviceRefusal, Outcome, Report
from firmtrack.simulator.post import Post
from firmtrack.simulator.troubles import Trouble, outcome_with
from firmtrack.simulator.truth import TrueEvent
from firmtrack.simulator.updates import Named, SentUpdate
from firmtrack.simulator.world import Device

_GOOD_OUTCOME = Outcome((Report.HUB_HAS_IT, Report.DEVICE_HAS_IT, Report.ENDED_WELL))
_REPETITION_HOURS = o.Dwell(2, 0.5)
_MOST_IN_ONE_FAILURE_LIST = 20
# These are told of several devices in one message.
_REPORTED_TOGETHER = frozenset({Report.NOT_SENT, Report.GIVEN_UP})


class Journeys:
    """Carries out requests one after another: sends every message, and keeps what is true.

    ``outcome_shares`` is how often updates go which way where no trouble befalls them.
    """

    def __init__(
        self,
        seed: int,
        post: Post,
        troubles: Sequence[Trouble] = (),
        outcome_shares: Mapping[Outcome, float] = o.OUTCOME_SHARES,
    ) -> None:
        self._post = post
        self._outcome_shares = outcome_shares
        self._chance = stream(seed, "journeys")
        self._troubles = troubles
        self._chance_of_trouble = stream(seed, "troubles")
        self._giving_up_codes = cycle(correspondence.GIVEN_UP_CODES)

    def carry_out(self, update: SentUpdate) -> None:
        """Let everything happen that ever happens to ``update``, up to the end of the time."""
        correspondence.send_request(update, self._post)
        if not self._answer(update) or update.is_refused:
            return
        handed_over_at = update.answer.at + _duration(o.SENT_TO_CSP_HOURS, self._chance)
        self._hand_over(update, handed_over_at)
        accepted = update.accepted()
        outcomes = dealt(self._outcome_shares, len(accepted), self._chance)
        travellers = [
            (named, outcome_with(self._troubles, update, named, usual, self._chance_of_trouble))
            for named, usual in zip(accepted, outcomes, strict=True)
        ]
        travellers += [(named, _GOOD_OUTCOME) for named in self._refused_yet_sent(update)]
        together: dict[Report, list[tuple[datetime, Named]]] = {
            report: [] for report in _REPORTED_TOGETHER
        }
        for named, outcome in travellers:
            for report, at in self._travel(update, named, outcome, handed_over_at):
                together[report].append((at, named))
        self._report_not_sent(update, together[Report.NOT_SENT])
        self._give_up(update, together[Report.GIVEN_UP])

    def _answer(self, update: SentUpdate) -> bool:
        """Return whether the request goes on: answered in time, or its answer got lost."""
        if update.answer.kind is AnswerKind.LOST:
            return True
        if not correspondence.answer_request(update, self._post):
            return False
        at, code = update.answer.at, update.answer.code
        update.is_answered, update.known_since = True, at
        whole = (
            TrueEvent(Status.REJECTED, at, code)
            if update.is_refused
            else TrueEvent(Status.ACCEPTED, at)
        )
        for named in update.named:
            if named.refusal is None or update.is_refused:
                named.distribution.hear_of_request(whole)
            else:
                named.distribution.hear(TrueEvent(Status.REJECTED, at, named.refusal))
        return True

    def _hand_over(self, update: SentUpdate, at: datetime) -> None:
        """Hand the image to the CSPs, which is reported a little later, or never.

        If the answer was lost it is reported at once, and so tells when the request was submitted.
        """
        if update.answer.kind is not AnswerKind.LOST:
            if self._chance.random() >= o.SENT_TO_CSP_REPORTED_SHARE:
                return
            at += _duration(o.SENT_TO_CSP_REPORT_HOURS, self._chance)
        if correspondence.report_sent_to_csp(update, at, self._post):
            update.known_since = update.known_since or at
            for named in update.accepted():
                named.distribution.hear_of_request(TrueEvent(Status.SENT_TO_CSP, at))

    def _refused_yet_sent(self, update: SentUpdate) -> Iterator[Named]:
        for named in update.named:
            if (
                named.refusal is DeviceRefusal.NOT_COMMISSIONED
                and self._chance.random() < o.REFUSED_YET_SENT_SHARE
            ):
                yield named

    def _travel(
        self, update: SentUpdate, named: Named, outcome: Outcome, at: datetime
    ) -> Iterator[tuple[Report, datetime]]:
        """Tell what happens to one device; yield instead what is told of several together."""
        device = _existing(named)
        for position, report in enumerate(outcome.reports):
            at += self._dwell(report, device)
            _keep_busy(device, at)
            if report in _REPORTED_TOGETHER:
                yield report, at
                continue
            is_last = position == len(outcome.reports) - 1
            for repetition in range(outcome.last_repeats if is_last else 1):
                if repetition > 0:
                    at += _duration(_REPETITION_HOURS, self._chance)
                    _keep_busy(device, at)
                utterance = Utterance(update, device, report, at, repetition)
                event = correspondence.tell(utterance, self._post, self._chance)
                if event is not None:
                    named.distribution.hear(event)

    def _dwell(self, report: Report, device: Device) -> timedelta:
        dwell = o.DWELLS[report]
        time = _duration(dwell, self._chance)
        factor = (
            o.REGION_FACTORS[device.home.region]
            if dwell.is_wide_area
            else (o.SLOW_KIND_FACTORS.get(device.kind, 1.0))
        )
        return timedelta(seconds=max(1, round(time.total_seconds() * factor)))

    def _report_not_sent(
        self, update: SentUpdate, reported: Sequence[tuple[datetime, Named]]
    ) -> None:
        if not reported:
            return
        at = max(at for at, _ in reported)
        devices = [_existing(named) for _, named in reported]
        event = correspondence.report_not_sent(update, devices, at, self._post)
        _apply_to_all(event, reported, at)

    def _give_up(self, update: SentUpdate, reported: list[tuple[datetime, Named]]) -> None:
        reported.sort(key=lambda one: (one[0], one[1].device_id))
        for start in range(0, len(reported), _MOST_IN_ONE_FAILURE_LIST):
            listed = reported[start : start + _MOST_IN_ONE_FAILURE_LIST]
            at = listed[-1][0]
            devices = [_existing(named) for _, named in listed]
            code = next(self._giving_up_codes)
            event = correspondence.give_up(update, devices, at, code, self._post)
            _apply_to_all(event, listed, at)


def _apply_to_all(
    event: TrueEvent | None, reported: Sequence[tuple[datetime, Named]], at: datetime
) -> None:
    for _, named in reported:
        _keep_busy(_existing(named), at)
        if event is not None:
            named.distribution.hear(event)


def _keep_busy(device: Device, at: datetime) -> None:
    device.keep_busy(correspondence.last_moment_to_tell(at))


def _existing(named: Named) -> Device:
    """Return the device of one that was accepted: DCC accepts no device that does not exist."""
    assert named.device is not None
    return named.device


def _duration(dwell: o.Dwell, chance: Random) -> timedelta:
    return duration(dwell.median_hours, dwell.spread, chance)
