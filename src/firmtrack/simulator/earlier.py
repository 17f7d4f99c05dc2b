"""The tail of a request that was sent before the traffic begins: only its last events are in it."""

from datetime import timedelta

from firmtrack.domain.identifiers import FirmwareVersion, RequestId
from firmtrack.simulator import correspondence
from firmtrack.simulator.chance import stream
from firmtrack.simulator.correspondence import Utterance
from firmtrack.simulator.image import ImagePlan, manufacturer_image_hash
from firmtrack.simulator.models import DeviceKind, models_of
from firmtrack.simulator.outcomes import AnswerKind, Report
from firmtrack.simulator.post import Post
from firmtrack.simulator.scenario import MINIMUM_IMAGE_BYTES, Scenario
from firmtrack.simulator.truth import TrueDistribution
from firmtrack.simulator.updates import DccAnswer, Named, SentUpdate
from firmtrack.simulator.world import DCC, World

FEWEST_REQUESTS = 8
"""Scenarios with fewer requests have no such tail: they are only what was asked for."""

_VERSION = FirmwareVersion("01EF0000")
_REPORTS = (Report.HUB_HAS_IT, Report.HUB_HAS_IT, Report.HUB_MISSED_IT)
_DEVICES = 12
_GIVEN_UP = 3
_MINUTES_BETWEEN_WORDS = 25


def tail_of_earlier_request(scenario: Scenario, world: World, post: Post) -> SentUpdate | None:
    """Send the last messages about an earlier request; return it as it is known from them.

    Every message names the request, for without its image nothing else could tell whose it is.
    None for a small scenario.
    """
    if scenario.requests < FEWEST_REQUESTS:
        return None
    chance = stream(scenario.seed, "earlier request")
    update = _earlier_update(scenario, post)
    devices = world.untouched(update.model, update.supplier, _DEVICES)
    at = scenario.first_second
    for position, device in enumerate(devices):
        at += timedelta(minutes=_MINUTES_BETWEEN_WORDS)
        report = _REPORTS[position % len(_REPORTS)]
        event = correspondence.tell(Utterance(update, device, report, at), post, chance)
        if event is not None:
            update.known_since = update.known_since or event.at
            distribution = TrueDistribution(device.device_id, is_tracked=True)
            distribution.hear(event)
            update.named.append(Named(device.device_id, device, None, distribution))
    at += timedelta(minutes=_MINUTES_BETWEEN_WORDS)
    code = correspondence.GIVEN_UP_CODES[0]
    given_up = update.named[:_GIVEN_UP]
    ids = [named.device for named in given_up if named.device is not None]
    event = correspondence.give_up(update, ids, at, code, post)
    for named in given_up:
        if event is not None:
            named.distribution.hear(event)
    return update


def _earlier_update(scenario: Scenario, post: Post) -> SentUpdate:
    model = models_of(DeviceKind.ESME)[0]
    image = ImagePlan(
        seed=scenario.seed,
        firmware_version=_VERSION,
        manufacturer_code=model.manufacturer_code,
        image_type=model.image_type,
        header_string=f"{model.kind} {model.name}",
        minimum_hardware_version=model.hardware_versions[0],
        maximum_hardware_version=model.hardware_versions[1],
        size_bytes=MINIMUM_IMAGE_BYTES,
        has_trailer=model.images_have_trailer,
    )
    submitted_at = scenario.first_second - timedelta(days=2)
    return SentUpdate(
        request_id=RequestId(scenario.suppliers[0], DCC, post.next_counter()),
        model=model,
        firmware_version=_VERSION,
        image=image,
        image_hash=manufacturer_image_hash(image),
        submitted_at=submitted_at,
        answer=DccAnswer(AnswerKind.ACCEPTED, "I0", submitted_at),
    )
