"""Activations: what suppliers do with the images that devices verified, and how that goes."""

from collections.abc import Mapping
from itertools import cycle

from firmtrack.domain.identifiers import RequestId
from firmtrack.domain.stages import ActivationStatus, Status, Variant
from firmtrack.simulator import plots
from firmtrack.simulator.acts import ACTS
from firmtrack.simulator.chance import Deck, stream
from firmtrack.simulator.plots import Plot
from firmtrack.simulator.post import Post
from firmtrack.simulator.scenes import Scene
from firmtrack.simulator.truth import TrueActivation
from firmtrack.simulator.updates import Named, SentUpdate
from firmtrack.simulator.world import SUSPENDED, Device


class Activations:
    """Lets suppliers activate what their devices verified; ``activations`` are all of them.

    ``share`` of what was verified is activated, ``plot_shares`` is how often it goes which way.
    """

    def __init__(
        self,
        seed: int,
        post: Post,
        share: float = plots.ACTIVATED_SHARE,
        plot_shares: Mapping[Plot, float] = plots.PLOT_SHARES,
    ) -> None:
        self.activations: list[TrueActivation] = []
        self._post = post
        self._share = share
        self._chance = stream(seed, "activations")
        size = plots.PLOTS_IN_A_DECK
        self._plots = Deck(plot_shares, size, self._chance)
        self._simple_plots = Deck(plots.SIMPLE_PLOTS, size, self._chance)
        self._refusals = cycle(plots.DCC_REFUSALS)

    def after(self, update: SentUpdate) -> None:
        """Let everything happen that comes of a request after its images were verified."""
        if update.variant is not Variant.UPDATE_FIRMWARE:
            return
        # Whoever took a device over without asking anew activates what it holds.
        for named in update.accepted():
            device = named.device
            if device is None or not self._holds_image(named, device):
                continue
            has_moved = device.supplier.last != update.supplier
            if has_moved or self._chance.random() < self._share:
                self._carry_out(device, update)

    def _holds_image(self, named: Named, device: Device) -> bool:
        known = self._post.statements.facts_of(device.device_id).get("device_status")
        return (
            named.distribution.current.status is Status.VERIFIED
            and not device.awaits_new_image
            and not (known is not None and known.value == SUSPENDED)
            and device.busy_until is not None
            and self._post.is_open_at(device.busy_until)
        )

    def _carry_out(self, device: Device, update: SentUpdate) -> None:
        assert device.busy_until is not None
        scene = Scene(
            device=device,
            update=update,
            supplier=device.supplier.last,
            at=device.busy_until,
            post=self._post,
            chance=self._chance,
            refusals=self._refusals,
            old_version=device.listed.as_of(device.busy_until),
        )
        plot = self._plot_for(update)
        asked: dict[RequestId, TrueActivation] = {}
        for act in plot:
            scene.at += scene.hours(plots.HOURS[act])
            if not ACTS[act](scene):
                break
            if scene.asked is not None:
                asked[scene.asked.request_id] = scene.asked
        self.activations += asked.values()
        is_open = any(map(_is_open, asked.values()))
        device.keep_busy(self._post.end if is_open else scene.at)

    def _plot_for(self, update: SentUpdate) -> Plot:
        is_plain = update.firmware_version == update.image.firmware_version
        return (self._plots if is_plain else self._simple_plots).draw()


def _is_open(activation: TrueActivation) -> bool:
    """Return whether no one can tell when it was asked for, or its time may still come."""
    is_waiting = activation.status in {ActivationStatus.REQUESTED, ActivationStatus.SCHEDULED}
    return activation.requested_at is None or (is_waiting and activation.scheduled_for is not None)
