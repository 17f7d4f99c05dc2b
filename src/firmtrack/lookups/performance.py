"""The look-up of delivery performance."""

from firmtrack.answers.performance import PerformanceAnswer, PerformanceFilter
from firmtrack.domain.viewer import Viewer
from firmtrack.store.audit import record_lookup
from firmtrack.store.reports import performance


def delivery_performance(viewer: Viewer, wanted: PerformanceFilter) -> PerformanceAnswer:
    """Return the figures of the viewer's own requests that are wanted; DCC's staff see all."""
    found = performance.delivery_performance(viewer, wanted)
    record_lookup(viewer, "delivery_performance", wanted.term, found.total.distributions)
    return found
